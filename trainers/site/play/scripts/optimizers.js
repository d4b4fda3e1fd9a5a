// Rules that move two weights, defined as in Keras and, for curvature, as in the zoo.
//
// A rule is a function from {w, gradient, hessian, fisher}, its own state and its settings to the next
// w. The state starts as {} and belongs to the rule.
(() => {
  "use strict";
  const zoo = (globalThis.zoo ??= {});
  const EPSILON = 1e-7;

  const each = (w, change) => w.map((value, k) => value + change(k));

  /** Return the solution d of (matrix + damping I) d = -g, or null where there is none. */
  zoo.solved = ([[a, b], [, d]], g, damping) => {
    const [first, last] = [a + damping, d + damping];
    const determinant = first * last - b * b;
    if (determinant === 0) return null;
    return [(b * g[1] - last * g[0]) / determinant, (b * g[0] - first * g[1]) / determinant];
  };

  const curved =
    (matrix) =>
    ({ w, gradient, ...matrices }, state, { rate, damping = 0 }) => {
      const direction = zoo.solved(matrices[matrix], gradient, damping);
      return direction ? each(w, (k) => rate * direction[k]) : [NaN, NaN];
    };

  zoo.rules = {
    gradient: {
      title: "Gradient descent",
      next: ({ w, gradient }, state, { rate }) => each(w, (k) => -rate * gradient[k]),
    },
    // Polyak 1964.
    momentum: {
      title: "Momentum",
      next: ({ w, gradient }, state, { rate, momentum }) => {
        state.velocity = (state.velocity ?? [0, 0]).map(
          (v, k) => momentum * v - rate * gradient[k],
        );
        return each(w, (k) => state.velocity[k]);
      },
    },
    // Nesterov 1983, as in Sutskever et al. 2013.
    nesterov: {
      title: "Nesterov",
      next: ({ w, gradient }, state, { rate, momentum }) => {
        state.velocity = (state.velocity ?? [0, 0]).map(
          (v, k) => momentum * v - rate * gradient[k],
        );
        return each(w, (k) => momentum * state.velocity[k] - rate * gradient[k]);
      },
    },
    // Duchi, Hazan & Singer 2011; Keras begins with sums of 0.1.
    adagrad: {
      title: "Adagrad",
      next: ({ w, gradient }, state, { rate }) => {
        state.sums = (state.sums ?? [0.1, 0.1]).map((sum, k) => sum + gradient[k] ** 2);
        return each(w, (k) => (-rate * gradient[k]) / Math.sqrt(state.sums[k] + EPSILON));
      },
    },
    // Tieleman & Hinton 2012, lecture 6e.
    rmsprop: {
      title: "RMSprop",
      next: ({ w, gradient }, state, { rate, rho = 0.9 }) => {
        const blend = (old, k) => rho * old + (1 - rho) * gradient[k] ** 2;
        state.squares = (state.squares ?? [0, 0]).map(blend);
        return each(w, (k) => (-rate * gradient[k]) / Math.sqrt(state.squares[k] + EPSILON));
      },
    },
    // Kingma & Ba 2015, algorithm 1, in the order of computation of their section 2.
    adam: {
      title: "Adam",
      next: ({ w, gradient }, state, { rate, beta1 = 0.9, beta2 = 0.999 }) => {
        const step = (state.step ?? 0) + 1;
        const mean = (old, k) => beta1 * old + (1 - beta1) * gradient[k];
        const square = (old, k) => beta2 * old + (1 - beta2) * gradient[k] ** 2;
        state.step = step;
        state.first = (state.first ?? [0, 0]).map(mean);
        state.second = (state.second ?? [0, 0]).map(square);
        const scale = (rate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
        return each(w, (k) => (-scale * state.first[k]) / (Math.sqrt(state.second[k]) + EPSILON));
      },
    },
    newton: { title: "Newton", next: curved("hessian") },
    // Amari 1998.
    natural: { title: "Natural gradient", needs: "fisher", next: curved("fisher") },
  };

  /** Return the points w that a rule visits, the start first; a last one may be infinite. */
  zoo.path = (rule, surface, start, steps, settings) => {
    const points = [start];
    const state = {};
    for (let step = 0; step < steps; step += 1) {
      const w = points[step];
      const at = {
        w,
        gradient: surface.gradient(w),
        hessian: surface.hessian(w),
        fisher: surface.fisher?.(w),
      };
      const next = zoo.rules[rule].next(at, state, settings);
      points.push(next);
      if (!next.every(Number.isFinite) || !Number.isFinite(surface.value(next))) break;
    }
    return points;
  };
})();
