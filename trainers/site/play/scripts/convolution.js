// A convolution and the maxima of its maps, on images [rows, columns, channels] in C order.
(() => {
  "use strict";
  const zoo = (globalThis.zoo ??= {});

  const image = (values, rows, columns, channels) =>
    Object.assign(values, { shape: [rows, columns, channels] });
  zoo.image = image;

  /** Slide a kernel [k, k, m, n], k odd, over [rows, columns, m], zeros around it: as large, n maps. */
  zoo.convolution = (input, kernel, bias) => {
    const [rows, columns] = input.shape;
    const [k, , m, n] = kernel.shape;
    const reach = (k - 1) / 2;
    const output = new Float32Array(rows * columns * n);
    const sums = new Float64Array(n);
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        sums.set(bias);
        for (let down = 0; down < k; down += 1) {
          const y = row + down - reach;
          if (y < 0 || y >= rows) continue;
          for (let right = 0; right < k; right += 1) {
            const x = column + right - reach;
            if (x < 0 || x >= columns) continue;
            const pixel = (y * columns + x) * m;
            for (let map = 0; map < m; map += 1) {
              const value = input[pixel + map];
              if (value === 0) continue;
              const weights = ((down * k + right) * m + map) * n;
              for (let unit = 0; unit < n; unit += 1) sums[unit] += value * kernel[weights + unit];
            }
          }
        }
        output.set(sums, (row * columns + column) * n);
      }
    }
    return image(output, rows, columns, n);
  };

  /** Return the maximum of every 2 x 2 pixels; an odd last row or column is left out. */
  zoo.maxPooling = (input) => {
    const [rows, columns, maps] = input.shape;
    const [high, wide] = [rows >> 1, columns >> 1];
    const output = new Float32Array(high * wide * maps);
    for (let row = 0; row < high; row += 1) {
      for (let column = 0; column < wide; column += 1) {
        for (let map = 0; map < maps; map += 1) {
          const at = (2 * row * columns + 2 * column) * maps + map;
          const below = at + columns * maps;
          output[(row * wide + column) * maps + map] = Math.max(
            input[at],
            input[at + maps],
            input[below],
            input[below + maps],
          );
        }
      }
    }
    return image(output, high, wide, maps);
  };
})();
