/* Asks the classifier about what is on the easel; one question at a time, and of those that wait only the last. */
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const SVG = "http://www.w3.org/2000/svg";
  const eyes = JSON.parse(byId("eyes").textContent);
  let waiting = null, busy = false, age = 0; // answers to what was asked before forget() are not shown

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

  function show(told) {
    const list = byId("answers");
    list.replaceChildren(...told.top.map((each) => {
      const item = document.createElement("li"), label = document.createElement("span"), value = document.createElement("span");
      label.textContent = each.label;
      value.textContent = each.shown;
      item.append(label, value, bar(each.share));
      return item;
    }));
    list.dataset.first = told.top[0].label;
    list.classList.remove("stale");
    byId("said").textContent = `${told.top[0].label}, ${told.top[0].shown}`;
    byId("trouble").hidden = true;
    const bytes = Uint8Array.from(atob(told.seen), (sign) => sign.charCodeAt(0));
    createImageBitmap(new Blob([bytes], { type: "image/png" })).then((bitmap) => {
      const seen = byId("seen");
      seen.width = bitmap.width;
      seen.height = bitmap.height;
      seen.getContext("2d").drawImage(bitmap, 0, 0);
    });
  }

  async function next() {
    if (busy || !waiting) return;
    busy = true;
    const { picture, label, then } = waiting, asked = age;
    waiting = null;
    try {
      const body = await picture();
      if (body) {
        const query = label === null ? "" : `?class=${encodeURIComponent(label)}`;
        const response = await fetch(`/ask/${byId("eye").value}${query}`, {
          method: "POST", body, headers: { "Content-Type": "application/octet-stream" },
        });
        const told = await response.json();
        if (asked !== age) { /* another way was chosen meanwhile */ }
        else if (response.ok) { show(told); then?.(told); } else wrong(told.error);
      }
    } catch { wrong("The studio does not answer."); }
    busy = false;
    next();
  }

  function wrong(said) {
    byId("trouble").textContent = said;
    byId("trouble").hidden = false;
    byId("answers").classList.add("stale");
  }

  window.foolery = {
    eyes,
    eye: () => eyes[Number(byId("eye").value)],
    /* picture: makes the bytes when it is their turn; label: a class whose score is asked for, too. */
    ask(picture, label = null, then = null) {
      waiting = { picture, label, then };
      next();
    },
    forget() { waiting = null; age += 1; },
    wrong,
    ways: {},
  };
})();
