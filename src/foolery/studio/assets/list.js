/* The list: says how far running runs are, and loads the page again when something comes or goes. */
"use strict";
(function () {
  const cards = new Map([...document.querySelectorAll("[data-key]")].map((card) => [card.dataset.key, card]));

  async function look() {
    if (document.hidden) return;
    let told;
    try {
      const response = await fetch("/runs.json");
      if (!response.ok) return;
      told = await response.json();
    } catch { return; }
    if (told.length !== cards.size || told.some((each) => !cards.has(each.key))) {
      location.reload();
      return;
    }
    for (const each of told) {
      const state = cards.get(each.key).querySelector("[data-state]");
      if (!state) continue;
      if (state.textContent !== each.state) state.textContent = each.state;
      state.classList.toggle("open", each.running);
    }
  }

  setInterval(look, 3000);
})();
