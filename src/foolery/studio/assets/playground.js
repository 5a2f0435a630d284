/* The playground: input modes, and the classifier that is asked. */
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const radios = [...document.querySelectorAll("input[name=mode]")];
  const { modes } = window.foolery;
  let mode = null;

  function choose(name) {
    if (mode) modes[mode].leave();
    mode = name;
    window.foolery.cancel();
    for (const radio of radios) radio.checked = radio.value === name;
    for (const part of document.querySelectorAll("[data-mode]")) part.hidden = !part.dataset.mode.split(" ").includes(name);
    byId("help").textContent = modes[name].help;
    byId("canvas").classList.toggle("static", Boolean(modes[name].static));
    byId("error").hidden = true;
    byId("predictions").replaceChildren();
    byId("input").getContext("2d").clearRect(0, 0, byId("input").width, byId("input").height);
    modes[name].enter();
  }

  function notes() {
    byId("notes").replaceChildren(...window.foolery.predictor().notes.map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }));
  }

  window.foolery.choose = choose;
  for (const radio of radios) radio.addEventListener("change", () => choose(radio.value));
  byId("classifier").addEventListener("change", () => { notes(); modes[mode].classifierChanged(); });
  notes();
  choose(new URLSearchParams(location.search).has("run") ? "occlude" : "draw");
})();
