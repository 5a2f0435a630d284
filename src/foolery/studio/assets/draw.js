/* Drawing: with a pointer, or with the keyboard. */
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const canvas = byId("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const last = new Map(); // pointer to its last position
  let active = false, background = "#000000", pen = null, penDown = false, cursor = null;

  function bytes() { return new Promise((done) => canvas.toBlob(done, "image/png")); }
  function predict() { if (active) window.foolery.predict(bytes); }

  function clear() {
    const { width, height } = window.foolery.predictor();
    const scale = 336 / Math.max(width, height);
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    context.fillStyle = background;
    context.fillRect(0, 0, canvas.width, canvas.height);
    pen = [canvas.width / 2, canvas.height / 2];
    penDown = false;
    cursor = null;
    predict();
  }

  function position(event) {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * canvas.width) / box.width, ((event.clientY - box.top) * canvas.height) / box.height];
  }

  function line(from, to) {
    hideCursor();
    context.strokeStyle = byId("color").value;
    context.lineWidth = Number(byId("pen").value);
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
    predict();
  }

  /* The pen of the keyboard is a cross, which is removed before anything is drawn or classified. */
  function hideCursor() {
    if (cursor) context.putImageData(cursor.pixels, cursor.x, cursor.y);
    cursor = null;
  }

  function showCursor() {
    const x = Math.round(pen[0]) - 9, y = Math.round(pen[1]) - 9;
    cursor = { pixels: context.getImageData(x, y, 19, 19), x, y };
    context.save();
    context.globalCompositeOperation = "difference";
    context.fillStyle = "#ffffff";
    context.fillRect(x, y + 9, 19, 1);
    context.fillRect(x + 9, y, 1, 19);
    context.restore();
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (!active || event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    last.set(event.pointerId, position(event));
    line(position(event), position(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!active || !last.has(event.pointerId)) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) {
      line(last.get(event.pointerId), position(each));
      last.set(event.pointerId, position(each));
    }
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => last.delete(event.pointerId));

  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    if (!active || event.ctrlKey || event.metaKey || event.altKey) return;
    if (MOVES[event.key]) {
      event.preventDefault();
      const step = event.shiftKey ? 24 : 8, [x, y] = MOVES[event.key];
      const target = [
        Math.min(Math.max(pen[0] + step * x, 0), canvas.width), Math.min(Math.max(pen[1] + step * y, 0), canvas.height),
      ];
      hideCursor();
      if (penDown) line(pen, target);
      pen = target;
    } else if (event.key === " ") {
      event.preventDefault();
      penDown = !penDown;
      if (penDown) line(pen, pen);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      clear();
    } else return;
    hideCursor();
    if (active) {
      window.foolery.predict(async () => {
        hideCursor();
        const image = await bytes();
        if (document.activeElement === canvas) showCursor();
        return image;
      });
    }
  });
  canvas.addEventListener("blur", hideCursor);

  byId("clear").addEventListener("click", clear);
  byId("background").addEventListener("click", () => {
    background = background === "#000000" ? "#ffffff" : "#000000";
    byId("background").textContent = background === "#000000" ? "White background" : "Black background";
    byId("color").value = background === "#000000" ? "#ffffff" : "#000000";
    clear();
  });

  window.foolery.modes.draw = {
    help: "Draw with the mouse or a finger. Keyboard: the arrow keys move the pen, the space bar lowers or lifts it, Delete clears.",
    enter() { active = true; clear(); },
    leave() { active = false; last.clear(); cursor = null; },
    classifierChanged: clear,
  };
})();
