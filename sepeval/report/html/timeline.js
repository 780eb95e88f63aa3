"use strict";
// Scores over time as a drawing: a line for each system, where there is no value and why, and when
// the reference sounds.
sepeval.timeline = (() => {
  const STRIP = 12; // pixels of a strip below the lines
  const MOST_MARKERS = 160; // windows up to which each has a marker

  const draw = (svg, tag, attributes, text) => {
    const element = document.createElementNS(svg.namespaceURI, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text !== undefined) element.textContent = text;
    svg.append(element);
    return element;
  };

  const ticks = (low, high, about) => {
    const rough = (high - low) / about || 1;
    const unit = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((one) => one * unit).find((one) => one >= rough);
    const found = [];
    for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-6; at += step) found.push(at);
    return found.map((one) => Number(one.toPrecision(12)));
  };

  const range = (lines) => {
    let low = Infinity, high = -Infinity;
    for (const line of lines) {
      for (const value of line.values) {
        if (Number.isNaN(value)) continue;
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
    if (low > high) return null;
    const room = Math.max((high - low) * 0.06, 0.5);
    return [low - room, high + room];
  };

  // What is drawn: lines = [{name, place, starts, stops, values, statuses, silent}] in samples.
  // `ends` is the length of the time axis, in samples; `rate` makes seconds of samples.
  const show = (svg, {lines, statuses, ends, rate, unit, metric}) => {
    const width = Math.max(240, svg.parentElement.clientWidth);
    const body = 190, top = 8, strips = lines.length + 1;
    const height = top + body + 8 + strips * STRIP + 20;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    svg.replaceChildren();
    const x = (samples) => (samples / ends) * width;
    const limits = range(lines);
    const y = (value) => top + body * (1 - (value - limits[0]) / (limits[1] - limits[0]));

    for (const at of ticks(0, ends / rate, Math.max(3, width / 110))) {
      const place = x(at * rate);
      draw(svg, "line", {x1: place, x2: place, y1: top, y2: height - 18, class: "grid"});
      const anchor = place < 8 ? "start" : place > width - 24 ? "end" : "middle";
      draw(svg, "text", {x: place, y: height - 5, "text-anchor": anchor, class: "tick"}, String(at));
    }
    if (limits) {
      for (const at of ticks(...limits, 7)) {
        draw(svg, "line", {x1: 0, x2: width, y1: y(at), y2: y(at), class: at === 0 ? "zero" : "grid"});
        draw(svg, "text", {x: 3, y: y(at) - 3, class: "tick"}, String(at));
      }
    } else {
      draw(svg, "text", {x: width / 2, y: top + body / 2, "text-anchor": "middle", class: "tick"},
        `no value of ${metric} in this track`);
    }
    if (limits) for (const line of lines) trace(svg, line, x, y);
    let level = top + body + 8;
    for (const line of lines) {
      strip(svg, line, x, level, statuses);
      level += STRIP;
    }
    activity(svg, lines[0], x, level);
    svg.setAttribute("aria-label", spoken(lines, unit, metric));
  };

  const middle = (line, at) => (line.starts[at] + line.stops[at]) / 2;

  const trace = (svg, line, x, y) => {
    const {colour, marker, dash} = sepeval.look(line.place);
    const few = line.values.length <= MOST_MARKERS;
    let path = "", was = false;
    for (let at = 0; at < line.values.length; at += 1) {
      const value = line.values[at];
      if (Number.isNaN(value)) { was = false; continue; }
      const isAlone = !was && (at + 1 >= line.values.length || Number.isNaN(line.values[at + 1]));
      const place = `${x(middle(line, at)).toFixed(1)} ${y(value).toFixed(1)}`;
      path += isAlone ? `M${x(line.starts[at]).toFixed(1)} ${y(value).toFixed(1)}H${x(line.stops[at]).toFixed(1)}`
        : `${was ? "L" : "M"}${place}`;
      was = true;
    }
    draw(svg, "path", {d: path, class: "trace", stroke: colour, "stroke-dasharray": dash,
      "data-place": line.place});
    if (!few) return;
    for (let at = 0; at < line.values.length; at += 1) {
      if (Number.isNaN(line.values[at])) continue;
      draw(svg, "text", {x: x(middle(line, at)), y: y(line.values[at]), style: `fill: ${colour}`, class: "mark"},
        marker);
    }
  };

  // Neighbouring windows of one kind, as one stretch of time.
  const stretches = (line, kinds) => {
    const found = [];
    kinds.forEach((kind, at) => {
      const last = found.at(-1);
      if (last?.kind === kind && line.starts[at] <= last.stop) last.stop = line.stops[at];
      else found.push({kind, start: line.starts[at], stop: line.stops[at]});
    });
    return found;
  };

  // A strip of a system: where it has no value, and why.
  const strip = (svg, line, x, level, statuses) => {
    draw(svg, "text", {x: 3, y: level + STRIP - 3, class: "strip", style: `fill: ${sepeval.look(line.place).colour}`},
      sepeval.look(line.place).marker);
    for (const {kind, start, stop} of stretches(line, line.statuses)) {
      const status = statuses[kind];
      if (status === "ok") continue;
      const left = x(start), width = Math.max(1, x(stop) - left - 0.5);
      const box = draw(svg, "rect", {x: left, y: level + 1, width, height: STRIP - 2,
        class: `gone ${status}`});
      draw(box, "title", {}, `${line.name}: ${status}`);
      if (width < 6 * status.length) continue;
      draw(svg, "text", {x: left + 3, y: level + STRIP - 3, class: "strip"}, status);
    }
  };

  // Where the reference sounds.
  const activity = (svg, line, x, level) => {
    if (!line) return;
    for (const {kind, start, stop} of stretches(line, line.silent)) {
      if (kind !== 0) continue;
      draw(svg, "rect", {x: x(start), y: level + 2, class: "sounds",
        width: Math.max(1, x(stop) - x(start)), height: STRIP - 5});
    }
  };

  const spoken = (lines, unit, metric) => {
    const each = lines.map((line) => {
      const values = [...line.values].filter((value) => !Number.isNaN(value));
      if (!values.length) return `${line.name}: no value`;
      const low = Math.min(...values).toFixed(1), high = Math.max(...values).toFixed(1);
      return `${line.name}: ${values.length} windows from ${low} to ${high}`;
    });
    return `${metric} over time${unit === "1" ? "" : `, ${unit}`}. ${each.join(". ")}. `
      + "The rows are linked below.";
  };

  // The windows that hold a moment, as texts.
  const at = (lines, statuses, samples) => {
    const found = [];
    for (const line of lines) {
      let best = -1;
      for (let one = 0; one < line.values.length; one += 1) {
        if (line.starts[one] > samples || samples >= line.stops[one]) continue;
        const apart = Math.abs(middle(line, one) - samples);
        if (best < 0 || apart < Math.abs(middle(line, best) - samples)) best = one;
      }
      if (best < 0) continue;
      const value = line.values[best];
      const status = statuses[line.statuses[best]];
      found.push({line, window: [line.starts[best], line.stops[best]], silent: line.silent[best],
        text: Number.isNaN(value) ? status : sepeval.number(value)});
    }
    return found;
  };

  return {show, at};
})();
