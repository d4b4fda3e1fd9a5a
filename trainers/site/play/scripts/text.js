// The page on which char_lstm goes on with a text, character by character.
(() => {
  "use strict";
  const zoo = (globalThis.zoo ??= {});
  const NAME = "char_lstm:stdlib_source";
  const BARS = 10;
  const CHUNK_MILLISECONDS = 24; // then the page may answer to a click
  const SHOWN = { "\n": "⏎", " ": "␣", "\t": "⇥", "\u0003": "␃" };

  const prompt = zoo.element("play-prompt");
  const output = zoo.element("play-text");
  const status = zoo.element("play-status");
  const [write, stop] = [zoo.element("play-write"), zoo.element("play-stop")];
  const colouring = zoo.element("play-colour");
  const temperature = zoo.range(
    "play-temperature",
    (value) => value.toFixed(2),
    () => reader && showNext(),
  );
  let arrays, symbols, numbers, bars, reader;
  let letters = []; // {span, cells}: what each character made the cells hold
  let running = 0; // which writing goes on; another number, or none, ends it

  const cells = zoo.grid(zoo.element("play-cells"), {
    count: 256,
    columns: 16,
    rows: 1,
    wide: 1,
    zoom: 16,
    gap: 2,
    onPick: () => colour(),
  });

  /** Read a character: the state and the scores move on, and its span remembers the cells. */
  const read = (letter, given) => {
    const after = zoo.networks.charLstm(arrays, numbers.get(letter), reader.state);
    reader = after;
    const span = zoo.make("span", given ? { text: letter, class: "play-given" } : { text: letter });
    const held = Float32Array.from(after.state.c, Math.tanh);
    letters.push({ span, held });
    if (colouring.checked)
      paint(letters.at(-1), zoo.mixture("paper", "series-1"), zoo.mixture("paper", "series-2"));
    return span;
  };

  const paint = ({ span, held }, above, below) => {
    const value = held[cells.picked];
    span.style.background = colouring.checked
      ? `rgb(${(value < 0 ? below(-value * 0.6) : above(value * 0.6)).join(" ")})`
      : "";
  };
  const colour = () => {
    const [above, below] = [zoo.mixture("paper", "series-1"), zoo.mixture("paper", "series-2")];
    letters.forEach((letter) => paint(letter, above, below));
    zoo.element("play-cell-note").textContent =
      `Cell ${cells.picked + 1} of 256 holds ${zoo.number(letters.at(-1)?.held[cells.picked] ?? 0)} now, as tanh c.`;
  };

  const shares = () => {
    const T = temperature.value();
    if (T > 0) return zoo.softmax(reader.scores, T);
    const best = zoo.likeliest(reader.scores);
    return symbols.map((_, k) => (k === best ? 1 : 0));
  };

  const showNext = () => {
    const all = shares();
    const order = all
      .map((_, k) => k)
      .sort((a, b) => all[b] - all[a])
      .slice(0, BARS);
    bars.show(
      order.map((k) => all[k]),
      order.map((k) => SHOWN[symbols[k]] ?? symbols[k]),
    );
    cells.paint(
      Array.from(letters.at(-1).held, (value) => [value]),
      { signed: true, largest: 1 },
    );
    colour();
  };

  /** Begin anew with the prompt, or say what of it the model has never seen. */
  const begin = () => {
    running = 0;
    const text = prompt.value || "\n";
    const unknown = [...new Set(text)].filter((letter) => !numbers.has(letter));
    status.classList.toggle("play-wrong", unknown.length > 0);
    if (unknown.length) {
      status.textContent =
        `The model has never seen ${unknown
          .slice(0, 5)
          .map((letter) => `“${letter}”`)
          .join(", ")}. ` + "It knows line breaks, the space, and what an English keyboard prints.";
      write.disabled = true;
      return false;
    }
    write.disabled = false;
    letters = [];
    reader = { state: zoo.networks.startOfText(arrays) };
    output.replaceChildren(...Array.from(text, (letter) => read(letter, true)));
    if (!prompt.value) output.replaceChildren();
    showNext();
    status.textContent = `Read ${text.length} character${text.length === 1 ? "" : "s"}. Below: what may come next.`;
    return true;
  };

  const busy = (on) => {
    write.disabled = on;
    stop.disabled = !on;
  };

  const finish = (done, seconds) => {
    running = 0;
    busy(false);
    showNext();
    status.setAttribute("aria-live", "polite");
    const speed =
      seconds > 0 ? `, ${Math.round(done / seconds).toLocaleString("en")} a second` : "";
    status.textContent = `Wrote ${done.toLocaleString("en")} characters${speed}.`;
  };

  const generate = () => {
    if (!begin()) return;
    const mine = (running = Math.random());
    const length = Math.min(Math.max(Number(zoo.element("play-length").value) || 0, 1), 20000);
    const uniform = zoo.random(Number(zoo.element("play-seed").value));
    let [done, computing] = [0, 0];
    busy(true);
    status.setAttribute("aria-live", "off"); // the counter is for the eye
    const chunk = () => {
      if (running !== mine) return;
      const began = performance.now();
      const fresh = document.createDocumentFragment();
      while (done < length && performance.now() - began < CHUNK_MILLISECONDS) {
        fresh.append(read(symbols[zoo.drawn(shares(), uniform())], false));
        done += 1;
      }
      computing += (performance.now() - began) / 1000;
      const low = output.scrollTop + output.clientHeight >= output.scrollHeight - 40;
      output.append(fresh);
      if (low) output.scrollTop = output.scrollHeight;
      if (done === length) finish(done, computing);
      else {
        status.textContent =
          `${done.toLocaleString("en")} characters, ` +
          `${Math.round(done / computing).toLocaleString("en")} a second.`;
        setTimeout(chunk);
      }
    };
    stop.onclick = () => running === mine && finish(done, computing);
    chunk();
  };

  prompt.addEventListener("input", () => {
    stop.disabled = true;
    begin();
  });
  write.addEventListener("click", generate);
  prompt.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !write.disabled) generate();
  });
  colouring.addEventListener("change", colour);
  document.querySelectorAll("[data-prompt]").forEach((button) =>
    button.addEventListener("click", () => {
      prompt.value = button.dataset.prompt.replaceAll("\\n", "\n");
      stop.disabled = true;
      if (begin()) generate();
    }),
  );

  zoo
    .load(NAME)
    .then(() => {
      arrays = zoo.arrays(NAME);
      ({ symbols } = zoo.stored.get(NAME));
      numbers = new Map(symbols.map((letter, k) => [letter, k]));
      bars = zoo.bars(zoo.element("play-bars"), Array(BARS).fill(""));
      begin();
      zoo.painted(colour);
    })
    .catch(zoo.tell(status));
})();
