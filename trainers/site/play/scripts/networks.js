// The zoo's networks, layer by layer: each gives its scores and what every layer did on the way.
(() => {
  "use strict";
  const zoo = (globalThis.zoo ??= {});

  const layer = (arrays, name, inputs) =>
    zoo.dense(inputs, arrays[`${name}/kernel`], arrays[`${name}/bias`]);

  const convolved = (arrays, name, input) =>
    zoo.image(
      zoo.relu(zoo.convolution(input, arrays[`${name}/kernel`], arrays[`${name}/bias`])),
      input.shape[0],
      input.shape[1],
      arrays[`${name}/bias`].length,
    );

  zoo.networks = {
    /** Pixels [784] in [0, 1] to ten scores, by one layer. */
    perceptron: (arrays, pixels) => ({ scores: layer(arrays, "scores", pixels) }),

    /** Pixels [784] to ten scores, by hidden units between. */
    mlp: (arrays, pixels) => {
      const hidden = zoo.relu(layer(arrays, "hidden_1", pixels));
      return { hidden, scores: layer(arrays, "scores", hidden) };
    },

    /** Pixels [784] to ten scores, by two convolutions, each halved. */
    cnn: (arrays, pixels) => {
      const picture = zoo.image(Float32Array.from(pixels), 28, 28, 1);
      const first = convolved(arrays, "convolution_1", picture);
      const second = convolved(arrays, "convolution_2", zoo.maxPooling(first));
      const scores = layer(arrays, "scores", zoo.maxPooling(second));
      return { first, second, scores };
    },

    /** Pixels [784] to a code: the mean of the distribution that the encoder names. */
    encoder: (arrays, pixels) =>
      layer(arrays, "code", zoo.relu(layer(arrays, "encoder_hidden_1", pixels))),

    /** A code to pixels [784] in [0, 1]. */
    decoder: (arrays, code) =>
      zoo.sigmoid(layer(arrays, "pixels", zoo.relu(layer(arrays, "decoder_hidden_1", code)))),

    /** The next character's scores, from a character's number and the state before it. */
    charLstm: (arrays, symbol, state) => {
      const embeddings = arrays["embedding/embeddings"];
      const width = embeddings.shape[1];
      const x = embeddings.subarray(symbol * width, (symbol + 1) * width);
      const next = zoo.lstmStep(
        x,
        state,
        arrays["lstm_1/kernel"],
        arrays["lstm_1/recurrent_kernel"],
        arrays["lstm_1/bias"],
      );
      return { state: next, scores: layer(arrays, "scores", next.h) };
    },

    /** The state before any character was read. */
    startOfText: (arrays) => {
      const units = arrays["lstm_1/recurrent_kernel"].shape[0];
      return { h: new Float32Array(units), c: new Float32Array(units) };
    },

    /** An observation [4] to the scores of left and right, and to the value of being there. */
    policy: (arrays, observation) => {
      const hidden = (prefix) =>
        zoo.tanh(
          layer(
            arrays,
            `${prefix}hidden_2`,
            zoo.tanh(layer(arrays, `${prefix}hidden_1`, observation)),
          ),
        );
      return {
        scores: layer(arrays, "logits", hidden("")),
        value: layer(arrays, "values", hidden("value_"))[0],
      };
    },
  };
})();
