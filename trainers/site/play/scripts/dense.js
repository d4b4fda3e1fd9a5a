// A layer of weighted sums, and the functions that are applied to sums.
(() => {
  "use strict";
  const zoo = (globalThis.zoo ??= {});

  /** Return x W + b: [m] inputs, a kernel [m, n] and a bias [n] give [n] sums. */
  zoo.dense = (inputs, kernel, bias) => {
    const [m, n] = kernel.shape;
    // Sums of many terms are formed in double precision and rounded once.
    const sums = Float64Array.from(bias);
    for (let i = 0; i < m; i += 1) {
      const input = inputs[i];
      if (input === 0) continue; // most of a digit is empty paper
      for (let j = 0, at = i * n; j < n; j += 1, at += 1) sums[j] += input * kernel[at];
    }
    return Float32Array.from(sums);
  };

  zoo.relu = (sums) => sums.map((sum) => Math.max(0, sum));
  zoo.tanh = (sums) => sums.map(Math.tanh);
  zoo.sigmoid = (sums) => sums.map((sum) => 1 / (1 + Math.exp(-sum)));

  /** Return exp(s_k) / sum_j exp(s_j); the largest is subtracted first, so that none overflows. */
  zoo.softmax = (scores, temperature = 1) => {
    const largest = Math.max(...scores);
    const powers = Array.from(scores, (score) => Math.exp((score - largest) / temperature));
    const total = powers.reduce((sum, power) => sum + power, 0);
    return powers.map((power) => power / total);
  };

  zoo.likeliest = (scores) => scores.indexOf(Math.max(...scores));
})();
