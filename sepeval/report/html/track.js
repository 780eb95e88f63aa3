"use strict";
// The page of a track: scores over time, waveforms, spectrograms and the player on one time axis.
(() => {
  const {make, select, look, number, columns, load, bytes, trouble, player, timeline, root} = sepeval;
  const about = JSON.parse(document.body.dataset.about);
  const element = (id) => document.getElementById(id);
  const state = {section: 0, key: 0, stem: "", errors: true, hover: null};
  const ROW = 64; // pixels of a spectrogram
  const WAVE = 44; // pixels of a waveform
  let sections = [], sound, lines = [], images = new Map();

  const section = () => sections[state.section];
  const key = () => section().about.keys[state.key];
  const place = () => section().about.tracks.findIndex((one) => one.id === about.track);
  const rate = () => section().about.tracks[place()].rate || 1;
  const unit = () => (section().about.tracks[place()].rate ? "s" : "samples");

  // The end of the time axis, in seconds; without audio that of the last window.
  const seconds = () => {
    const last = Math.max(0, ...lines.flatMap((line) => [...line.stops]));
    return sound.seconds ?? last / rate();
  };

  const scores = () => section().about.systems.flatMap((name, system) => {
    const own = columns(section().rows, system, 0, key().metric, state.stem);
    return own ? [{name, place: section().about.places[system], ...own}] : [];
  });

  const stems = () => {
    const scored = key().stems.filter((stem) => key().all.includes(stem) || stem !== "All");
    return [...new Set([...scored, ...sound.stems])];
  };

  const shownSignals = () => sound.signals.filter((one) =>
    one.kind === "mixture" || (one.stem === state.stem && (state.errors || one.kind !== "error")));

  // What can be heard: mixture, reference, and each system; its file where there is one.
  const sources = () => {
    const find = (kind, system) => sound.signals.find((one) => one.kind === kind
      && (kind === "mixture" || one.stem === state.stem) && one.system === system);
    return [
      {name: "mixture", file: find("mixture", null)},
      {name: "reference", file: find("reference", null)},
      ...about.systems.map((name, system) => ({name, place: system, file: find("estimate", system)})),
    ];
  };

  const clockText = (time) => {
    const minutes = Math.floor(time / 60);
    return `${minutes}:${(time - 60 * minutes).toFixed(1).padStart(4, "0")}`;
  };

  // ---- drawing

  const plot = () => document.querySelector("#stage .plot");

  const drawHead = () => {
    const {time, playing} = player.state();
    const total = seconds() || 1;
    const box = plot();
    element("head").style.top = `${box.offsetTop}px`;
    element("head").style.transform =
      `translateX(${box.offsetLeft + box.clientWidth * Math.min(1, time / total)}px)`;
    element("clock").textContent = `${clockText(time)} of ${clockText(total)}`;
    element("seek").value = time;
    element("play").textContent = playing ? "Stop" : "Play";
    element("play").setAttribute("aria-pressed", String(playing));
    const {heard} = player.state();
    [...element("sources").children].forEach((button, at) =>
      button.setAttribute("aria-pressed", String(hasAudio() && at === heard)));
    drawReadout(state.hover ?? time);
  };

  const drawReadout = (time) => {
    const found = timeline.at(lines, section().about.statuses, time * rate());
    const first = found[0];
    const said = first
      ? `${(first.window[0] / rate()).toFixed(2)} to ${(first.window[1] / rate()).toFixed(2)} ${unit()}, `
        + `reference ${["sounds", "is silent", "unknown"][first.silent]}: `
        + found.map((one) => `${one.line.name} ${one.text}`).join(", ")
      : "no window here";
    if (element("readout").textContent !== said) element("readout").textContent = said;
  };

  const colourOf = (signal) =>
    signal.system === null ? "var(--ink)" : look(signal.system).colour;

  const fitted = (canvas, height) => {
    const scale = window.devicePixelRatio || 1;
    const width = canvas.parentElement.clientWidth;
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    return canvas.getContext("2d");
  };

  const drawWave = (canvas, signal) => {
    const context = fitted(canvas, WAVE);
    const {width, height} = canvas;
    context.fillStyle = getComputedStyle(canvas).color;
    for (const [name, alpha] of [["peak", 0.35], ["rms", 1]]) {
      const levels = bytes(signal[name]);
      context.globalAlpha = alpha;
      const step = width / levels.length;
      levels.forEach((level, at) => {
        const half = (level / 255) * (height / 2 - 1);
        const left = Math.floor(at * step), right = Math.floor((at + 1) * step);
        if (half > 0) context.fillRect(left, height / 2 - half, Math.max(1, right - left), 2 * half);
      });
    }
    context.globalAlpha = 0.5;
    context.fillRect(0, height / 2, width, 1);
  };

  const image = (source) => {
    if (!images.has(source)) {
      images.set(source, new Promise((resolve, reject) => {
        const found = new Image();
        found.onload = () => resolve(found);
        found.onerror = () => reject(new Error(`${source} is missing; copy the whole folder`));
        found.src = root + source;
      }));
    }
    return images.get(source);
  };

  const drawSpectrogram = async (canvas, signal) => {
    const about_ = sound.pictures[signal.stem];
    const row = sound.signals.filter((one) => one.stem === signal.stem && one.kind !== "mixture")
      .indexOf(signal);
    const found = await image(about_.source);
    const context = fitted(canvas, ROW);
    context.drawImage(found, 0, row * about_.bands, found.width, about_.bands,
      0, 0, canvas.width, canvas.height);
  };

  const nameOf = (signal) => {
    if (signal.kind === "mixture" || signal.kind === "reference") return signal.kind;
    const name = about.systems[signal.system];
    return signal.kind === "error" ? `error of ${name}` : name;
  };

  const drawLanes = () => {
    const lanes = shownSignals().map((signal) => {
      const wave = make("canvas", {style: `color: ${colourOf(signal)}`, role: "img",
        "aria-label": `Waveform: ${nameOf(signal)}`});
      const marker = signal.system === null ? "" : `${look(signal.system).marker} `;
      const box = make("div", {class: "plot"}, wave);
      const lane = make("div", {class: `lane ${signal.kind}`},
        make("div", {class: "name"},
          make("span", {style: `color: ${colourOf(signal)}`, "aria-hidden": "true"}, marker),
          nameOf(signal)), box);
      return {signal, wave, box, lane};
    });
    element("lanes").replaceChildren(...lanes.map((one) => one.lane));
    for (const {signal, wave, box} of lanes) {
      drawWave(wave, signal);
      if (signal.kind === "mixture") continue;
      const canvas = make("canvas", {role: "img", "aria-label": `Spectrogram: ${nameOf(signal)}`});
      box.append(canvas);
      drawSpectrogram(canvas, signal).catch(trouble);
    }
    const half = sound.rate / 2000;
    const pictures = !sound.rate ? ""
      : `Waveforms: peak and root mean square, 48 dB to the loudest signal of the stem. `
        + `Spectrograms: 0 to ${number(half, 1)} kHz, even below 200 Hz and logarithmic above, 72 dB `
        + `to the loudest. Error: estimate minus reference. `;
    const several = section().rows.systems.some((one) => one.length > 1);
    element("key").textContent = pictures + (several ? "Of several replicates the first is shown." : "");
  };

  const drawTimeline = () => {
    const ends = (seconds() || 1) * rate();
    timeline.show(element("timeline"), {lines, statuses: section().about.statuses, ends,
      rate: rate(), unit: key().unit, metric: key().metric});
    const shown = key().unit === "1" ? key().metric : `${key().metric}, ${key().unit}`;
    element("axis").replaceChildren(make("strong", {}, shown), make("br"), state.stem,
      make("ul", {class: "legend"}, ...lines.map((line) => make("li", {},
        make("span", {style: `color: ${look(line.place).colour}`, "aria-hidden": "true"},
          `${look(line.place).marker} `), line.name))),
      make("span", {class: "data"}, "below: no value and why, by system; reference sounds"));
  };

  const drawNumbers = () => {
    const {about: own, rows} = section();
    const heads = [make("th", {scope: "col"}, "system"),
      ...key().stems.map((stem) => make("th", {scope: "col", class: "number"}, stem))];
    const body = own.systems.map((name, system) => make("tr", {}, make("th", {scope: "row"}, name),
      ...key().stems.map((stem, at) => {
        const asked = new URLSearchParams({section: own.anchor, number: state.key, stem, system,
          track: about.track});
        return make("td", {class: "number"}, make("a", {href: `${root}rows.html#${asked}`},
          number(rows.values[state.key]?.[system]?.[at])));
      })));
    element("numbers").replaceChildren(make("thead", {}, make("tr", {}, ...heads)),
      make("tbody", {}, ...body));
    element("numbers-about").textContent = `${own.protocol}: ${key().metric}`
      + `${key().unit === "1" ? "" : `, ${key().unit}`}; ${key().direction}; `
      + `${key().inside || "its one score"}. A click shows the rows.`;
  };

  const hasAudio = () => sources().some((one) => one.file?.audio);

  const drawSources = () => {
    element("sources").replaceChildren(...sources().map((one, at) => {
      const swatch = one.place === undefined ? "" : `${look(one.place).marker} `;
      const there = Boolean(one.file?.audio);
      return make("button", {type: "button", disabled: !there, "aria-pressed": "false",
        title: there ? false : "no file to hear",
        onclick: () => player.choose(at)},
        at < 9 ? make("kbd", {}, String(at + 1)) : "",
        make("span", {style: one.place === undefined ? false : `color: ${look(one.place).colour}`,
          "aria-hidden": "true"}, ` ${swatch}`), one.name);
    }));
    const clipped = sound.signals.filter((one) => one.clipped && (one.stem === state.stem || !one.stem));
    const warning = clipped.length
      ? ` Above full scale, and cut in the file: ${clipped.map((one) =>
        `${nameOf(one)} (${one.clipped} samples)`).join(", ")}.` : "";
    const reasons = sound.reasons.length ? ` Not at hand: ${sound.reasons.join(" ")}` : "";
    element("said").textContent = hasAudio()
      ? `${sound.encoding} of what was scored.${warning} The dataset's licence may forbid passing this on.${reasons}`
      : `No audio here.${reasons || " It was left out of this report (--no-audio)."}`;
    element("play").disabled = element("seek").disabled = !hasAudio();
  };

  const drawMenus = () => {
    const measures = sections.flatMap((one, at) => one.about.keys.map((each, number_) =>
      [`${at} ${number_}`, `${one.about.protocol}: ${each.metric}, ${each.summary}`]));
    const menu = select("measure", measures, `${state.section} ${state.key}`, (chosen) => {
      [state.section, state.key] = chosen.split(" ").map(Number);
      refresh();
    });
    const chosen = make("fieldset", {}, make("legend", {}, "stem"), ...stems().map((stem) =>
      make("label", {}, make("input", {type: "radio", name: "stem", value: stem,
        checked: stem === state.stem, onchange: () => setStem(stem)}), stem)));
    const errors = make("label", {}, make("input", {type: "checkbox", checked: state.errors,
      onchange: toggleErrors}), "errors");
    element("asked").replaceChildren(chosen, menu, ...(sound.rate ? [errors] : []));
  };

  const redraw = () => {
    drawTimeline();
    drawLanes();
    drawHead();
  };

  const refresh = () => {
    if (!stems().includes(state.stem)) state.stem = stems()[0];
    lines = scores();
    drawMenus();
    drawSources();
    drawNumbers();
    redraw();
  };

  // ---- what a reader does

  const openAudio = () => {
    player.open(sources().map((one) => one.file?.audio && root + one.file.audio), seconds());
    element("seek").max = seconds();
  };
  const setStem = (stem) => {
    state.stem = stem;
    refresh();
    openAudio();
  };
  const nextStem = () => {
    const all = stems();
    setStem(all[(all.indexOf(state.stem) + 1) % all.length]);
  };
  function toggleErrors() {
    state.errors = !state.errors;
    refresh();
  }

  const keys = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target;
    const types = target.tagName === "SELECT" || (target.tagName === "INPUT" && target.type === "text");
    if (types) return;
    const slides = target.tagName === "INPUT" && ["range", "radio"].includes(target.type);
    const step = event.shiftKey ? 10 : 2;
    const act = {
      " ": () => { if (!element("play").disabled) player.toggle(); },
      ArrowLeft: slides ? null : () => player.seek(player.state().time - step),
      ArrowRight: slides ? null : () => player.seek(player.state().time + step),
      s: nextStem, e: toggleErrors,
      p: () => element("before").click(), n: () => element("after").click(),
    }[event.key] ?? (/^[1-9]$/.test(event.key) ? () => player.choose(Number(event.key) - 1) : null);
    const opens = event.key === " " && ["SUMMARY", "A"].includes(target.tagName);
    const ticks = event.key === " " && target.type === "checkbox";
    if (!act || opens || ticks) return;
    event.preventDefault();
    act();
  };

  const timeAt = (event) => {
    const box = plot().getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    return share < 0 || share > 1 ? null : share * seconds();
  };

  const pointers = () => {
    const stage = element("stage");
    stage.addEventListener("pointerdown", (event) => {
      const time = event.target.closest(".plot") && timeAt(event);
      if (time !== null && time !== false) player.seek(time);
    });
    stage.addEventListener("pointermove", (event) => {
      const time = event.target.closest(".plot") ? timeAt(event) : null;
      state.hover = time;
      drawReadout(time ?? player.state().time);
      if (event.buttons === 1 && time !== null) player.seek(time);
    });
    stage.addEventListener("pointerleave", () => { state.hover = null; drawHead(); });
  };

  const start = async () => {
    sound = await load(about.sound);
    sections = await Promise.all(about.sections.map(async (one) =>
      ({about: await load(one.about), rows: await load(one.rows)})));
    state.stem = stems()[0];
    player.listen(drawHead);
    refresh();
    openAudio();
    pointers();
    addEventListener("keydown", keys);
    addEventListener("keyup", (event) => {
      if (event.key === " " && event.target.tagName === "BUTTON") event.preventDefault();
    });
    element("play").addEventListener("click", player.toggle);
    element("seek").addEventListener("input", () => player.seek(Number(element("seek").value)));
    let width = element("stage").clientWidth;
    new ResizeObserver(() => {
      if (width !== element("stage").clientWidth) redraw();
      width = element("stage").clientWidth;
    }).observe(element("stage"));
    for (const medium of ["(prefers-color-scheme: dark)", "print"]) {
      matchMedia(medium).addEventListener("change", redraw);
    }
    document.body.dataset.ready = "true";
  };
  for (const form of document.querySelectorAll("form")) {
    form.addEventListener("submit", (event) => event.preventDefault());
  }
  sepeval.page = state;
  start().catch(trouble);
})();
