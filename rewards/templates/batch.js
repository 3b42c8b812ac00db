"use strict";
// Rows with data attributes: the head sorts by them, the controls filter. A choice fits a row whose attribute of that
// name is its value or, as one of several words, holds it; a search fits where the attribute holds its text.
const list = document.getElementById("rows");
const rows = [...list.children];
const form = document.querySelector("form.controls");
const buttons = [...document.querySelectorAll(".head button")];

// What has no value (no tests, no verdict) stands last in either direction.
function sort(key, direction) {
  const order = new Intl.Collator(undefined, { numeric: true });
  const value = new Map(rows.map((row) => [row, row.dataset[key]]));
  const words = rows.some((row) => Number.isNaN(Number(value.get(row))));
  const compare = words ? order.compare : (a, b) => a - b;
  rows.sort((a, b) => {
    const [one, other] = [value.get(a), value.get(b)];
    if (one === "" || other === "") return (one === "") - (other === "");
    return direction * compare(one, other) || a.dataset.number - b.dataset.number;
  });
  list.append(...rows);
}

function filter() {
  const fields = [...form.elements].filter((field) => field.name && field.value);
  let shown = 0;
  for (const row of rows) {
    row.hidden = !fields.every(({ name, type, value }) => {
      const has = row.dataset[name];
      if (type === "search") return has.toLowerCase().includes(value.toLowerCase());
      return has === value || has.split(" ").includes(value);
    });
    shown += !row.hidden;
  }
  form.querySelector("output").value = `${shown} of ${rows.length}`;
}

for (const button of buttons) {
  button.disabled = false;
  button.addEventListener("click", () => {
    const head = button.parentElement;
    const direction = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    for (const other of buttons) other.parentElement.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", direction);
    sort(button.dataset.key, direction === "ascending" ? 1 : -1);
  });
}
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(filter));
form.hidden = false;
filter();
