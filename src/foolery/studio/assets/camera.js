/* Images from a file, chosen or dropped, and from the camera. */
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const canvas = byId("canvas");
  const MAX_BYTES = 10 * 2 ** 20, PAUSE = 150, SIDE = 640;
  let file = null, active = false, media = null;

  /* The canvas shows a preview; the classifier gets the file itself. */
  async function show(source, width, height) {
    const scale = Math.min(1, SIDE / Math.max(width, height));
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
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

  function predict() { if (file) window.foolery.predict(async () => file); }

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
    help: "Choose a file or drop one here: PNG, JPEG, WebP, GIF or BMP, up to 10 MB.",
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
    help: "Frames are sent to the studio only, and are not stored.",
    static: true,
    enter() { active = true; canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height); },
    leave() { active = false; stop(); },
    classifierChanged() {},
  };
})();
