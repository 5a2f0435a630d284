/* Drawing: with a pen of any kind, or with the keys. */
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const canvas = byId("easel");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const last = new Map(); // pointer to where it was
  let on = false, paper = "#000000", pen = null, down = false, shown = null;

  function bytes() { return new Promise((done) => canvas.toBlob(done, "image/png")); }
  function ask() { if (on) window.foolery.ask(bytes); }

  function clear() {
    const { width, height } = window.foolery.eye();
    const scale = 336 / Math.max(width, height);
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    context.fillStyle = paper;
    context.fillRect(0, 0, canvas.width, canvas.height);
    pen = [canvas.width / 2, canvas.height / 2];
    down = false;
    shown = null;
    ask();
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * canvas.width) / box.width, ((event.clientY - box.top) * canvas.height) / box.height];
  }

  function line(from, to) {
    uncover();
    context.strokeStyle = byId("ink").value;
    context.lineWidth = Number(byId("pen").value);
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
    ask();
  }

  /* The keyboard's pen is shown by a cross, which is taken away before anything is drawn or asked. */
  function uncover() {
    if (shown) context.putImageData(shown.pixels, shown.x, shown.y);
    shown = null;
  }

  function cover() {
    const x = Math.round(pen[0]) - 9, y = Math.round(pen[1]) - 9;
    shown = { pixels: context.getImageData(x, y, 19, 19), x, y };
    context.save();
    context.globalCompositeOperation = "difference";
    context.fillStyle = "#ffffff";
    context.fillRect(x, y + 9, 19, 1);
    context.fillRect(x + 9, y, 1, 19);
    context.restore();
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (!on || event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    last.set(event.pointerId, place(event));
    line(place(event), place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!on || !last.has(event.pointerId)) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) {
      line(last.get(event.pointerId), place(each));
      last.set(event.pointerId, place(each));
    }
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => last.delete(event.pointerId));

  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    if (!on || event.ctrlKey || event.metaKey || event.altKey) return;
    if (MOVES[event.key]) {
      event.preventDefault();
      const step = event.shiftKey ? 24 : 8, [x, y] = MOVES[event.key];
      const to = [
        Math.min(Math.max(pen[0] + step * x, 0), canvas.width), Math.min(Math.max(pen[1] + step * y, 0), canvas.height),
      ];
      uncover();
      if (down) line(pen, to);
      pen = to;
    } else if (event.key === " ") {
      event.preventDefault();
      down = !down;
      if (down) line(pen, pen);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      clear();
    } else return;
    uncover();
    if (on) window.foolery.ask(async () => { uncover(); const made = await bytes(); if (document.activeElement === canvas) cover(); return made; });
  });
  canvas.addEventListener("blur", uncover);

  byId("clear").addEventListener("click", clear);
  byId("paper").addEventListener("click", () => {
    paper = paper === "#000000" ? "#ffffff" : "#000000";
    byId("paper").textContent = paper === "#000000" ? "White paper" : "Black paper";
    byId("ink").value = paper === "#000000" ? "#ffffff" : "#000000";
    clear();
  });

  window.foolery.ways.draw = {
    how: "Draw with the mouse or a finger. With the keyboard: arrows move the pen, the space bar puts it down or lifts it, Delete clears.",
    enter() { on = true; clear(); },
    leave() { on = false; last.clear(); shown = null; },
    changed: clear,
  };
})();
