/* A champion with a patch over it: how sure does the classifier stay? */
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const canvas = byId("easel");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  let on = false, champions = [], image = null, mean = "#808080", at = [0.5, 0.5], before = null;

  const chosen = () => champions[Number(byId("cell").value)];
  const bytes = () => new Promise((done) => canvas.toBlob(done, "image/png"));

  async function list(cell) {
    champions = [];
    byId("cell").replaceChildren();
    const run = byId("run").value;
    if (!run) { window.foolery.wrong("There is no run on the shelf yet."); return; }
    const response = await fetch(`/run/${run}/champions.json`);
    const told = await response.json();
    if (!response.ok) { window.foolery.wrong(told.error); return; }
    champions = told;
    byId("cell").replaceChildren(...told.map((one, place) => {
      const option = document.createElement("option");
      option.value = String(place);
      option.textContent = `${one.label} (${one.shown})`;
      option.selected = one.cell === cell;
      return option;
    }));
    await load();
  }

  async function load() {
    const one = chosen();
    image = before = null;
    if (!one) { window.foolery.wrong("This run has no champions yet."); return; }
    const found = new Image();
    found.src = `/run/${byId("run").value}/cell/${one.cell}.png`;
    try { await found.decode(); } catch { window.foolery.wrong("This champion cannot be drawn."); return; }
    if (!on) return;
    image = found;
    canvas.width = found.naturalWidth;
    canvas.height = found.naturalHeight;
    canvas.classList.toggle("crisp", canvas.width <= 240);
    paint(false);
    mean = average();
    const label = one.label;
    window.foolery.ask(bytes, label, (told) => { before = told.own; own(told); cover(); });
  }

  function average() {
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data, sums = [0, 0, 0];
    for (let place = 0; place < pixels.length; place += 4) for (let of = 0; of < 3; of += 1) sums[of] += pixels[place + of];
    return `rgb(${sums.map((sum) => Math.round((4 * sum) / pixels.length)).join(" ")})`;
  }

  function paint(covered) {
    context.drawImage(image, 0, 0);
    const share = Number(byId("size").value) / 100;
    if (!covered || !share) return;
    const [width, height] = [canvas.width, canvas.height].map((side) => Math.max(1, Math.round(side * share)));
    const fill = byId("fill").value;
    context.fillStyle = fill === "mean" ? mean : fill;
    context.fillRect(Math.round(at[0] * canvas.width - width / 2), Math.round(at[1] * canvas.height - height / 2), width, height);
  }

  function cover() {
    byId("size-shown").textContent = `${byId("size").value} %`;
    if (!on || !image) return;
    paint(true);
    window.foolery.ask(bytes, chosen().label, own);
  }

  function own(told) {
    if (!on || !told.own) return;
    byId("own").hidden = false;
    byId("own-shown").textContent = told.own.shown;
    byId("own-shown").dataset.confidence = String(told.own.confidence);
    byId("own-label").textContent = `for ${told.own.label}`;
    byId("own-before").textContent = before ? before.shown : "–";
  }

  function move(event) {
    if (!on || (event.pointerType === "touch" && event.type === "pointermove" && !event.isPrimary)) return;
    const box = canvas.getBoundingClientRect();
    at = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    cover();
  }
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerdown", move);
  canvas.addEventListener("keydown", (event) => {
    const way = MOVES[event.key];
    if (!on || !way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const step = event.shiftKey ? 0.125 : 0.03125;
    at = at.map((value, axis) => Math.min(1, Math.max(0, value + step * way[axis])));
    cover();
  });
  byId("size").addEventListener("input", cover);
  byId("fill").addEventListener("change", cover);
  byId("cell").addEventListener("change", load);
  byId("run").addEventListener("change", () => list(0));

  window.foolery.ways.champion = {
    how: "Move the cover with the mouse, a finger or the arrow keys, and watch the confidence in the champion's class.",
    enter() {
      on = true;
      const wanted = new URLSearchParams(location.search);
      const run = [...byId("run").options].find((option) => option.value === wanted.get("run"));
      if (run && !champions.length) run.selected = true;
      list(wanted.has("cell") ? Number(wanted.get("cell")) : champions[0]?.cell ?? 0);
    },
    leave() { on = false; image = null; canvas.classList.remove("crisp"); byId("own").hidden = true; },
    changed: load,
  };
})();
