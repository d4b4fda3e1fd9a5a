// Weights as arrays: read from text, each with its shape, and kept until the page is left.
//
// A page opened from a file may not fetch its neighbours, but it may insert scripts. So a model is
// a script that hands its numbers over: zoo.store("cnn:mnist", {variables, base64}).
(() => {
  "use strict";
  const zoo = (globalThis.zoo ??= {});
  zoo.stored ??= new Map();
  const read = new Map();
  const here = globalThis.document?.currentScript?.src ?? "";
  zoo.assets ??= here.slice(0, here.lastIndexOf("/") + 1);

  zoo.store = (name, content) => zoo.stored.set(name, content);

  /** Return the bytes that base64 text stands for. */
  zoo.bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

  /** Return a model's arrays by their paths, Float32Array each with a `shape`, in C order. */
  zoo.arrays = (name) => {
    if (!read.has(name)) {
      const { variables, base64 } = zoo.stored.get(name);
      // Little-endian in the file, as in every machine that has a browser.
      const values = new Float32Array(zoo.bytes(base64).buffer);
      const arrays = {};
      let begin = 0;
      for (const [path, shape] of Object.entries(variables)) {
        const size = shape.reduce((product, length) => product * length, 1);
        arrays[path] = Object.assign(values.subarray(begin, begin + size), { shape });
        begin += size;
      }
      read.set(name, arrays);
    }
    return read.get(name);
  };

  /** Load what was stored under names, by a script each; fails with a sentence for the reader. */
  zoo.load = (...names) =>
    Promise.all(
      names.map((name) => {
        if (zoo.stored.has(name)) return null;
        const file = `${name.replace(":", "-")}.js`;
        return new Promise((resolve, reject) => {
          const script = document.createElement("script");
          script.src = zoo.assets + file;
          script.onload = resolve;
          script.onerror = () => reject(new Error(`${file} is missing beside this page's scripts`));
          document.head.append(script);
        });
      }),
    );
})();
