/* A run in progress: the updates of the server are put into the page as text. */
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const root = byId("live");
  const curve = window.fooleryCurve(byId("curve"), root.dataset.kind);
  const error = byId("error");
  const EMPTY = byId("cell-0")?.querySelector("img").getAttribute("src");
  const STALLED = 150; // seconds; checkpoints are written every few
  let age = 0, received = 0, state = null, changed = 0;

  const secondsSinceWrite = () => age + (performance.now() - received) / 1000;

  function sinceWrite() {
    const seconds = secondsSinceWrite();
    if (seconds < 90) return `${Math.round(seconds)} s`;
    return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
  }

  function showStatus() {
    if (!state) return;
    const running = state.status === "running";
    const goal = state.goal ? ` of ${state.goal}` : "";
    const status = byId("status");
    status.classList.toggle("open", running);
    const stalled = running && secondsSinceWrite() > STALLED;
    const text = (state.started ? `${state.status}, generation ${state.generation}${goal}` : `${state.status}, no generation yet`)
      + (stalled ? `; nothing written for ${sinceWrite()}, it may have been killed` : "");
    if (stalled) byId("remaining").textContent = "–";
    if (status.dataset.text !== text) {
      status.dataset.text = text;
      status.textContent = text;
    }
    const parts = [changed ? `${changed} replaced since the page was opened` : "", running ? `last checkpoint ${sinceWrite()} ago` : ""];
    byId("changes").textContent = parts.filter(Boolean).join("; ") || (state.started ? "As stored in the run file" : "None yet");
  }

  function update(data) {
    state = data;
    age = data.age;
    received = performance.now();
    error.hidden = true;
    for (const name of ["generation", "median", "min", "queries", "rate", "time"]) byId(name).textContent = data[name];
    byId("remaining").textContent = data.remaining ?? "–";
    byId("remaining").parentElement.hidden = data.status !== "running";
    byId("progress").hidden = data.progress === null || data.status !== "running";
    byId("progress").value = data.progress ?? 0;
    if (data.fresh) clear();
    curve(data.points, data.fresh);
    showStatus();
  }

  function clear() {
    for (const item of document.querySelectorAll(".live li:not(.empty)")) {
      item.classList.add("empty");
      item.querySelector("img").src = EMPTY;
      item.querySelector("span").textContent = "–";
    }
  }

  function champions(data) {
    for (const champion of data) {
      const item = byId(`cell-${champion.cell}`);
      if (!item) { location.reload(); return; }
      const image = item.querySelector("img");
      const replaced = !item.classList.contains("empty");
      item.classList.remove("empty");
      const address = document.documentElement.dataset.base + champion.image;
      if (image.getAttribute("src") !== address) {
        image.src = address;
        if (replaced) {
          changed += 1;
          item.classList.add("new");
          setTimeout(() => item.classList.remove("new"), 1200);
        }
      }
      image.alt = `Champion of ${champion.label}, confidence ${champion.confidence_text}, from generation ${champion.generation}`;
      item.querySelector("b").textContent = champion.label;
      item.querySelector("span").textContent = champion.confidence_text;
      item.dataset.confidence = String(champion.confidence);
    }
    showStatus();
  }

  const source = new EventSource(root.dataset.updates);
  const on = (name, handler) => source.addEventListener(name, (event) => handler(JSON.parse(event.data)));
  on("update", update);
  on("champions", champions);
  on("failure", (text) => { error.textContent = text; error.hidden = false; });
  on("end", () => source.close());
  source.onerror = () => {
    error.textContent = source.readyState === EventSource.CLOSED
      ? "The studio does not respond; reload the page."
      : "The studio does not respond; retrying …";
    error.hidden = false;
  };
  source.onopen = () => { error.hidden = true; };
  addEventListener("pagehide", () => source.close());
  setInterval(showStatus, 1000);
})();
