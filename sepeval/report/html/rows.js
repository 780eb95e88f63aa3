"use strict";
// The rows behind one number: scores of a stem and metric, all windows of all tracks.
(() => {
  const {make, select, number, columns, load, trouble} = sepeval;
  const STEP = 300; // rows that are shown at a time
  const element = (id) => document.getElementById(id);
  const SILENT = ["sounds", "silent", "unknown"];
  let about, tracks, rows, shown, sorted;
  let order = {column: null, down: false};

  const asked = () => {
    const found = new URLSearchParams(location.hash.slice(1));
    return {
      section: found.get("section") ?? "", number: Number(found.get("number") ?? 0),
      stem: found.get("stem") ?? "", system: Number(found.get("system") ?? 0),
      track: found.get("track") ?? "",
    };
  };
  const ask = (change) => {
    location.hash = new URLSearchParams({...asked(), ...change}).toString();
  };

  const stemsOf = (one, key) => (one.stem === "All" && !key.all.includes("All") ? key.all : [one.stem]);
  const enters = (status, key) =>
    status === "ok" || (key.infinite === "keep" && (status === "plus_inf" || status === "minus_inf"));

  const collect = (one, key) => {
    const found = [];
    about.tracks.forEach((track, place) => {
      if (one.track && track.id !== one.track) return;
      const packed = tracks[place];
      (packed.systems[one.system] ?? []).forEach((_, replicate) => {
        for (const stem of stemsOf(one, key)) {
          const own = columns(packed, one.system, replicate, key.metric, stem);
          if (!own) continue;
          for (let at = 0; at < own.values.length; at += 1) {
            found.push({
              track: track.name, page: track.page, rate: track.rate, stem, replicate,
              start: own.starts[at], stop: own.stops[at],
              value: Number.isNaN(own.values[at]) ? null : own.values[at],
              status: about.statuses[own.statuses[at]], silent: SILENT[own.silent[at]],
            });
          }
        }
      });
    });
    return found;
  };

  const time = (samples, rate) => (rate ? (samples / rate).toFixed(2) : String(samples));
  const HEADS = [
    ["track", (row) => row.track], ["stem", (row) => row.stem],
    ["replicate", (row) => row.replicate], ["start", (row) => row.start],
    ["stop", (row) => row.stop], ["value", (row) => row.value],
    ["status", (row) => row.status], ["reference", (row) => row.silent],
  ];

  const cells = (row) => [
    make("th", {scope: "row"}, make("a", {href: row.page}, row.track)), make("td", {}, row.stem),
    make("td", {class: "number"}, String(row.replicate)),
    make("td", {class: "number"}, time(row.start, row.rate)),
    make("td", {class: "number"}, time(row.stop, row.rate)),
    make("td", {class: "number"}, number(row.value, 4)), make("td", {}, row.status),
    make("td", {}, row.silent),
  ];

  const compare = (read, down) => (one, two) => {
    const left = read(one), right = read(two);
    if (left === null || right === null) return (left === null) - (right === null);
    const found = typeof left === "string"
      ? left.localeCompare(right, undefined, {numeric: true}) : left - right;
    return down ? -found : found;
  };

  const head = () => {
    const seconds = rows.every((row) => row.rate);
    return make("thead", {}, make("tr", {}, ...HEADS.map(([name], at) => {
      const isTime = name === "start" || name === "stop";
      const text = isTime ? `${name}, ${seconds ? "s" : "samples"}` : name;
      const isNumber = isTime || name === "value" || name === "replicate";
      const button = make("button", {type: "button", onclick: () => {
        order = {column: at, down: order.column === at ? !order.down : name === "value"};
        draw();
      }}, text);
      const direction = order.column !== at ? null : order.down ? "descending" : "ascending";
      return make("th", {scope: "col", class: isNumber && "number", "aria-sort": direction}, button);
    })));
  };

  const more = () => {
    const body = element("rows").tBodies[0];
    const next = sorted.slice(shown, shown + STEP);
    body.append(...next.map((row) => make("tr", {}, ...cells(row))));
    shown += next.length;
    element("more").hidden = shown >= sorted.length;
    element("count").textContent = `${shown} of ${sorted.length} rows shown`
      + (sorted.length === rows.length ? "" : `, of ${rows.length} in all`);
  };

  const draw = () => {
    const words = element("filters").elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const status = element("filters").elements.status.value;
    sorted = rows.filter((row) => (!status || row.status === status) && words.every((word) =>
      `${row.track} ${row.stem} ${row.status} ${row.silent}`.toLowerCase().includes(word)));
    if (order.column !== null) sorted.sort(compare(HEADS[order.column][1], order.down));
    element("rows").replaceChildren(head(), make("tbody"));
    shown = 0;
    more();
  };

  const filters = (one) => {
    const there = [...new Set(rows.map((row) => row.status))].sort();
    const box = make("input", {type: "search", name: "words", placeholder: "words", oninput: draw});
    const menu = make("select", {name: "status", onchange: draw}, make("option", {value: ""}, "all"),
      ...there.map((status) => make("option", {value: status}, status)));
    const all = one.track
      ? [make("button", {type: "button", onclick: () => ask({track: ""})}, "All tracks")] : [];
    element("filters").replaceChildren(make("label", {}, "Filter ", box),
      make("label", {}, "status ", menu), ...all);
  };

  const counted = (own, key) => {
    const used = own.filter((row) => enters(row.status, key)).length;
    const left = {};
    for (const row of own) {
      if (!enters(row.status, key)) left[row.status] = (left[row.status] ?? 0) + 1;
    }
    const words = Object.entries(left).map(([status, count]) => `${status} ${count}`).join(", ");
    return {used, words: words || "none"};
  };

  const perTrack = (one, key) => {
    const byTrack = new Map();
    for (const row of rows) {
      if (!byTrack.has(row.track)) byTrack.set(row.track, []);
      byTrack.get(row.track).push(row);
    }
    const lines = about.tracks.map((track, place) => ({track, place}))
      .filter(({track}) => !one.track || track.id === one.track)
      .map(({track, place}) => {
        const value = tracks[place].values[one.number]?.[one.system]?.[key.stems.indexOf(one.stem)];
        const count = counted(byTrack.get(track.name) ?? [], key);
        return make("tr", {}, make("th", {scope: "row"}, make("a", {href: track.page}, track.name)),
          make("td", {class: "number"}, number(value, 4)),
          make("td", {class: "number"}, String(count.used)), make("td", {}, count.words));
      });
    const heads = [["track"], [`value${key.unit === "1" ? "" : `, ${key.unit}`}`, "number"],
      ["rows used", "number"], ["left out"]];
    element("per-track").replaceChildren(
      make("thead", {}, make("tr", {}, ...heads.map(([text, kind]) =>
        make("th", {scope: "col", class: kind}, text)))),
      make("tbody", {}, ...lines));
  };

  const menus = (one, key) => {
    const numbers = about.keys.map((each, at) => [String(at), `${each.metric}, ${each.summary}`]);
    element("asked").replaceChildren(
      select("system", about.systems.map((name, at) => [String(at), name]), String(one.system),
        (system) => ask({system})),
      select("number", numbers, String(one.number), (chosen) => ask({number: chosen})),
      select("stem", key.stems.map((stem) => [stem, stem]), one.stem, (stem) => ask({stem})));
  };

  const show = async () => {
    const one = asked();
    if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(one.section)) {
      throw new Error("This page shows the rows behind a number: choose one on the overview");
    }
    about = await load(`data/${one.section}.js`);
    const key = about.keys[one.number];
    if (!key || !key.stems.includes(one.stem) || !about.systems[one.system]) {
      throw new Error("There is no such number: choose one on the overview");
    }
    tracks = await Promise.all(about.tracks.map((track) => load(track.rows)));
    rows = collect(one, key);
    order = {column: null, down: false};
    const shownNumber = key.numbers[one.system][key.stems.indexOf(one.stem)];
    const count = counted(rows, key);
    element("title").textContent = `${about.systems[one.system]}: ${key.metric} of ${one.stem}`;
    element("back").href = `index.html#${about.anchor}`;
    element("answer").textContent = (one.track ? `One track. ` : "")
      + `The table's number is ${shownNumber}${key.unit === "1" ? "" : ` ${key.unit}`} `
      + `(${key.summary}; ${key.direction}). Rows: ${rows.length}; used: ${count.used}; `
      + `left out: ${count.words}.`;
    element("how").textContent = `${about.protocol} ${about.hash} on ${about.name}. ${about.measured} `
      + `By track: ${key.inside || "its one score"}${one.stem === "All" ? "; All: the mean over its stems" : ""}. `
      + `Source: scores/${about.protocol}.parquet in ${about.runs[one.system]}.`;
    menus(one, key);
    perTrack(one, key);
    filters(one);
    draw();
  };

  const save = () => {
    const quoted = (text) => `"${String(text ?? "").replaceAll('"', '""')}"`;
    const lines = sorted.map((row) => [row.track, row.stem, row.replicate, row.start, row.stop,
      row.value, row.status, row.silent].map(quoted).join(","));
    const text = ["track,stem,replicate,start,stop,value,status,reference", ...lines].join("\n");
    const link = make("a", {download: "rows.csv",
      href: URL.createObjectURL(new Blob([`${text}\n`], {type: "text/csv"}))});
    link.click();
    URL.revokeObjectURL(link.href);
  };

  const start = () => show().catch(trouble);
  for (const form of document.querySelectorAll("form")) {
    form.addEventListener("submit", (event) => event.preventDefault());
  }
  element("more").addEventListener("click", more);
  element("save").addEventListener("click", save);
  addEventListener("hashchange", start);
  start();
})();
