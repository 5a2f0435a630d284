/* A run while it happens: what the server tells is put into the page as text. */
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const root = byId("watch");
  const curve = window.fooleryCurve(byId("curve"), root.dataset.kind);
  const trouble = byId("trouble");
  const EMPTY = byId("cell-0")?.querySelector("img").getAttribute("src");
  const SILENT = 150; // seconds; checkpoints come every few
  let age = 0, heard = 0, state = null, changed = 0;

  const seconds = () => age + (performance.now() - heard) / 1000;

  function since() {
    const past = seconds();
    if (past < 90) return `${Math.round(past)} s`;
    return past < 5400 ? `${Math.round(past / 60)} min` : `${Math.round(past / 3600)} h`;
  }

  function tell() {
    if (!state) return;
    const open = state.status === "running";
    const goal = state.goal ? ` of ${state.goal}` : "";
    const status = byId("status");
    status.classList.toggle("open", open);
    const silent = open && seconds() > SILENT;
    const said = (state.begun ? `${state.status}, generation ${state.generation}${goal}` : `${state.status}, no generation yet`)
      + (silent ? `; nothing written for ${since()}, so it may have been killed` : "");
    if (silent) byId("left").textContent = "–";
    if (status.dataset.said !== said) {
      status.dataset.said = said;
      status.textContent = said;
    }
    const parts = [changed ? `${changed} changed while you watched` : "", open ? `last checkpoint ${since()} ago` : ""];
    byId("changed").textContent = parts.filter(Boolean).join("; ") || (state.begun ? "As they were stored" : "None yet");
  }

  function news(told) {
    state = told;
    age = told.age;
    heard = performance.now();
    trouble.hidden = true;
    for (const name of ["generation", "median", "least", "queries", "rate", "time"]) byId(name).textContent = told[name];
    byId("left").textContent = told.left ?? "–";
    byId("left").parentElement.hidden = told.status !== "running";
    byId("share").hidden = told.share === null || told.status !== "running";
    byId("share").value = told.share ?? 0;
    if (told.fresh) clear();
    curve(told.points, told.fresh);
    tell();
  }

  function clear() {
    for (const tile of document.querySelectorAll(".live li:not(.empty)")) {
      tile.classList.add("empty");
      tile.querySelector("img").src = EMPTY;
      tile.querySelector("span").textContent = "–";
    }
  }

  function champions(told) {
    for (const one of told) {
      const tile = byId(`cell-${one.cell}`);
      if (!tile) { location.reload(); return; }
      const image = tile.querySelector("img");
      const replaced = !tile.classList.contains("empty");
      tile.classList.remove("empty");
      if (image.getAttribute("src") !== one.picture) {
        image.src = one.picture;
        if (replaced) {
          changed += 1;
          tile.classList.add("new");
          setTimeout(() => tile.classList.remove("new"), 1200);
        }
      }
      image.alt = `Champion of ${one.label}, confidence ${one.shown}, of generation ${one.generation}`;
      tile.querySelector("b").textContent = one.label;
      tile.querySelector("span").textContent = one.shown;
      tile.dataset.confidence = String(one.confidence);
    }
    tell();
  }

  const source = new EventSource(root.dataset.news);
  const on = (name, act) => source.addEventListener(name, (event) => act(JSON.parse(event.data)));
  on("news", news);
  on("champions", champions);
  on("trouble", (said) => { trouble.textContent = said; trouble.hidden = false; });
  on("end", () => source.close());
  source.onerror = () => {
    trouble.textContent = source.readyState === EventSource.CLOSED
      ? "The studio does not answer; load the page again."
      : "The studio does not answer; trying again …";
    trouble.hidden = false;
  };
  source.onopen = () => { trouble.hidden = true; };
  addEventListener("pagehide", () => source.close());
  setInterval(tell, 1000);
})();
