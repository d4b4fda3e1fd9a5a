// The page on which optimizers walk down a loss of two weights, from where one clicks.
(() => {
  "use strict";
  const zoo = (globalThis.zoo ??= {});
  const RATIO = 0.75;
  const FAR = 1e3; // of the start's distance from the minimum: what goes beyond has left for good

  // Rates with which there is something to see, in the order of the rules: gradient descent's near
  // the largest that it bears.
  const RATES = {
    quadratic: [0.085, 0.02, 0.02, 0.8, 0.06, 0.2, 1, 1],
    rosenbrock: [0.0015, 0.0005, 0.0005, 0.5, 0.02, 0.1, 1, 1],
    saddle: [0.2, 0.05, 0.05, 0.3, 0.04, 0.1, 1, 1],
    regression: [0.22, 0.06, 0.06, 0.6, 0.04, 0.15, 1, 1],
    standardized: [0.5, 0.1, 0.1, 0.6, 0.06, 0.15, 1, 1],
    normal: [0.3, 0.08, 0.08, 0.5, 0.05, 0.15, 1, 0.5],
  };
  const CHOSEN = ["gradient", "momentum", "adam", "newton"];

  const canvas = zoo.element("play-surface");
  const status = zoo.element("play-status");
  const select = zoo.element("play-loss");
  const root = zoo.element("play-surface-page");
  const rules = Object.keys(zoo.rules);
  const rows = {};
  let name = "quadratic";
  let from, paths;

  const surface = () => zoo.surfaces[name];
  const momentum = zoo.range(
    "play-momentum",
    (value) => value.toFixed(2),
    () => walk(),
  );
  const damping = zoo.range(
    "play-damping",
    (value) => (value ? value.toFixed(2) : "0"),
    () => walk(),
  );
  const steps = zoo.range(
    "play-steps",
    (value) => `${value}`,
    () => {
      halt();
      draw();
    },
  );

  const draw = () => {
    if (!paths) return;
    const { context, width, height } = zoo.sharp(canvas, RATIO);
    context.drawImage(
      zoo.contours(surface(), width, height, canvas.width / width),
      0,
      0,
      width,
      height,
    );
    zoo.drawAxes(surface(), context, width, height);
    const cross = (point, colour) => {
      const [x, y] = zoo.toCanvas(surface(), point, width, height);
      context.strokeStyle = zoo.colour(colour);
      context.lineWidth = 2.5;
      context.beginPath();
      for (const [dx, dy] of [
        [6, 6],
        [6, -6],
      ]) {
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
      zoo.drawPath(surface(), context, walked, zoo.colour(rows[rule].role), width, height);
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
      paths[rule] = zoo.path(
        rule,
        surface(),
        from,
        Number(zoo.element("play-steps").max),
        settings,
      );
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
    rules.forEach((rule, k) => {
      rows[rule].slider.value = Math.log10(RATES[name][k]);
    });
    zoo.element("play-loss-note").textContent = zoo.element(`play-about-${name}`).textContent;
    begin(surface().start);
  };

  rules.forEach((rule, k) => {
    const role = `series-${k + 1}`;
    const title = zoo.rules[rule].title;
    const row = {
      role,
      box: zoo.make("input", { type: "checkbox", id: `play-use-${rule}` }),
      rate: zoo.make("output", { for: `play-rate-${rule}` }),
      told: zoo.make("td"),
    };
    row.slider = zoo.make("input", {
      type: "range",
      min: -4,
      max: 1,
      step: "any",
      id: `play-rate-${rule}`,
      "aria-label": `Rate of ${title}`,
    });
    row.slider.step = 0.02;
    row.box.checked = CHOSEN.includes(rule);
    const swatch = zoo.make("span", {
      class: "play-swatch",
      style: `background:var(--play-${role})`,
    });
    row.whole = zoo.make(
      "tr",
      {},
      zoo.make("td", {}, zoo.make("label", {}, row.box, swatch, title)),
      zoo.make("td", {}, zoo.make("div", { class: "play-rate" }, row.slider, row.rate)),
      row.told,
    );
    row.box.addEventListener("change", walk);
    row.slider.addEventListener("input", walk);
    rows[rule] = row;
    zoo.element("play-legend").append(row.whole);
  });

  const click = (event) => {
    const box = canvas.getBoundingClientRect();
    begin(
      zoo.toWeights(
        surface(),
        (event.clientX - box.left) / box.width,
        (event.clientY - box.top) / box.height,
      ),
    );
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    click(event);
  });
  canvas.addEventListener("pointermove", (event) => event.buttons && click(event));
  canvas.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[
      event.key
    ];
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
  order.forEach((each) =>
    select.append(zoo.make("option", { value: each, text: zoo.surfaces[each].title })),
  );
  choose();
  zoo.painted(draw);
})();
