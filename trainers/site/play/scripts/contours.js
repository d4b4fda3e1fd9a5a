// A map of a loss of two weights: bands of its height, and paths over them.
(() => {
  "use strict";
  const zoo = (globalThis.zoo ??= {});
  const BANDS = 14;

  /** Return where on a map of some width and height two weights are. */
  zoo.toCanvas = ({ view: [left, right, bottom, top] }, [x, y], width, height) => {
    return [((x - left) / (right - left)) * width, ((top - y) / (top - bottom)) * height];
  };

  /** Return the weights at a place, given as shares of the map's width and height. */
  zoo.toWeights = ({ view: [left, right, bottom, top] }, x, y) => {
    return [left + x * (right - left), top - y * (top - bottom)];
  };

  let last; // the map that was drawn, by what it depends on

  /** Return a canvas of the loss in bands, equally far apart in its logarithm above the lowest. */
  zoo.contours = (surface, width, height, scale) => {
    const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
    const key = [surface.title, wide, high, zoo.colour("paper")].join();
    if (last?.key === key) return last.canvas;
    const { value, minimum } = surface;
    const lowest = value(minimum);
    const levels = new Float64Array(wide * high);
    let [least, most] = [Infinity, -Infinity];
    for (let y = 0; y < high; y += 1) {
      for (let x = 0; x < wide; x += 1) {
        const above = value(zoo.toWeights(surface, (x + 0.5) / wide, (y + 0.5) / high)) - lowest;
        const level = Math.log(above + 1e-3);
        levels[y * wide + x] = level;
        least = Math.min(least, level);
        most = Math.max(most, level);
      }
    }
    const shade = zoo.mixture("train", "paper");
    const picture = new ImageData(wide, high);
    const band = (at) => Math.floor((BANDS * (levels[at] - least)) / (most - least));
    const colours = Array.from({ length: BANDS + 1 }, (_, k) => shade(0.5 + (0.5 * k) / BANDS));
    const line = zoo.mixture("train", "paper")(0.45);
    for (let y = 0; y < high; y += 1) {
      for (let x = 0; x < wide; x += 1) {
        const at = y * wide + x;
        const here = band(at);
        const edge =
          (x + 1 < wide && band(at + 1) !== here) || (y + 1 < high && band(at + wide) !== here);
        picture.data.set([...(edge ? line : colours[here]), 255], 4 * at);
      }
    }
    last = { key, canvas: zoo.make("canvas", { width: wide, height: high }) };
    last.canvas.getContext("2d").putImageData(picture, 0, 0);
    return last.canvas;
  };

  /** Write a map's names and ends along its edges. */
  zoo.drawAxes = ({ view: [left, right, bottom, top], axes }, context, width, height) => {
    context.fillStyle = zoo.colour("ink");
    context.font = "13px system-ui, sans-serif";
    const told = (value) => String(value).replace("-", "−");
    context.textAlign = "left";
    context.fillText(told(left), 5, height - 6);
    context.fillText(told(top), 5, 15);
    context.fillText(told(bottom), 5, height - 22);
    context.fillText(axes[1], 5, height / 2);
    context.textAlign = "right";
    context.fillText(told(right), width - 5, height - 6);
    context.textAlign = "center";
    context.fillText(axes[0], width / 2, height - 6);
  };

  /** Draw a path through weights, a dot at each if they are few, a large one at the last. */
  zoo.drawPath = (surface, context, points, colour, width, height) => {
    const places = points.map((point) => zoo.toCanvas(surface, point, width, height));
    // A path that has left is cut off far outside: canvases cannot draw to infinity.
    const inside = places.findIndex(
      ([x, y]) => !(Math.abs(x) < 50 * width && Math.abs(y) < 50 * width),
    );
    const shown = inside < 0 ? places : places.slice(0, inside);
    for (const [line, wide] of [
      [zoo.colour("paper"), 5],
      [colour, 2.4],
    ]) {
      context.strokeStyle = line;
      context.lineWidth = wide;
      context.lineJoin = "round";
      context.beginPath();
      shown.forEach(([x, y]) => context.lineTo(x, y));
      context.stroke();
    }
    context.fillStyle = colour;
    if (shown.length < 80)
      shown.forEach(([x, y]) => {
        context.beginPath();
        context.arc(x, y, 2.6, 0, 7);
        context.fill();
      });
    const [x, y] = shown.at(-1);
    context.beginPath();
    context.arc(x, y, 6, 0, 7);
    context.fill();
    context.strokeStyle = zoo.colour("paper");
    context.lineWidth = 1.5;
    context.stroke();
  };
})();
