// A pole on a cart, as in Gymnasium's CartPole-v1.
//
// Source: Barto, Sutton & Anderson, "Neuronlike adaptive elements that can solve difficult learning
// control problems", IEEE Transactions SMC-13, 1983, appendix; without friction, Euler's method.
(() => {
  "use strict";
  const zoo = (globalThis.zoo ??= {});
  const GRAVITY = 9.8; // m/s^2
  const POLE = 0.1; // kg
  const TOTAL = 1.1; // kg, with the cart
  const HALF_LENGTH = 0.5; // m, from the joint to the pole's centre
  const TAU = 0.02; // s

  zoo.cartPole = {
    FORCE: 10, // N, to the left or to the right, at every step
    TAU,
    HALF_LENGTH,
    MOST_POSITION: 2.4, // m
    MOST_ANGLE: (12 * 2 * Math.PI) / 360,
    MOST_STEPS: 500,

    /** Return [x, x', theta, theta'] after one step of 0.02 s under a force in newtons. */
    step: ([x, velocity, angle, spin], force) => {
      const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
      const share = (force + POLE * HALF_LENGTH * spin ** 2 * sine) / TOTAL;
      const turning =
        (GRAVITY * sine - cosine * share) / (HALF_LENGTH * (4 / 3 - (POLE * cosine ** 2) / TOTAL));
      const acceleration = share - (POLE * HALF_LENGTH * turning * cosine) / TOTAL;
      return [
        x + TAU * velocity,
        velocity + TAU * acceleration,
        angle + TAU * spin,
        spin + TAU * turning,
      ];
    },

    /** Return whether the pole leans too far, or the cart has left its track. */
    fallen: ([x, , angle]) =>
      Math.abs(x) > zoo.cartPole.MOST_POSITION || Math.abs(angle) > zoo.cartPole.MOST_ANGLE,

    /** Return how an episode begins: four numbers, each uniform in [-0.05, 0.05). */
    start: (uniform) => Array.from({ length: 4 }, () => (uniform() - 0.5) / 10),
  };
})();
