/* Look: what to show, and to whom. */
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const radios = [...document.querySelectorAll("input[name=way]")];
  const { ways } = window.foolery;
  let way = null;

  function choose(name) {
    if (way) ways[way].leave();
    way = name;
    window.foolery.forget();
    for (const radio of radios) radio.checked = radio.value === name;
    for (const part of document.querySelectorAll("[data-way]")) part.hidden = part.dataset.way !== name;
    byId("how").textContent = ways[name].how;
    byId("easel").classList.toggle("still", Boolean(ways[name].still));
    byId("trouble").hidden = true;
    byId("answers").replaceChildren();
    byId("seen").getContext("2d").clearRect(0, 0, byId("seen").width, byId("seen").height);
    ways[name].enter();
  }

  function notes() {
    byId("notes").replaceChildren(...window.foolery.eye().notes.map((said) => {
      const item = document.createElement("li");
      item.textContent = said;
      return item;
    }));
  }

  window.foolery.choose = choose;
  for (const radio of radios) radio.addEventListener("change", () => choose(radio.value));
  byId("eye").addEventListener("change", () => { notes(); ways[way].changed(); });
  notes();
  choose(new URLSearchParams(location.search).has("run") ? "champion" : "draw");
})();
