// One step of an LSTM layer (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000).
//
//   [i f g o] = x W + h U + b        i, f, o: sigmoid; g: tanh
//   c' = f c + i g                   what the cells hold
//   h' = o tanh(c')                  what they show
(() => {
  "use strict";
  const zoo = (globalThis.zoo ??= {});
  const sigmoid = (sum) => 1 / (1 + Math.exp(-sum));

  const add = (sums, inputs, kernel) => {
    const n = sums.length;
    for (let i = 0; i < inputs.length; i += 1) {
      const input = inputs[i];
      for (let j = 0, at = i * n; j < n; j += 1, at += 1) sums[j] += input * kernel[at];
    }
  };

  /** Map x [m] and {h, c}, [n] each, to the next {h, c}; the kernels are [m, 4n] and [n, 4n]. */
  zoo.lstmStep = (x, { h, c }, kernel, recurrentKernel, bias) => {
    const n = h.length;
    const sums = Float64Array.from(bias);
    add(sums, x, kernel);
    add(sums, h, recurrentKernel);
    const next = { h: new Float32Array(n), c: new Float32Array(n) };
    for (let j = 0; j < n; j += 1) {
      const kept = sigmoid(sums[n + j]) * c[j];
      next.c[j] = kept + sigmoid(sums[j]) * Math.tanh(sums[2 * n + j]);
      next.h[j] = sigmoid(sums[3 * n + j]) * Math.tanh(next.c[j]);
    }
    return next;
  };
})();
