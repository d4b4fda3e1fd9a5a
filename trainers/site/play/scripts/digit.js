// The page on which one draws a digit, and three networks answer.
(() => {
  "use strict";
  const zoo = (globalThis.zoo ??= {});
  const NAMES = ["perceptron", "mlp", "cnn"];
  const DIGITS = Array.from({ length: 10 }, (_, k) => String(k));
  const SIDE = 280;
  const PEN_STEP = 6;

  const sheet = zoo.element("play-sheet");
  const context = sheet.getContext("2d", { willReadFrequently: true });
  const status = zoo.element("play-status");
  const brush = zoo.range("play-brush", (width) => `${width}`);
  const pen = { x: 140, y: 140, down: false };
  let pixels = null; // what the models see; null for an empty sheet
  let given = false; // whether a sample lies on the sheet, not a drawing

  const answers = NAMES.map((name) => {
    const part = {
      digit: zoo.make("span", { text: "–" }),
      sure: zoo.make("small"),
      about: zoo.make("p", { class: "play-note" }),
    };
    const bars = zoo.make("div", { id: `play-bars-${name}` });
    const answer = zoo.make(
      "div",
      { class: "play-answer", id: `play-answer-${name}` },
      part.digit,
      part.sure,
    );
    zoo
      .element("play-answers")
      .append(
        zoo.make(
          "div",
          {},
          zoo.make("p", { class: "play-title", text: name }),
          answer,
          bars,
          part.about,
        ),
      );
    return { name, ...part, bars: zoo.bars(bars, DIGITS) };
  });

  const seen = zoo.grid(zoo.element("play-seen"), { zoom: 5 });
  const first = zoo.grid(zoo.element("play-first"), { count: 32, columns: 16, zoom: 2, gap: 2 });
  const second = zoo.grid(zoo.element("play-second"), {
    count: 64,
    columns: 16,
    rows: 14,
    wide: 14,
    zoom: 4,
    gap: 2,
  });
  const unit = zoo.grid(zoo.element("play-unit"), { zoom: 5 });
  const hidden = zoo.grid(zoo.element("play-hidden"), {
    count: 128,
    columns: 16,
    rows: 1,
    wide: 1,
    zoom: 22,
    gap: 2,
    onPick: () => showUnit(),
  });
  const evidence = zoo.grid(zoo.element("play-evidence"), {
    count: 10,
    columns: 5,
    zoom: 3,
    gap: 3,
    labels: DIGITS,
    onPick: () => showEvidence(),
  });
  zoo.element("play-hidden").setAttribute("aria-label", "Hidden units; arrow keys choose one");
  zoo
    .element("play-evidence")
    .setAttribute("aria-label", "Weights of the ten digits; arrow keys choose one");

  const maps = (image) => {
    const count = image.shape[2];
    return Array.from({ length: count }, (_, map) =>
      image.filter((_value, at) => at % count === map),
    );
  };
  const column = (kernel, k) => kernel.filter((_value, at) => at % kernel.shape[1] === k);

  let results = {};
  const blank = new Float32Array(784);

  const showEvidence = () => {
    const arrays = zoo.arrays("perceptron:mnist");
    const inPicture = document.querySelector("[name=play-argue]:checked").value === "picture";
    const cells = DIGITS.map((_, k) => {
      const weights = column(arrays["scores/kernel"], k);
      return inPicture ? weights.map((weight, at) => weight * (pixels ?? blank)[at]) : weights;
    });
    evidence.paint(cells, { signed: true });
    const k = evidence.picked;
    const sum = cells[k].reduce((total, value) => total + value, 0);
    const bias = arrays["scores/bias"][k];
    zoo.element("play-evidence-note").textContent = inPicture
      ? `Blue argues for the digit, orange against it. For ${k}: pixels ${zoo.number(sum)}, ` +
        `bias ${zoo.number(bias)}, score ${zoo.number(sum + bias)}.`
      : `Blue: ink here argues for the digit; orange: against it. Shown from 0 to 9; ${k} is chosen.`;
  };

  const showUnit = () => {
    const arrays = zoo.arrays("mlp:mnist");
    const k = hidden.picked;
    unit.paint([column(arrays["hidden_1/kernel"], k)], { signed: true });
    const leaving = arrays["scores/kernel"].subarray(10 * k, 10 * k + 10);
    const value = results.mlp?.hidden[k] ?? 0;
    zoo.element("play-unit-note").textContent =
      `Unit ${k + 1} gives ${value.toFixed(2)}${value ? "" : ", it is silent"}. Left: what it looks for. ` +
      `It argues most for ${zoo.likeliest(leaving)}, and most against ` +
      `${leaving.indexOf(Math.min(...leaving))}.`;
  };

  const show = () => {
    const ready = NAMES.every((name) => zoo.stored.has(`${name}:mnist`));
    if (!ready) return;
    results = {};
    for (const { name, digit, sure, bars } of answers) {
      if (!pixels) {
        digit.textContent = "–";
        sure.textContent = "";
        bars.show(DIGITS.map(() => 0));
        continue;
      }
      results[name] = zoo.networks[name](zoo.arrays(`${name}:mnist`), pixels);
      const shares = zoo.softmax(results[name].scores);
      const best = zoo.likeliest(shares);
      digit.textContent = DIGITS[best];
      sure.textContent = zoo.percent(shares[best]);
      bars.show(shares);
    }
    seen.paint([pixels ?? blank], { largest: 1 });
    const active = results.mlp?.hidden ?? new Float32Array(128);
    if (results.mlp) hidden.picked = zoo.likeliest(active);
    hidden.paint(Array.from(active, (value) => [value]));
    first.paint(results.cnn ? maps(results.cnn.first) : Array(32).fill(blank));
    second.paint(results.cnn ? maps(results.cnn.second) : Array(64).fill(blank.subarray(0, 196)));
    if (results.perceptron) evidence.picked = zoo.likeliest(results.perceptron.scores);
    showEvidence();
    showUnit();
    const told = answers.map(({ name, digit }) => `${name}: ${digit.textContent}`);
    zoo.say(status, pixels ? told.join(", ") : "Draw a digit on the sheet.");
  };
  const soon = zoo.soon(show);

  const read = () => {
    const { data } = context.getImageData(0, 0, SIDE, SIDE);
    const ink = new Float32Array(SIDE * SIDE);
    for (let at = 0; at < ink.length; at += 1) ink[at] = data[4 * at + 3] / 255;
    pixels = zoo.centred(ink, SIDE, SIDE);
    given = false;
    soon();
  };

  const stroke = (from, to) => {
    Object.assign(context, {
      lineWidth: brush.value(),
      lineCap: "round",
      lineJoin: "round",
      strokeStyle: zoo.colour("ink"),
    });
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y + 0.01); // a point alone is drawn as a dot
    context.stroke();
  };

  const clear = () => {
    context.clearRect(0, 0, SIDE, SIDE);
    pixels = null;
    soon();
  };

  const place = (event) => {
    const box = sheet.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * SIDE,
      y: ((event.clientY - box.top) / box.height) * SIDE,
    };
  };
  let last = null;
  sheet.addEventListener("pointerdown", (event) => {
    if (given) clear();
    sheet.setPointerCapture(event.pointerId);
    last = place(event);
    stroke(last, last);
    read();
  });
  sheet.addEventListener("pointermove", (event) => {
    if (!last) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) {
      stroke(last, place(each));
      last = place(each);
    }
    read();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    sheet.addEventListener(end, () => {
      last = null;
    });
  }

  sheet.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
      event.key
    ];
    if (event.key === " ") {
      pen.down = !pen.down;
      if (pen.down && given) clear();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      clear();
    } else if (!move) return;
    event.preventDefault();
    if (move) {
      const next = {
        x: Math.min(Math.max(pen.x + PEN_STEP * move[0], 0), SIDE),
        y: Math.min(Math.max(pen.y + PEN_STEP * move[1], 0), SIDE),
      };
      if (pen.down) {
        stroke(pen, next);
        read();
      }
      Object.assign(pen, next);
    }
    status.textContent = `Pen ${pen.down ? "down" : "up"} at ${Math.round(pen.x / 10)}, ${Math.round(pen.y / 10)} of 28.`;
  });

  const choose = (digit) => {
    clear();
    const small = zoo.make("canvas", { width: 28, height: 28 });
    const picture = new ImageData(28, 28);
    digit.pixels.forEach((value, at) => {
      picture.data[4 * at + 3] = 255 * value;
    });
    small.getContext("2d").putImageData(picture, 0, 0);
    context.drawImage(small, 0, 0, SIDE, SIDE);
    recolour();
    pixels = digit.pixels;
    given = true;
    soon();
  };

  const recolour = () => {
    context.globalCompositeOperation = "source-in";
    context.fillStyle = zoo.colour("ink");
    context.fillRect(0, 0, SIDE, SIDE);
    context.globalCompositeOperation = "source-over";
  };

  zoo.painted(recolour);
  zoo.element("play-clear").addEventListener("click", clear);
  document
    .querySelectorAll("[name=play-argue]")
    .forEach((radio) => radio.addEventListener("change", showEvidence));
  zoo
    .load("digits", ...NAMES.map((name) => `${name}:mnist`))
    .then(() => {
      for (const { name, about } of answers) {
        const { parameters, figure } = zoo.stored.get(`${name}:mnist`);
        about.textContent =
          `${parameters.toLocaleString("en")} parameters; ` +
          `of 10,000 test digits ${zoo.percent(figure.value)} right.`;
      }
      zoo.digitButtons(zoo.element("play-samples"), choose);
      show();
    })
    .catch(zoo.tell(status));
})();
