"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const key = (row, column) => {
    const cell = row.cells[column];
    if (!cell.classList.contains("number")) return cell.textContent;
    if (!("number" in cell.dataset)) return null;
    return Number(cell.dataset.number.replace("inf", "Infinity"));
  };
  const compare = (left, right) =>
    typeof left === "string" ? left.localeCompare(right) : left === right ? 0 : left - right;
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const isNumber = head.classList.contains("number");
      const now = head.getAttribute("aria-sort");
      const next = now ? (now === "ascending" ? "descending" : "ascending")
        : (isNumber ? "descending" : "ascending");
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", next);
      const sign = next === "ascending" ? 1 : -1;
      const rows = [...body.rows].sort((one, two) => {
        const left = key(one, column), right = key(two, column);
        if (left === null || right === null) return (left === null) - (right === null);
        return sign * compare(left, right);
      });
      body.append(...rows);
    });
  });
}
