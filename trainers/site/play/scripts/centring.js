// A drawing as a picture of MNIST: a box of 20 x 20 pixels in a field of 28 x 28, the ink's centre in
// the middle.
//
// Source: LeCun, Bottou, Bengio & Haffner, "Gradient-based learning applied to document recognition",
// Proceedings of the IEEE 86(11), 1998, section III-A.
(() => {
  "use strict";
  const zoo = (globalThis.zoo ??= {});
  const FIELD = 28;
  const BOX = 20;
  // The middle of pixel 14: where the centres of all 10,000 test images are, to half a pixel.
  const MIDDLE = 14.5;
  const INK = 0.05; // fainter than that is the edge of a brush, not a stroke

  /** Return [first, last + 1] of the rows and of the columns that have ink, or null without any. */
  const extent = (values, width, height) => {
    let [top, bottom, left, right] = [height, 0, width, 0];
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        if (values[y * width + x] <= INK) continue;
        top = Math.min(top, y);
        bottom = Math.max(bottom, y + 1);
        left = Math.min(left, x);
        right = Math.max(right, x + 1);
      }
    }
    return bottom ? { top, bottom, left, right } : null;
  };

  /** Return, for each of `size` output pixels, which input pixels it covers and by how much. */
  const shares = (begin, end, size) =>
    Array.from({ length: size }, (_, number) => {
      const step = (end - begin) / size;
      const [from, to] = [begin + number * step, begin + (number + 1) * step];
      const covered = [];
      for (let at = Math.floor(from); at < Math.ceil(to); at += 1) {
        const part = Math.min(to, at + 1) - Math.max(from, at);
        if (part > 0) covered.push([at, part / step]);
      }
      return covered;
    });

  const centre = (values, rows, columns) => {
    let [mass, down, right] = [0, 0, 0];
    for (let y = 0; y < rows; y += 1) {
      for (let x = 0; x < columns; x += 1) {
        const value = values[y * columns + x];
        mass += value;
        down += value * (y + 0.5);
        right += value * (x + 0.5);
      }
    }
    return [down / mass, right / mass];
  };

  /**
   * Return [784] in [0, 1] of a drawing [height, width] in [0, 1], or null if nothing is drawn.
   *
   * The longer side of what has ink becomes 20 pixels, each the mean of what it covers; the result is
   * moved by whole pixels until the ink's centre of mass is in the middle's pixel.
   */
  zoo.centred = (values, width, height) => {
    const found = extent(values, width, height);
    if (!found) return null;
    const [high, wide] = [found.bottom - found.top, found.right - found.left];
    const scale = BOX / Math.max(high, wide);
    const rows = Math.max(1, Math.round(high * scale));
    const columns = Math.max(1, Math.round(wide * scale));
    const across = shares(found.left, found.right, columns);
    const small = new Float64Array(rows * columns);
    shares(found.top, found.bottom, rows).forEach((covered, row) => {
      for (const [y, part] of covered) {
        across.forEach((pixels, column) => {
          for (const [x, share] of pixels) {
            small[row * columns + column] += part * share * values[y * width + x];
          }
        });
      }
    });
    const [down, right] = centre(small, rows, columns);
    // A lopsided digit may not be pushed over the edge: all of its 20 pixels stay in the field.
    const top = Math.min(Math.max(Math.round(MIDDLE - down), 0), FIELD - rows);
    const left = Math.min(Math.max(Math.round(MIDDLE - right), 0), FIELD - columns);
    const field = new Float32Array(FIELD * FIELD);
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        field[(top + row) * FIELD + left + column] = small[row * columns + column];
      }
    }
    return field;
  };
})();
