// The page on which one moves along a plane of the autoencoder's codes, and it draws what lies there.
(() => {
  "use strict";
  const zoo = (globalThis.zoo ??= {});
  const NAME = "autoencoder:mnist";
  const TILES = 11; // decoded pictures along each side of the map
  const MARGIN = 0.15; // of the map, beyond the corners' pictures
  const REACH = 3; // of a number of the code, in deviations of what the codes were drawn towards
  const DIGITS = Array.from({ length: 10 }, (_, k) => String(k));

  const map = zoo.element("play-map");
  const status = zoo.element("play-status");
  const corners = [{ name: "A" }, { name: "B" }, { name: "C" }];
  const place = { u: 0.5, v: 0.5 };
  let chosen = 0; // which corner the next digit becomes
  let arrays, tiles, bars;

  const decoded = zoo.grid(zoo.element("play-decoded"), { zoom: 8 });
  const code = zoo.grid(zoo.element("play-code"), {
    count: 16,
    columns: 8,
    rows: 1,
    wide: 1,
    zoom: 27,
    gap: 3,
  });

  const mode = () => document.querySelector("[name=play-mode]:checked").value;
  const axis = (id) => Number(zoo.element(id).value);

  /** Return the code at (u, v), each in [0, 1] from the left and from below. */
  const codeAt = (u, v) => {
    const [a, b, c] = corners.map((corner) => corner.code);
    if (mode() === "numbers") {
      const moved = Float32Array.from(a);
      moved[axis("play-across")] = REACH * (2 * u - 1);
      moved[axis("play-up")] = REACH * (2 * v - 1);
      return moved;
    }
    const [x, y] = [u, v].map((t) => (t - MARGIN) / (1 - 2 * MARGIN));
    return a.map((value, k) => value + x * (b[k] - value) + y * (c[k] - value));
  };

  const drawTiles = () => {
    tiles = zoo.make("canvas", { width: 28 * TILES, height: 28 * TILES });
    const context = tiles.getContext("2d");
    const shade = zoo.mixture("paper", "ink");
    const colours = Array.from({ length: 256 }, (_, k) => shade(k / 255));
    for (let row = 0; row < TILES; row += 1) {
      for (let column = 0; column < TILES; column += 1) {
        const pixels = zoo.networks.decoder(
          arrays,
          codeAt((column + 0.5) / TILES, 1 - (row + 0.5) / TILES),
        );
        const picture = context.createImageData(28, 28);
        pixels.forEach((value, at) =>
          picture.data.set([...colours[Math.round(255 * value)], 255], 4 * at),
        );
        context.putImageData(picture, 28 * column, 28 * row);
      }
    }
  };

  const drawMap = () => {
    if (!tiles) return;
    const { context, width } = zoo.sharp(map, 1);
    context.drawImage(tiles, 0, 0, width, width);
    const mark = (u, v, text, colour, radius) => {
      context.beginPath();
      context.arc(u * width, (1 - v) * width, radius, 0, 2 * Math.PI);
      context.fillStyle = zoo.colour(colour);
      context.fill();
      context.lineWidth = 2;
      context.strokeStyle = zoo.colour("paper");
      context.stroke();
      context.fillStyle = zoo.colour("paper");
      context.font = "600 13px system-ui, sans-serif";
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(text, u * width, (1 - v) * width + 0.5);
    };
    if (mode() === "digits") {
      mark(MARGIN, MARGIN, "A", "best", 10);
      mark(1 - MARGIN, MARGIN, "B", "best", 10);
      mark(MARGIN, 1 - MARGIN, "C", "best", 10);
    }
    mark(place.u, place.v, "", "validation", 8);
  };

  const show = () => {
    if (!tiles) return;
    const here = codeAt(place.u, place.v);
    const pixels = zoo.networks.decoder(arrays, here);
    decoded.paint([pixels], { largest: 1 });
    code.paint(
      Array.from(here, (value) => [value]),
      { signed: true, largest: REACH },
    );
    const shares = zoo.softmax(zoo.networks.cnn(zoo.arrays("cnn:mnist"), pixels).scores);
    bars.show(shares);
    const best = zoo.likeliest(shares);
    status.textContent = `Here cnn sees a ${best} (${zoo.percent(shares[best])}).`;
    map.setAttribute("aria-valuetext", status.textContent);
    map.setAttribute("aria-valuenow", place.u.toFixed(2));
    drawMap();
  };
  const soon = zoo.soon(show);

  const renew = () => {
    if (!corners.every((corner) => corner.code)) return;
    zoo.element("play-axes").hidden = mode() !== "numbers";
    drawTiles();
    show();
  };

  const setCorner = (number, digit) => {
    const corner = corners[number];
    Object.assign(corner, { digit, code: zoo.networks.encoder(arrays, digit.pixels) });
    corner.grid.paint([digit.pixels], { largest: 1 });
    corner.button.setAttribute(
      "aria-label",
      `Corner ${corner.name}, a ${digit.label}: choose it, then another digit`,
    );
  };

  const choose = (number) => {
    chosen = number;
    corners.forEach((corner, k) =>
      corner.button.setAttribute("aria-pressed", String(k === number)),
    );
  };

  const moveTo = (u, v) => {
    Object.assign(place, { u: Math.min(Math.max(u, 0), 1), v: Math.min(Math.max(v, 0), 1) });
    soon();
  };

  map.addEventListener("pointerdown", (event) => {
    map.setPointerCapture(event.pointerId);
    follow(event);
  });
  map.addEventListener("pointermove", (event) => {
    if (event.buttons || event.pointerType === "mouse") follow(event);
  });
  const follow = (event) => {
    const box = map.getBoundingClientRect();
    moveTo((event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height);
  };
  map.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[
      event.key
    ];
    if (!move) return;
    event.preventDefault();
    const step = event.shiftKey ? 0.1 : 0.02;
    moveTo(place.u + step * move[0], place.v + step * move[1]);
  });

  for (const id of ["play-across", "play-up"]) {
    for (let k = 0; k < 16; k += 1)
      zoo.element(id).append(zoo.make("option", { value: k, text: `number ${k + 1}` }));
    zoo.element(id).addEventListener("change", renew);
  }
  // The two that change these digits most.
  zoo.element("play-across").value = 2;
  zoo.element("play-up").value = 10;
  document
    .querySelectorAll("[name=play-mode]")
    .forEach((radio) => radio.addEventListener("change", renew));
  addEventListener("resize", drawMap);

  zoo
    .load("digits", NAME, "cnn:mnist")
    .then(() => {
      arrays = zoo.arrays(NAME);
      bars = zoo.bars(zoo.element("play-bars"), DIGITS);
      const digits = zoo.digits();
      corners.forEach((corner, k) => {
        const canvas = zoo.make("canvas", { "aria-hidden": "true" });
        corner.button = zoo.make("button", { type: "button", class: "play-corner" }, canvas);
        corner.grid = zoo.grid(canvas, { zoom: 2 });
        corner.button.addEventListener("click", () => choose(k));
        zoo
          .element("play-corners")
          .append(
            zoo.make(
              "div",
              {},
              zoo.make("p", { class: "play-title", text: corner.name }),
              corner.button,
            ),
          );
        setCorner(k, digits[[13, 10, 19][k]]);
      });
      zoo.digitButtons(zoo.element("play-samples"), (digit) => {
        setCorner(chosen, digit);
        choose((chosen + 1) % 3);
        renew();
      });
      choose(0);
      zoo.painted(renew);
    })
    .catch(zoo.tell(status));
})();
