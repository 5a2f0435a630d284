/* A champion with a patch over it: which confidence is left? */
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const canvas = byId("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  let active = false, champions = [], image = null, mean = "#808080", center = [0.5, 0.5], original = null;

  const chosen = () => champions[Number(byId("cell").value)];
  const bytes = () => new Promise((resolve) => canvas.toBlob(resolve, "image/png"));

  async function list(cell) {
    champions = [];
    byId("cell").replaceChildren();
    const run = byId("run").value;
    if (!run) { window.foolery.fail("No runs yet."); return; }
    const response = await fetch(`${document.documentElement.dataset.base}run/${run}/champions.json`);
    const data = await response.json();
    if (!response.ok) { window.foolery.fail(data.error); return; }
    champions = data;
    byId("cell").replaceChildren(...data.map((champion, at) => {
      const option = document.createElement("option");
      option.value = String(at);
      option.textContent = `${champion.label} (${champion.confidence_text})`;
      option.selected = champion.cell === cell;
      return option;
    }));
    await load();
  }

  async function load() {
    const champion = chosen();
    image = original = null;
    window.foolery.cancel(); // what was requested for another champion
    if (!champion) { window.foolery.fail("This run has no champions yet."); return; }
    const loaded = new Image();
    loaded.src = `${document.documentElement.dataset.base}run/${byId("run").value}/cell/${champion.cell}.png`;
    try { await loaded.decode(); } catch { window.foolery.fail("This champion cannot be rendered."); return; }
    if (!active || champion !== chosen()) return; // another one was chosen meanwhile
    image = loaded;
    canvas.width = loaded.naturalWidth;
    canvas.height = loaded.naturalHeight;
    canvas.classList.toggle("crisp", canvas.width <= 240);
    paint(false);
    mean = average();
    window.foolery.predict(bytes, champion.label, (data) => {
      original = data.target ?? false; // a classifier may not have the class
      byId("target").hidden = !original;
      showTarget(data);
      occlude();
    });
  }

  function average() {
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data, sums = [0, 0, 0];
    for (let at = 0; at < pixels.length; at += 4) for (let channel = 0; channel < 3; channel += 1) sums[channel] += pixels[at + channel];
    return `rgb(${sums.map((sum) => Math.round((4 * sum) / pixels.length)).join(" ")})`;
  }

  function paint(occluded) {
    context.drawImage(image, 0, 0);
    const share = Number(byId("size").value) / 100;
    if (!occluded || !share) return;
    const [width, height] = [canvas.width, canvas.height].map((side) => Math.max(1, Math.round(side * share)));
    const fill = byId("fill").value;
    context.fillStyle = fill === "mean" ? mean : fill;
    context.fillRect(Math.round(center[0] * canvas.width - width / 2), Math.round(center[1] * canvas.height - height / 2), width, height);
  }

  function occlude() {
    byId("size-shown").textContent = `${byId("size").value}\u202f%`;
    if (!active || !image || original === null) return; // the confidence without a patch comes first
    paint(true);
    window.foolery.predict(bytes, chosen().label, showTarget);
  }

  function showTarget(data) {
    if (!active || !data.target) return;
    byId("target").hidden = false;
    byId("target-confidence").textContent = data.target.confidence_text;
    byId("target-confidence").dataset.confidence = String(data.target.confidence);
    byId("target-label").textContent = `for ${data.target.label}`;
    byId("target-original").textContent = original ? original.confidence_text : "–";
  }

  function move(event) {
    if (!active || (event.pointerType === "touch" && event.type === "pointermove" && !event.isPrimary)) return;
    const box = canvas.getBoundingClientRect();
    center = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    occlude();
  }
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerdown", move);
  canvas.addEventListener("keydown", (event) => {
    const direction = MOVES[event.key];
    if (!active || !direction || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const step = event.shiftKey ? 0.125 : 0.03125;
    center = center.map((value, axis) => Math.min(1, Math.max(0, value + step * direction[axis])));
    occlude();
  });
  byId("size").addEventListener("input", occlude);
  byId("fill").addEventListener("change", occlude);
  byId("cell").addEventListener("change", load);
  byId("run").addEventListener("change", () => list(0));

  window.foolery.modes.occlude = {
    help: "Move the patch with the mouse, a finger or the arrow keys, and watch the confidence in the champion's class.",
    enter() {
      active = true;
      const query = new URLSearchParams(location.search);
      const run = [...byId("run").options].find((option) => option.value === query.get("run"));
      if (run && !champions.length) run.selected = true;
      list(query.has("cell") ? Number(query.get("cell")) : champions[0]?.cell ?? 0);
    },
    leave() { active = false; image = null; canvas.classList.remove("crisp"); byId("target").hidden = true; },
    classifierChanged: load,
  };
})();
