/* Images from a file, chosen or dropped, and from the camera. */
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const canvas = byId("canvas");
  const MAX_BYTES = 10 * 2 ** 20, PAUSE = 150, SIDE = 640, LARGEST = 2048;
  let file = null, active = false, media = null;

  const changed = () => byId("invert").checked || Number(byId("contrast").value) !== 1;

  /* Turns light and dark, and pulls levels away from the middle, in all pixels of a canvas. */
  function change(context) {
    if (!changed()) return;
    const picture = context.getImageData(0, 0, context.canvas.width, context.canvas.height), { data } = picture;
    const invert = byId("invert").checked, contrast = Number(byId("contrast").value);
    for (let at = 0; at < data.length; at += 1) {
      if (at % 4 === 3) continue;
      const level = invert ? 255 - data[at] : data[at];
      data[at] = (level - 128) * contrast + 128; // clamped by the array itself
    }
    context.putImageData(picture, 0, 0);
  }

  /* The canvas shows a preview; the classifier gets the file itself, or its pixels where they were changed. */
  async function show(source, width, height) {
    const scale = Math.min(1, SIDE / Math.max(width, height));
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
    change(context);
  }

  async function pixels() {
    const bitmap = await createImageBitmap(file), scale = Math.min(1, LARGEST / Math.max(bitmap.width, bitmap.height));
    const whole = document.createElement("canvas");
    whole.width = Math.max(1, Math.round(bitmap.width * scale));
    whole.height = Math.max(1, Math.round(bitmap.height * scale));
    const context = whole.getContext("2d");
    context.drawImage(bitmap, 0, 0, whole.width, whole.height);
    change(context);
    return new Promise((resolve) => whole.toBlob(resolve, "image/png"));
  }

  async function load(chosen) {
    if (!chosen) return;
    if (chosen.size > MAX_BYTES) { window.foolery.fail("The image is larger than 10 MB."); return; }
    file = chosen;
    try {
      const bitmap = await createImageBitmap(chosen);
      await show(bitmap, bitmap.width, bitmap.height);
    } catch { canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height); }
    predict();
  }

  function predict() { if (file) window.foolery.predict(async () => (changed() ? pixels() : file)); }

  for (const name of ["invert", "contrast"]) {
    byId(name).addEventListener("input", () => {
      byId("contrast-shown").textContent = `× ${Number(byId("contrast").value).toFixed(1)}`;
      if (file) load(file);
    });
  }

  byId("file").addEventListener("change", (event) => load(event.target.files[0]));
  const workspace = document.querySelector(".workspace");
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  workspace.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    canvas.classList.add("drop");
  });
  workspace.addEventListener("dragleave", () => canvas.classList.remove("drop"));
  workspace.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    canvas.classList.remove("drop");
    window.foolery.choose("file");
    load(event.dataTransfer.files[0]);
  });

  window.foolery.modes.file = {
    help: "Choose a file or drop one here: PNG, JPEG, WebP, GIF or BMP, up to 10 MB. Networks of digits read white on black: Invert turns ink on paper.",
    static: true,
    enter() { canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height); if (file) load(file); },
    leave() { file = null; byId("file").value = ""; },
    classifierChanged: predict,
  };

  const video = byId("video");

  async function frame() {
    if (!media) return;
    if (video.videoWidth) {
      await show(video, video.videoWidth, video.videoHeight);
      window.foolery.predict(() => new Promise((resolve) => canvas.toBlob(resolve, "image/png")));
    }
    setTimeout(() => requestAnimationFrame(frame), PAUSE);
  }

  async function start() {
    if (!navigator.mediaDevices) {
      window.foolery.fail("Browsers allow the camera only on pages of this machine (127.0.0.1) or over https.");
      return;
    }
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 }, audio: false });
      if (!active) { stream.getTracks().forEach((track) => track.stop()); return; }
      media = stream;
    } catch (error) {
      window.foolery.fail(`The camera cannot be used: ${error.message || error.name}`);
      return;
    }
    video.srcObject = media;
    await video.play();
    byId("start").disabled = true;
    byId("stop").disabled = false;
    frame();
  }

  function stop() {
    media?.getTracks().forEach((track) => track.stop());
    media = video.srcObject = null;
    byId("start").disabled = false;
    byId("stop").disabled = true;
    window.foolery.cancel();
  }

  byId("start").addEventListener("click", start);
  byId("stop").addEventListener("click", stop);
  addEventListener("pagehide", stop);

  window.foolery.modes.camera = {
    help: "Frames are sent to the studio only, and are not stored. Networks of digits read white on black: Invert turns ink on paper.",
    static: true,
    enter() { active = true; canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height); },
    leave() { active = false; stop(); },
    classifierChanged() {},
  };
})();
