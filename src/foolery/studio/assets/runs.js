/* The list of runs: updates the state of running ones, and reloads the page when an entry comes or goes. */
"use strict";
(function () {
  const entries = new Map([...document.querySelectorAll("[data-key]")].map((entry) => [entry.dataset.key, entry]));

  async function update() {
    if (document.hidden) return;
    let states;
    try {
      const response = await fetch(`${document.documentElement.dataset.base}runs.json`);
      if (!response.ok) return;
      states = await response.json();
    } catch { return; }
    if (states.length !== entries.size || states.some((each) => !entries.has(each.key))) {
      location.reload();
      return;
    }
    for (const each of states) {
      for (const name of ["state", "headline"]) {
        const shown = entries.get(each.key).querySelector(`:scope > [data-${name}]`);
        if (shown && shown.textContent !== each[name]) shown.textContent = each[name];
        if (shown && name === "state") shown.classList.toggle("open", each.running);
      }
    }
  }

  setInterval(update, 3000);
})();
