"use strict";
// What all pages share: data handed over by scripts, elements made from texts, colours of systems.
const sepeval = (() => {
  const known = new Map();
  const waiting = new Map();
  const root = document.body?.dataset.root ?? "";

  // A script of data calls this with its own address.
  const put = (name, value) => known.set(name, value);

  // A page from disk may read no file, but may run a script that hands its data over.
  const load = (name) => {
    if (known.has(name)) return Promise.resolve(known.get(name));
    if (waiting.has(name)) return waiting.get(name);
    const promise = new Promise((resolve, reject) => {
      const script = document.createElement("script");
      const missing = () => reject(new Error(`${name} is missing; copy the whole folder`));
      script.src = root + name;
      script.onload = () => (known.has(name) ? resolve(known.get(name)) : missing());
      script.onerror = missing;
      document.head.append(script);
    });
    waiting.set(name, promise);
    return promise;
  };

  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  // Columns are little endian, as every browser's typed arrays are.
  const kinds = [Int32Array, Int32Array, Float32Array, Uint8Array, Uint8Array];
  const names = ["starts", "stops", "values", "statuses", "silent"];

  // The five columns of one system, replicate, metric and stem; null where there are none.
  const columns = (packed, system, replicate, metric, stem) => {
    const places = packed.systems[system]?.[replicate]?.[metric]?.[stem];
    if (!places) return null;
    const found = places.map((place, at) => new kinds[at](bytes(packed.columns[place]).buffer));
    return Object.fromEntries(names.map((name, at) => [name, found[at]]));
  };

  // An element with attributes and children; texts become text, never markup.
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === false || value === null || value === undefined) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  };

  const select = (label, options, chosen, change) => {
    const menu = make("select", {onchange: () => change(menu.value)},
      ...options.map(([value, text]) => make("option", {value}, text)));
    menu.value = chosen;
    return make("label", {}, `${label} `, menu);
  };

  // Seven colours and as many markers and dashes; a system is told by all three.
  const markers = ["●", "■", "▲", "◆", "▼", "✚", "✖"];
  const dashes = ["", "6 3", "2 3", "8 3 2 3", "10 4", "4 2", "1 2"];
  const look = (place) => ({
    colour: `var(--c${place % 7})`,
    marker: markers[place % 7],
    dash: dashes[(place + Math.floor(place / 7)) % 7],
  });

  const number = (value, decimals = 2) =>
    value === null || value === undefined || Number.isNaN(value) ? "-"
      : typeof value === "string" ? value : (Number(value.toFixed(decimals)) + 0).toFixed(decimals);

  const trouble = (error) => {
    const place = document.getElementById("trouble");
    place.textContent = error.message;
    place.hidden = false;
  };

  return {put, load, bytes, columns, make, select, look, number, trouble, root};
})();
