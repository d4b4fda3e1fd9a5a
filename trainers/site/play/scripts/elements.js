// Elements of a page that several pages have: bars, samples, sentences for readers of all kinds.
(() => {
  "use strict";
  const zoo = (globalThis.zoo ??= {});

  zoo.element = (id) => document.getElementById(id);

  /** Return a new element with attributes; `text` is its text, and children follow. */
  zoo.make = (tag, { text, ...attributes } = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    made.append(...children);
    return made;
  };

  /** Show shares of 1 as bars with labels in an element; `show(values, labels)` changes them. */
  zoo.bars = (parent, labels) => {
    const rows = labels.map((label) => {
      const row = {
        label: zoo.make("span", { class: "play-label", text: label }),
        fill: zoo.make("span", { class: "play-fill" }),
        value: zoo.make("span", { class: "play-value" }),
      };
      row.whole = zoo.make(
        "div",
        { class: "play-bar" },
        row.label,
        zoo.make("span", { class: "play-track" }, row.fill),
        row.value,
      );
      return row;
    });
    parent.replaceChildren(...rows.map((row) => row.whole));
    return {
      show: (values, names = labels) => {
        const best = Math.max(...values);
        rows.forEach((row, k) => {
          row.label.textContent = names[k] ?? "";
          const share = values[k] ?? 0;
          row.fill.style.width = `${100 * share}%`;
          row.value.textContent = values[k] === undefined ? "" : zoo.percent(share);
          row.whole.classList.toggle("play-best", share > 0 && share === best);
        });
      },
    };
  };

  zoo.percent = (share) => `${(100 * share).toFixed(share > 0.9995 || share < 0.0005 ? 0 : 1)} %`;

  /** Return a number with three digits that tell something, and a minus sign that is one. */
  zoo.number = (value) => {
    const size = Math.abs(value);
    if (size < 1e-9) return "0";
    const text = size < 1e-3 || size >= 1e6 ? value.toExponential(1) : value.toPrecision(3);
    return text.replaceAll("-", "−");
  };

  /** Return the twenty test digits as {label, pixels}, once `digits` is loaded. */
  zoo.digits = () => {
    const { labels, base64 } = zoo.stored.get("digits");
    const bytes = zoo.bytes(base64);
    return labels.map((label, k) => ({
      label,
      pixels: Float32Array.from(bytes.subarray(784 * k, 784 * (k + 1)), (byte) => byte / 255),
    }));
  };

  /** Fill an element with a button for each digit, which calls `choose(digit)`. */
  zoo.digitButtons = (parent, choose) => {
    const buttons = zoo.digits().map((digit, k) => {
      const canvas = zoo.make("canvas", { "aria-hidden": "true" });
      const name = `a ${digit.label}, ${k < 10 ? "first" : "second"} of its class`;
      const button = zoo.make(
        "button",
        { type: "button", class: "play-digit", "aria-label": name },
        canvas,
      );
      button.dataset.label = digit.label;
      zoo.grid(canvas, { zoom: 1 }).paint([digit.pixels], { largest: 1 });
      button.addEventListener("click", () => choose(digit));
      return button;
    });
    parent.replaceChildren(...buttons);
  };

  /** Say something where it is shown, if it is new: a screen reader hears each change. */
  zoo.say = (element, sentence) => {
    if (element.textContent !== sentence) element.textContent = sentence;
  };

  /** Show a failure to the reader, where the page tells what it does. */
  zoo.tell = (element) => (error) => {
    element.textContent = error.message;
    element.classList.add("play-wrong");
  };

  /** Call a function at most once for each picture that the screen shows. */
  zoo.soon = (act) => {
    let waiting = false;
    return () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        act();
      });
    };
  };

  /** Keep an output beside a range showing its value. */
  zoo.range = (id, shown, changed) => {
    const input = zoo.element(id);
    const output = document.querySelector(`output[for="${id}"]`);
    const update = () => {
      output.textContent = shown(Number(input.value));
    };
    input.addEventListener("input", () => {
      update();
      changed?.();
    });
    update();
    return {
      value: () => Number(input.value),
      set: (value) => {
        input.value = value;
        update();
      },
    };
  };
})();
