"use strict";
const list = document.getElementById("rows");
const rows = [...list.children];
const form = document.querySelector("form.controls");
const buttons = [...document.querySelectorAll(".head button")];
const words = new Set(["name", "outcome"]);

// What has no value (no tests, no verdict) stands last in either direction.
function sort(key, direction) {
  const order = new Intl.Collator(undefined, { numeric: true });
  const value = new Map(rows.map((row) => [row, row.dataset[key]]));
  const compare = words.has(key) ? order.compare : (a, b) => a - b;
  rows.sort((a, b) => {
    const [one, other] = [value.get(a), value.get(b)];
    if (one === "" || other === "") return (one === "") - (other === "");
    return direction * compare(one, other) || a.dataset.number - b.dataset.number;
  });
  list.append(...rows);
}

function filter() {
  const { outcome, rule, name } = Object.fromEntries(new FormData(form));
  const wanted = name.toLowerCase();
  let shown = 0;
  for (const row of rows) {
    const data = row.dataset;
    row.hidden = !(
      (!outcome || data.outcome === outcome) &&
      (!rule || data.rules.split(" ").includes(rule)) &&
      data.name.toLowerCase().includes(wanted)
    );
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
