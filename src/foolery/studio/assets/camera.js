/* A picture from a file, dropped or chosen, and pictures from the camera. */
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const canvas = byId("easel");
  const LARGEST = 10 * 2 ** 20, PAUSE = 150, SIDE = 640;
  let file = null, on = false, media = null;

  /* The picture on the easel is what people look at; the classifier gets the file itself. */
  async function show(source, width, height) {
    const scale = Math.min(1, SIDE / Math.max(width, height));
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  }

  async function take(given) {
    if (!given) return;
    if (given.size > LARGEST) { window.foolery.wrong("The picture is larger than 10 MB."); return; }
    file = given;
    try {
      const bitmap = await createImageBitmap(given);
      await show(bitmap, bitmap.width, bitmap.height);
    } catch { canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height); }
    ask();
  }

  function ask() { if (file) window.foolery.ask(async () => file); }

  byId("file").addEventListener("change", (event) => take(event.target.files[0]));
  const bench = document.querySelector(".bench");
  const files = (event) => event.dataTransfer?.types.includes("Files");
  bench.addEventListener("dragover", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    canvas.classList.add("drop");
  });
  bench.addEventListener("dragleave", () => canvas.classList.remove("drop"));
  bench.addEventListener("drop", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    canvas.classList.remove("drop");
    window.foolery.choose("picture");
    take(event.dataTransfer.files[0]);
  });

  window.foolery.ways.picture = {
    how: "Choose a file, or drop one here: PNG, JPEG, WebP, GIF or BMP, up to 10 MB.",
    still: true,
    enter() { canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height); if (file) take(file); },
    leave() { file = null; byId("file").value = ""; },
    changed: ask,
  };

  const video = byId("video");

  async function frame() {
    if (!media) return;
    if (video.videoWidth) {
      await show(video, video.videoWidth, video.videoHeight);
      window.foolery.ask(() => new Promise((done) => canvas.toBlob(done, "image/png")));
    }
    setTimeout(() => requestAnimationFrame(frame), PAUSE);
  }

  async function start() {
    if (!navigator.mediaDevices) {
      window.foolery.wrong("Browsers give the camera only to pages of this machine (127.0.0.1) or over https.");
      return;
    }
    try {
      const found = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 }, audio: false });
      if (!on) { found.getTracks().forEach((track) => track.stop()); return; }
      media = found;
    } catch (error) {
      window.foolery.wrong(`The camera cannot be used: ${error.message || error.name}`);
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
    window.foolery.forget();
  }

  byId("start").addEventListener("click", start);
  byId("stop").addEventListener("click", stop);
  addEventListener("pagehide", stop);

  window.foolery.ways.camera = {
    how: "The pictures go to the studio and nowhere else; none is kept.",
    still: true,
    enter() { on = true; canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height); },
    leave() { on = false; stop(); },
    changed() {},
  };
})();
