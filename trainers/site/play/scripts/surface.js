// The page on which optimizers walk down a loss of two weights, from where one clicks.
(() => {
  "use strict";
  const zoo = (globalThis.zoo ??= {});
  const RATIO = 0.75;
  const BANDS = 14;
  const FAR = 1e3; // of the start's distance from the minimum: what goes beyond has left for good

  // Rates with which there is something to see: gradient descent's near the largest that it bears.
  const RATES = {
    quadratic: { gradient: 0.085, momentum: 0.02, nesterov: 0.02, adagrad: 0.8, rmsprop: 0.06, adam: 0.2, newton: 1 },
    rosenbrock: { gradient: 0.0015, momentum: 0.0005, nesterov: 0.0005, adagrad: 0.5, rmsprop: 0.02, adam: 0.1, newton: 1 },
    saddle: { gradient: 0.2, momentum: 0.05, nesterov: 0.05, adagrad: 0.3, rmsprop: 0.04, adam: 0.1, newton: 1 },
    regression: { gradient: 0.22, momentum: 0.06, nesterov: 0.06, adagrad: 0.6, rmsprop: 0.04, adam: 0.15, newton: 1, natural: 1 },
    standardized: { gradient: 0.5, momentum: 0.1, nesterov: 0.1, adagrad: 0.6, rmsprop: 0.06, adam: 0.15, newton: 1, natural: 1 },
    normal: { gradient: 0.3, momentum: 0.08, nesterov: 0.08, adagrad: 0.5, rmsprop: 0.05, adam: 0.15, newton: 1, natural: 0.5 },
  }; // prettier-ignore
  const CHOSEN = ["gradient", "momentum", "adam", "newton"];

  const canvas = zoo.element("play-surface");
  const status = zoo.element("play-status");
  const select = zoo.element("play-loss");
  const root = zoo.element("play-surface-page");
  const rules = Object.keys(zoo.rules);
  const rows = {};
  let name = "quadratic";
  let from, paths, ground;

  const surface = () => zoo.surfaces[name];
  const momentum = zoo.range("play-momentum", (value) => value.toFixed(2), () => walk());
  const damping = zoo.range("play-damping", (value) => (value ? value.toFixed(2) : "0"), () => walk());
  const steps = zoo.range("play-steps", (value) => `${value}`, () => { halt(); draw(); }); // prettier-ignore

  /** Return a place on the canvas of a point, and the point of a place. */
  const toCanvas = ([x, y], width, height) => {
    const [left, right, bottom, top] = surface().view;
    return [((x - left) / (right - left)) * width, ((top - y) / (top - bottom)) * height];
  };
  const toWeights = (x, y) => {
    const [left, right, bottom, top] = surface().view;
    return [left + x * (right - left), top - y * (top - bottom)];
  };

  /** Draw levels of the loss, equally far apart in its logarithm above the lowest. */
  const drawGround = (width, height, scale) => {
    const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
    const key = [name, wide, high, zoo.colour("paper")].join();
    if (ground?.key === key) return ground.canvas;
    const { value, minimum } = surface();
    const lowest = value(minimum);
    const levels = new Float64Array(wide * high);
    let [least, most] = [Infinity, -Infinity];
    for (let y = 0; y < high; y += 1) {
      for (let x = 0; x < wide; x += 1) {
        const above = value(toWeights((x + 0.5) / wide, (y + 0.5) / high)) - lowest;
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
        const edge = (x + 1 < wide && band(at + 1) !== here) || (y + 1 < high && band(at + wide) !== here);
        picture.data.set([...(edge ? line : colours[here]), 255], 4 * at);
      }
    }
    ground = { key, canvas: zoo.make("canvas", { width: wide, height: high }) };
    ground.canvas.getContext("2d").putImageData(picture, 0, 0);
    return ground.canvas;
  };

  const drawAxes = (context, width, height) => {
    const [left, right, bottom, top] = surface().view;
    context.fillStyle = zoo.colour("ink");
    context.font = "13px system-ui, sans-serif";
    const told = (value) => String(value).replace("-", "−");
    context.textAlign = "left";
    context.fillText(told(left), 5, height - 6);
    context.fillText(told(top), 5, 15);
    context.fillText(told(bottom), 5, height - 22);
    context.fillText(surface().axes[1], 5, height / 2);
    context.textAlign = "right";
    context.fillText(told(right), width - 5, height - 6);
    context.textAlign = "center";
    context.fillText(surface().axes[0], width / 2, height - 6);
  };

  const drawPath = (context, points, colour, width, height) => {
    const places = points.map((point) => toCanvas(point, width, height));
    // A path that has left is cut off far outside: canvases cannot draw to infinity.
    const inside = places.findIndex(([x, y]) => !(Math.abs(x) < 50 * width && Math.abs(y) < 50 * width));
    const shown = inside < 0 ? places : places.slice(0, inside);
    for (const [line, wide] of [[zoo.colour("paper"), 5], [colour, 2.4]]) {
      context.strokeStyle = line;
      context.lineWidth = wide;
      context.lineJoin = "round";
      context.beginPath();
      shown.forEach(([x, y]) => context.lineTo(x, y));
      context.stroke();
    }
    context.fillStyle = colour;
    if (shown.length < 80) shown.forEach(([x, y]) => { context.beginPath(); context.arc(x, y, 2.6, 0, 7); context.fill(); }); // prettier-ignore
    const [x, y] = shown.at(-1);
    context.beginPath();
    context.arc(x, y, 6, 0, 7);
    context.fill();
    context.strokeStyle = zoo.colour("paper");
    context.lineWidth = 1.5;
    context.stroke();
  };

  const draw = () => {
    if (!paths) return;
    const { context, width, height } = zoo.sharp(canvas, RATIO);
    context.drawImage(drawGround(width, height, canvas.width / width), 0, 0, width, height);
    drawAxes(context, width, height);
    const cross = (point, colour) => {
      const [x, y] = toCanvas(point, width, height);
      context.strokeStyle = zoo.colour(colour);
      context.lineWidth = 2.5;
      context.beginPath();
      for (const [dx, dy] of [[6, 6], [6, -6]]) {
        context.moveTo(x - dx, y - dy);
        context.lineTo(x + dx, y + dy);
      }
      context.stroke();
    };
    cross(surface().minimum, "ink");
    const count = steps.value();
    const distance = Math.hypot(from[0] - surface().minimum[0], from[1] - surface().minimum[1]) + 1;
    for (const rule of rules) {
      const path = paths[rule];
      const told = rows[rule].told;
      told.textContent = "";
      if (!path) continue;
      const walked = path.slice(0, count + 1);
      drawPath(context, walked, zoo.colour(rows[rule].role), width, height);
      const lost = path.findIndex((w) => !(Math.hypot(...w) < FAR * distance));
      const gone = lost >= 0 && lost <= count;
      const value = surface().value(walked.at(-1));
      told.textContent = gone ? `gone, step ${lost}` : zoo.number(value);
      told.classList.toggle("play-wrong", gone);
    }
    root.dataset.steps = count;
    status.textContent =
      `From (${from.map((value) => value.toFixed(2).replace("-", "−")).join(", ")}), loss ` +
      `${zoo.number(surface().value(from))}, after ${count} step${count === 1 ? "" : "s"}; the lowest is ` +
      `${zoo.number(surface().value(surface().minimum))}, at the cross.`;
  };

  /** Compute the paths anew, all steps of them. */
  const walk = () => {
    paths = {};
    for (const rule of rules) {
      const row = rows[rule];
      const fits = !zoo.rules[rule].needs || zoo.rules[rule].needs in surface();
      row.box.disabled = !fits;
      row.slider.disabled = !fits;
      row.whole.classList.toggle("play-off", !fits || !row.box.checked);
      row.rate.textContent = rate(rule).toPrecision(2);
      row.slider.setAttribute("aria-valuetext", row.rate.textContent);
      if (!fits || !row.box.checked) continue;
      const settings = { rate: rate(rule), momentum: momentum.value(), damping: damping.value() };
      paths[rule] = zoo.path(rule, surface(), from, Number(zoo.element("play-steps").max), settings);
    }
    draw();
  };
  const rate = (rule) => 10 ** Number(rows[rule].slider.value);

  let playing = 0;
  const halt = () => {
    cancelAnimationFrame(playing);
    playing = 0;
    zoo.element("play-run").textContent = "Run";
  };
  const run = () => {
    if (playing) return halt();
    const most = Number(zoo.element("play-steps").max);
    if (zoo.calm()) {
      steps.set(most);
      return draw();
    }
    if (steps.value() >= most) steps.set(0);
    zoo.element("play-run").textContent = "Stop";
    let last = 0;
    const next = (now) => {
      // The first steps slowly, as they differ most.
      if (now - last > 400 / (1 + steps.value() / 3)) {
        last = now;
        steps.set(steps.value() + 1);
        draw();
      }
      if (steps.value() >= most) return halt();
      playing = requestAnimationFrame(next);
      return null;
    };
    playing = requestAnimationFrame(next);
    return null;
  };

  const begin = (point) => {
    from = point;
    walk();
  };
  const choose = () => {
    halt();
    name = select.value;
    for (const rule of rules) rows[rule].slider.value = Math.log10(RATES[name][rule] ?? 1);
    zoo.element("play-loss-note").textContent = zoo.element(`play-about-${name}`).textContent;
    begin(surface().start);
  };

  rules.forEach((rule, k) => {
    const role = `series-${k + 1}`;
    const title = zoo.rules[rule].title;
    const row = { role, box: zoo.make("input", { type: "checkbox", id: `play-use-${rule}` }), rate: zoo.make("output", { for: `play-rate-${rule}` }), told: zoo.make("td") };
    row.slider = zoo.make("input", { type: "range", min: -4, max: 1, step: "any", id: `play-rate-${rule}`, "aria-label": `Rate of ${title}` });
    row.slider.step = 0.02;
    row.box.checked = CHOSEN.includes(rule);
    const swatch = zoo.make("span", { class: "play-swatch", style: `background:var(--play-${role})` });
    row.whole = zoo.make("tr", {},
      zoo.make("td", {}, zoo.make("label", {}, row.box, swatch, title)),
      zoo.make("td", {}, zoo.make("div", { class: "play-rate" }, row.slider, row.rate)),
      row.told); // prettier-ignore
    row.box.addEventListener("change", walk);
    row.slider.addEventListener("input", walk);
    rows[rule] = row;
    zoo.element("play-legend").append(row.whole);
  });

  const click = (event) => {
    const box = canvas.getBoundingClientRect();
    begin(toWeights((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height));
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    click(event);
  });
  canvas.addEventListener("pointermove", (event) => event.buttons && click(event));
  canvas.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (event.key === "Enter") run();
    if (!move) return;
    event.preventDefault();
    const [left, right, bottom, top] = surface().view;
    const size = event.shiftKey ? 0.1 : 0.02;
    begin([from[0] + size * move[0] * (right - left), from[1] + size * move[1] * (top - bottom)]);
  });
  zoo.element("play-run").addEventListener("click", run);
  zoo.element("play-one").addEventListener("click", () => {
    halt();
    steps.set(steps.value() + 1);
    draw();
  });
  zoo.element("play-back").addEventListener("click", () => {
    halt();
    steps.set(0);
    draw();
  });
  select.addEventListener("change", choose);
  addEventListener("resize", draw);

  const order = ["quadratic", "regression", "standardized", "rosenbrock", "saddle", "normal"];
  order.forEach((each) => select.append(zoo.make("option", { value: each, text: zoo.surfaces[each].title })));
  choose();
  zoo.painted(draw);
})();
