/* All runs: a table to sort and filter, and the curves of those that are left, in one plot. */
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const root = byId("compare");
  const columns = [...document.querySelectorAll("[data-column]")];
  const PAUSE = 5000;
  let runs = [], order = { column: "name", down: false };

  const text = (run) => Object.values(run.texts).join(" ").toLocaleLowerCase();

  function compared(one, other) {
    const [first, second] = [one, other].map((run) => run.values[order.column]);
    const sign = order.down ? -1 : 1;
    return sign * (typeof first === "number" ? first - second : String(first).localeCompare(String(second), "en", { numeric: true }));
  }

  function shown() {
    const words = byId("filter").value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    return runs.filter((run) => words.every((word) => text(run).includes(word))).sort(compared);
  }

  function row(run) {
    const made = document.createElement("tr");
    made.dataset.key = run.key;
    for (const column of columns) {
      const name = column.dataset.column, cell = document.createElement(name === "name" ? "th" : "td");
      if (name === "name") {
        const link = document.createElement("a");
        link.href = `${root.dataset.base}run/${run.key}/`;
        link.textContent = run.texts.name;
        cell.scope = "row";
        cell.append(link);
      } else cell.textContent = run.texts[name];
      if (typeof run.values[name] === "number") cell.className = "number";
      made.append(cell);
    }
    const emphasize = (on) => () => {
      for (const line of document.querySelectorAll("#curves polyline")) line.classList.toggle("bold", on && line.dataset.key === run.key);
    };
    made.addEventListener("mouseenter", emphasize(true));
    made.addEventListener("mouseleave", emphasize(false));
    made.addEventListener("focusin", emphasize(true));
    made.addEventListener("focusout", emphasize(false));
    return made;
  }

  function draw() {
    const list = shown();
    const focused = document.activeElement?.closest?.("tr")?.dataset.key;
    byId("rows").replaceChildren(...list.map(row));
    if (focused) document.querySelector(`tr[data-key="${focused}"] a`)?.focus();
    byId("count").textContent = list.length === runs.length ? `${runs.length} runs` : `${list.length} of ${runs.length} runs`;
    for (const column of columns) {
      const sorted = column.dataset.column === order.column;
      column.parentElement.setAttribute("aria-sort", sorted ? (order.down ? "descending" : "ascending") : "none");
    }
    window.fooleryCurves(byId("curves"), list.filter((run) => run.curve.length));
  }

  for (const column of columns) {
    column.addEventListener("click", () => {
      order = { column: column.dataset.column, down: order.column === column.dataset.column && !order.down };
      draw();
    });
  }
  byId("filter").addEventListener("input", draw);

  async function update() {
    if (!document.hidden) {
      try {
        const response = await fetch(root.dataset.rows), data = await response.json();
        byId("error").hidden = response.ok;
        if (response.ok) {
          const before = JSON.stringify(runs);
          runs = data.runs;
          if (JSON.stringify(runs) !== before || !runs.length) draw();
        } else byId("error").textContent = data.error;
      } catch { byId("error").textContent = "The studio does not respond."; byId("error").hidden = false; }
    }
    setTimeout(update, PAUSE);
  }

  update();
})();
