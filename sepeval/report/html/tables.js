"use strict";
// Tables that sort by a click on a heading, and lists of rows that a search box filters.
(() => {
  const {make} = sepeval;

  const key = (row, column) => {
    const cell = row.cells[column];
    if (!cell.classList.contains("number")) return cell.textContent;
    if ("number" in cell.dataset) return Number(cell.dataset.number.replace("inf", "Infinity"));
    const found = parseFloat(cell.textContent.replace("<", ""));
    return Number.isNaN(found) ? null : found;
  };

  const compare = (left, right) =>
    typeof left === "string" ? left.localeCompare(right, undefined, {numeric: true})
      : left === right ? 0 : left - right;

  const sort = (table, heads, head, column) => {
    const now = head.getAttribute("aria-sort");
    const first = head.classList.contains("number") ? "descending" : "ascending";
    const next = !now ? first : now === "ascending" ? "descending" : "ascending";
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", next);
    const sign = next === "ascending" ? 1 : -1;
    const rows = [...table.tBodies[0].rows].sort((one, two) => {
      const left = key(one, column), right = key(two, column);
      if (left === null || right === null) return (left === null) - (right === null);
      return sign * compare(left, right);
    });
    table.tBodies[0].append(...rows);
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = make("button", {type: "button", onclick: () => sort(table, heads, head, column)},
        head.textContent);
      head.replaceChildren(button);
    });
  }

  const filter = (place, items, words, chosen, output) => {
    let shown = 0;
    for (const item of items) {
      const text = item.textContent.toLowerCase();
      const fits = words.every((word) => text.includes(word))
        && (!chosen || item.dataset[place.dataset.choose] === chosen);
      item.hidden = !fits;
      shown += fits;
    }
    output.textContent = shown === items.length ? "" : `${shown} of ${items.length}`;
  };

  for (const place of document.querySelectorAll(".filterable")) {
    const rows = [...place.querySelectorAll("table.sortable > tbody > tr")];
    const items = rows.length ? rows : [...place.querySelectorAll("article")];
    if (items.length < 2) continue;
    const output = make("output", {"aria-live": "polite"});
    const run = () =>
      filter(place, items, box.value.toLowerCase().split(/\s+/).filter(Boolean), menu?.value, output);
    const box = make("input", {type: "search", placeholder: "words", oninput: run});
    const choices = (place.dataset.choices ?? "").split(" ").filter(Boolean);
    const menu = choices.length
      ? make("select", {onchange: run}, make("option", {value: ""}, "all"),
        ...choices.map((one) => make("option", {value: one}, one)))
      : null;
    const tools = make("form", {class: "tools", onsubmit: (event) => event.preventDefault()},
      make("label", {}, "Filter ", box));
    if (menu) tools.append(make("label", {}, `${place.dataset.choose} `, menu));
    tools.append(output);
    place.prepend(tools);
  }

  // A closed part of the page that is linked to, or printed, is opened.
  const open = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let one = target; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
  };
  addEventListener("hashchange", open);
  addEventListener("beforeprint", () => {
    for (const image of document.images) image.loading = "eager";
  });
  open();
})();
