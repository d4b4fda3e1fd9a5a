// The page on which the policy balances a pole, and one may push it, or try oneself.
(() => {
  "use strict";
  const zoo = (globalThis.zoo ??= {});
  const NAME = "policy:cartpole";
  const { FORCE, TAU, HALF_LENGTH, MOST_POSITION, MOST_ANGLE, MOST_STEPS, step, start, fallen } =
    zoo.cartPole;
  const PUSH = 8; // N, beside the force of the action
  const PUSH_STEPS = 8;
  const STRIP = 250; // steps that the strip shows

  const track = zoo.element("play-track");
  const strip = zoo.element("play-strip");
  const status = zoo.element("play-status");
  const pause = zoo.element("play-pause");
  const speed = zoo.element("play-speed");
  const root = zoo.element("play-balance-page");
  let arrays, bars, seed, uniform, lanes;
  let pushes = { force: 0, steps: 0 };
  let direction = 0; // the reader's: -1 left, 1 right, 0 not yet
  let paused = zoo.calm();
  let best = 0;

  const yours = () => document.querySelector("[name=play-who]:checked").value === "you";

  /** Return whether the policy pushes to the right. */
  const chooses = (state) => {
    const shares = zoo.softmax(zoo.networks.policy(arrays, state).scores);
    return zoo.element("play-likelier").checked ? shares[1] >= shares[0] : uniform() < shares[1];
  };

  const lane = (name, state) => ({ name, state, steps: 0, fell: false, angles: [], force: 0 });
  const reset = () => {
    seed = (seed ?? 0) + 1;
    uniform = zoo.random(seed);
    const state = start(uniform);
    lanes = yours() ? [lane("you", state), lane("policy", [...state])] : [lane("policy", state)];
    pushes = { force: 0, steps: 0 };
    direction = 0;
    show();
  };

  const advance = (each) => {
    if (each.fell) return;
    let force;
    if (each.name === "you") {
      force = FORCE * direction;
    } else {
      force = chooses(each.state) ? FORCE : -FORCE;
      if (pushes.steps > 0) {
        force += pushes.force;
        pushes.steps -= 1;
      }
    }
    each.force = force;
    each.state = step(each.state, force);
    each.steps += 1;
    each.angles.push(each.state[2]);
    if (each.angles.length > STRIP) each.angles.shift();
    each.fell = fallen(each.state);
    if (each.name === "you") best = Math.max(best, each.steps);
  };

  const tick = () => {
    // Nothing moves before the reader has chosen a side.
    if (yours() && !direction) return;
    lanes.forEach(advance);
    if (lanes.every((each) => each.fell) && !paused) setPaused(true);
  };

  const sentence = () => {
    const told = lanes.map(({ name, steps, fell }) => {
      const who = name === "you" ? "You" : "The policy";
      if (fell) return `${who} fell after ${steps} steps.`;
      return `${who}: ${steps} steps${steps >= MOST_STEPS ? ", a whole episode, and on" : ""}.`;
    });
    if (yours() && !direction)
      return "Press ← or → to begin; the cart is always pushed to one side.";
    return `${told.join(" ")}${yours() ? ` Your best: ${best}.` : ""}`;
  };

  const drawLane = (context, width, top, height, each) => {
    const ground = top + height * 0.82;
    const metre = width / (2 * MOST_POSITION + 1);
    const [x, , angle] = each.state;
    const at = width / 2 + x * metre;
    context.lineCap = "round";
    context.strokeStyle = zoo.colour("line");
    context.lineWidth = 3;
    context.beginPath();
    context.moveTo(width / 2 - MOST_POSITION * metre, ground);
    context.lineTo(width / 2 + MOST_POSITION * metre, ground);
    for (const end of [-1, 1]) {
      context.moveTo(width / 2 + end * MOST_POSITION * metre, ground - 12);
      context.lineTo(width / 2 + end * MOST_POSITION * metre, ground + 12);
    }
    context.stroke();
    const [wide, high] = [0.5 * metre, 0.25 * metre];
    const joint = ground - high;
    context.fillStyle = zoo.colour("panel");
    context.strokeStyle = zoo.colour("ink");
    context.lineWidth = 2;
    context.beginPath();
    context.roundRect(at - wide / 2, joint, wide, high, 4);
    context.fill();
    context.stroke();
    const length = Math.min(2 * HALF_LENGTH * metre, height * 0.6);
    context.strokeStyle = each.fell
      ? zoo.colour("wrong")
      : zoo.colour(each.name === "you" ? "validation" : "train");
    context.lineWidth = Math.max(6, 0.08 * metre);
    context.beginPath();
    context.moveTo(at, joint);
    context.lineTo(at + length * Math.sin(angle), joint - length * Math.cos(angle));
    context.stroke();
    if (each.force) {
      const to = Math.sign(each.force);
      const reach = (wide / 2 + 10 + 1.6 * Math.abs(each.force)) * to;
      context.strokeStyle = zoo.colour("muted");
      context.lineWidth = 3;
      context.beginPath();
      context.moveTo(at + (wide / 2 + 6) * to, joint + high / 2);
      context.lineTo(at + reach, joint + high / 2);
      context.lineTo(at + reach - 7 * to, joint + high / 2 - 6);
      context.moveTo(at + reach, joint + high / 2);
      context.lineTo(at + reach - 7 * to, joint + high / 2 + 6);
      context.stroke();
    }
    context.fillStyle = zoo.colour("muted");
    context.font = "14px system-ui, sans-serif";
    context.textAlign = "left";
    context.fillText(
      `${each.name}, ${each.steps} steps${each.fell ? ", fallen" : ""}`,
      8,
      top + 20,
    );
  };

  const drawStrip = () => {
    const { context, width, height } = zoo.sharp(strip, strip.clientWidth < 520 ? 0.3 : 0.18);
    const y = (angle) => height / 2 - (angle / (1.15 * MOST_ANGLE)) * (height / 2);
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = zoo.colour("muted");
    for (const [angle, text] of [
      [MOST_ANGLE, "12°"],
      [0, "0°"],
      [-MOST_ANGLE, "−12°"],
    ]) {
      context.strokeStyle = zoo.colour("line");
      context.beginPath();
      context.moveTo(36, y(angle));
      context.lineTo(width, y(angle));
      context.stroke();
      context.fillText(text, 2, y(angle) + 4);
    }
    for (const each of lanes) {
      context.strokeStyle = zoo.colour(each.name === "you" ? "validation" : "train");
      context.lineWidth = 2;
      context.beginPath();
      each.angles.forEach((angle, k) => context.lineTo(36 + (k / STRIP) * (width - 36), y(angle)));
      context.stroke();
    }
  };

  const show = () => {
    if (!arrays) return;
    const { context, width, height } = zoo.sharp(
      track,
      (track.clientWidth < 520 ? 0.5 : 0.36) * (lanes.length > 1 ? 1.75 : 1),
    );
    lanes.forEach((each, k) =>
      drawLane(context, width, (k * height) / lanes.length, height / lanes.length, each),
    );
    drawStrip();
    const robot = lanes.at(-1);
    const { scores, value } = zoo.networks.policy(arrays, robot.state);
    bars.show(zoo.softmax(scores));
    zoo.element("play-value").textContent = value.toFixed(2);
    const [x, velocity, angle, spin] = robot.state;
    const numbers = [
      `${x.toFixed(2)} m`,
      `${velocity.toFixed(2)} m/s`,
      `${((angle * 180) / Math.PI).toFixed(1)}°`,
      `${((spin * 180) / Math.PI).toFixed(0)}°/s`,
    ];
    numbers.forEach((text, k) => {
      zoo.element(`play-number-${k}`).textContent = text.replaceAll("-", "−");
    });
    status.textContent = sentence();
    // The counter is for the eye; what happens is for the ear too.
    const ended = lanes
      .filter((each) => each.fell)
      .map((each) => `${each.name}: fallen after ${each.steps} steps.`);
    zoo.say(zoo.element("play-events"), ended.join(" "));
    root.dataset.steps = robot.steps;
    root.dataset.fell = robot.fell;
  };

  let [before, owed] = [performance.now(), 0];
  const frame = (now) => {
    // A page in the background is given no frames: what it missed is not made up for.
    owed += (Math.min(now - before, 100) / 1000) * Number(speed.value);
    before = now;
    let moved = false;
    while (owed >= TAU) {
      owed -= TAU;
      if (!paused) {
        tick();
        moved = true;
      }
    }
    if (moved) show();
    requestAnimationFrame(frame);
  };

  const setPaused = (on) => {
    paused = on;
    pause.textContent = on ? "Go on" : "Pause";
    pause.setAttribute("aria-pressed", String(on));
  };

  const act = (side) => {
    if (yours()) {
      direction = side;
      if (lanes[0].fell) return;
    } else {
      pushes = { force: side * PUSH, steps: PUSH_STEPS };
    }
    show();
  };

  zoo.element("play-left").addEventListener("click", () => act(-1));
  zoo.element("play-right").addEventListener("click", () => act(1));
  pause.addEventListener("click", () => {
    if (paused && lanes.every((each) => each.fell)) reset();
    setPaused(!paused);
  });
  zoo.element("play-step").addEventListener("click", () => {
    setPaused(true);
    tick();
    show();
  });
  zoo.element("play-reset").addEventListener("click", () => {
    reset();
    setPaused(false);
  });
  addEventListener("keydown", (event) => {
    const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    // In a list or a slider the arrows mean something else.
    if (!side || !lanes || event.target.matches("input, select, textarea")) return;
    event.preventDefault();
    act(side);
  });
  document.querySelectorAll("[name=play-who]").forEach((radio) =>
    radio.addEventListener("change", () => {
      const you = yours();
      zoo.element("play-left").textContent = you ? "← Left" : "← Push";
      zoo.element("play-right").textContent = you ? "Right →" : "Push →";
      speed.value = you ? "0.25" : "1";
      radio.blur(); // so that the arrows are the cart's
      reset();
      setPaused(false);
    }),
  );
  addEventListener("resize", () => show());

  zoo
    .load(NAME)
    .then(() => {
      arrays = zoo.arrays(NAME);
      bars = zoo.bars(zoo.element("play-bars"), ["←", "→"]);
      reset();
      setPaused(paused);
      zoo.painted(show);
      requestAnimationFrame(frame);
    })
    .catch(zoo.tell(status));
})();
