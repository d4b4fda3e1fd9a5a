// Numbers as pictures, in the colours of the page, and painted again when those change.
(() => {
  "use strict";
  const zoo = (globalThis.zoo ??= {});

  /** Return the colour of a role, as in "#2a6fbb". */
  zoo.colour = (role) => getComputedStyle(document.body).getPropertyValue(`--play-${role}`).trim();

  zoo.calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  const painters = new Set();
  /** Call `paint` now, and whenever the page turns light or dark. */
  zoo.painted = (paint) => {
    painters.add(paint);
    paint();
  };
  const repaint = () => painters.forEach((paint) => paint());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  new MutationObserver(repaint).observe(document.body, {
    attributes: true,
    attributeFilter: ["data-md-color-scheme"],
  });

  const rgb = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

  /** Return a function from t in [0, 1] to the mixture of two roles, [red, green, blue]. */
  zoo.mixture = (from, to) => {
    const [first, last] = [rgb(zoo.colour(from)), rgb(zoo.colour(to))];
    return (t) => first.map((value, k) => value + Math.min(Math.max(t, 0), 1) * (last[k] - value));
  };

  /** Return a function from a value to a colour: ink for 1; if signed, blue for 1, orange for -1. */
  const shades = (signed) => {
    if (!signed) return zoo.mixture("paper", "ink");
    const [above, below] = [zoo.mixture("paper", "series-1"), zoo.mixture("paper", "series-2")];
    return (value) => (value < 0 ? below(-value) : above(value));
  };

  /**
   * Return a grid of small pictures on a canvas, of which one may be picked by mouse or arrow keys.
   *
   * `paint(cells, {signed, largest})` shows arrays of rows * wide numbers; `largest` is what has the
   * strongest colour, by default the largest there is. `onPick(index)` makes cells pickable.
   */
  zoo.grid = (
    canvas,
    { count = 1, columns = 1, rows = 28, wide = 28, zoom = 2, gap = 1, labels = [], onPick },
  ) => {
    const lines = Math.ceil(count / columns);
    const [high, broad] = [rows * zoom + gap, wide * zoom + gap];
    canvas.width = columns * broad - gap + 2;
    canvas.height = lines * high - gap + 2;
    const context = canvas.getContext("2d");
    const grid = { picked: 0, last: null };
    const corner = (index) => [
      1 + (index % columns) * broad,
      1 + Math.floor(index / columns) * high,
    ];

    const show = () => {
      if (!grid.last) return;
      const [cells, { signed = false, largest }] = grid.last;
      const most =
        largest ??
        Math.max(1e-9, ...cells.map((cell) => cell.reduce((m, v) => Math.max(m, Math.abs(v)), 0)));
      const shade = shades(signed);
      context.fillStyle = zoo.colour("line");
      context.fillRect(0, 0, canvas.width, canvas.height);
      const picture = context.createImageData(wide * zoom, rows * zoom);
      cells.forEach((cell, index) => {
        for (let y = 0; y < rows * zoom; y += 1) {
          for (let x = 0; x < wide * zoom; x += 1) {
            if (x % zoom || y % zoom) {
              // The left or upper neighbour has this colour already.
              const from = 4 * ((y - (y % zoom)) * wide * zoom + x - (x % zoom));
              picture.data.copyWithin(4 * (y * wide * zoom + x), from, from + 4);
            } else {
              const value = cell[(y / zoom) * wide + x / zoom] / most;
              picture.data.set([...shade(value), 255], 4 * (y * wide * zoom + x));
            }
          }
        }
        const [left, top] = corner(index);
        context.putImageData(picture, left, top);
        context.fillStyle = zoo.colour("muted");
        context.font = "12px ui-monospace, monospace";
        context.fillText(labels[index] ?? "", left + 3, top + 12);
      });
      if (onPick) {
        const [x, y] = corner(grid.picked);
        context.strokeStyle = zoo.colour("wrong");
        context.lineWidth = 2;
        context.strokeRect(x, y, wide * zoom, rows * zoom);
      }
    };
    grid.paint = (cells, options = {}) => {
      grid.last = [cells, options];
      show();
    };
    grid.pick = (index) => {
      grid.picked = index;
      show();
      onPick(index);
    };
    if (onPick) {
      canvas.tabIndex = 0;
      canvas.addEventListener("pointerdown", (event) => {
        const box = canvas.getBoundingClientRect();
        const column = Math.floor(((event.clientX - box.left) / box.width) * columns);
        const line = Math.floor(((event.clientY - box.top) / box.height) * lines);
        if (line * columns + column < count) grid.pick(line * columns + column);
      });
      canvas.addEventListener("keydown", (event) => {
        const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[
          event.key
        ];
        if (!step) return;
        event.preventDefault();
        grid.pick((grid.picked + step + count) % count);
      });
    }
    zoo.painted(show);
    return grid;
  };

  /**
   * Make a canvas as sharp as the screen, and return its context in CSS pixels with both lengths.
   *
   * The height is the width times `ratio`.
   */
  zoo.sharp = (canvas, ratio) => {
    const width = canvas.clientWidth || 300;
    const scale = globalThis.devicePixelRatio || 1;
    const height = Math.round(width * ratio);
    if (
      canvas.width !== Math.round(width * scale) ||
      canvas.height !== Math.round(height * scale)
    ) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    return { context, width, height };
  };
})();
