// Random numbers that a seed decides, the same in every browser.
(() => {
  "use strict";
  const zoo = (globalThis.zoo ??= {});

  /** Return a function that draws from [0, 1): Ettinger's mulberry32, a counter whose bits are mixed. */
  zoo.random = (seed) => {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
  };

  /** Return which of several outcomes is drawn, where `uniform` is from [0, 1). */
  zoo.drawn = (probabilities, uniform) => {
    let rest = uniform;
    for (let k = 0; k < probabilities.length; k += 1) {
      rest -= probabilities[k];
      if (rest < 0) return k;
    }
    // Rounding may leave a crumb: then it is the last one that is possible at all.
    return probabilities.findLastIndex((probability) => probability > 0);
  };
})();
