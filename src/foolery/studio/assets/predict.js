/* Asks the classifier about the current image: one request at a time; of those that wait only the latest is sent. */
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const SVG = "http://www.w3.org/2000/svg";
  const predictors = JSON.parse(byId("predictors").textContent);
  let waiting = null, busy = false, epoch = 0; // responses to requests made before cancel() are not shown

  function bar(share) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 100 8");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    const rect = document.createElementNS(SVG, "rect");
    rect.setAttribute("width", String(100 * share));
    rect.setAttribute("height", "8");
    svg.append(rect);
    return svg;
  }

  function show(data) {
    const list = byId("predictions");
    list.replaceChildren(...data.top.map((each) => {
      const item = document.createElement("li"), label = document.createElement("span"), value = document.createElement("span");
      label.textContent = each.label;
      value.textContent = each.confidence_text;
      item.append(label, value, bar(each.share));
      return item;
    }));
    list.dataset.top = data.top[0].label;
    list.classList.remove("stale");
    const target = byId("target").hidden ? "" : `${byId("target-label").textContent} ${byId("target-confidence").textContent}; `;
    byId("answer").textContent = `${target}${data.top[0].label}  ${data.top[0].confidence_text}`;
    byId("announcement").textContent = `${data.top[0].label}, ${data.top[0].confidence_text}`;
    byId("error").hidden = true;
    const bytes = Uint8Array.from(atob(data.input), (character) => character.charCodeAt(0));
    createImageBitmap(new Blob([bytes], { type: "image/png" })).then((bitmap) => {
      const input = byId("input"), shown = byId("canvas");
      const same = shown.width === bitmap.width && shown.height === bitmap.height;
      byId("fit").textContent = same ? "As it is: nothing is resized." : byId("fit").dataset.fit;
      input.width = bitmap.width;
      input.height = bitmap.height;
      input.getContext("2d").drawImage(bitmap, 0, 0);
    });
  }

  async function next() {
    if (busy || !waiting) return;
    busy = true;
    const { image, label, then } = waiting, started = epoch;
    waiting = null;
    try {
      const body = await image();
      if (body) {
        const query = label === null ? "" : `?class=${encodeURIComponent(label)}`;
        const response = await fetch(`${document.documentElement.dataset.base}predict/${byId("classifier").value}${query}`, {
          method: "POST", body, headers: { "Content-Type": "application/octet-stream" },
        });
        const data = await response.json();
        if (started !== epoch) { /* another mode was chosen meanwhile */ }
        else if (response.ok) { show(data); then?.(data); } else fail(data.error);
      }
    } catch { fail("The studio does not respond."); }
    busy = false;
    next();
  }

  function fail(message) {
    byId("error").textContent = message;
    byId("error").hidden = false;
    byId("predictions").classList.add("stale");
    byId("answer").textContent = "–";
  }

  window.foolery = {
    predictor: () => predictors[Number(byId("classifier").value)],
    /* image: makes the bytes when it is their turn; label: a class whose confidence is wanted, too. */
    predict(image, label = null, then = null) {
      waiting = { image, label, then };
      next();
    },
    cancel() { waiting = null; epoch += 1; },
    fail,
    modes: {},
  };
})();
