/* An audit in progress: its state is asked for again and again, and put into the page as text. */
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const root = byId("audit");
  const PAUSE = 2000, STALLED = 150; // seconds

  function element(name, text, className) {
    const made = document.createElement(name);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function put(id, text) { if (byId(id).textContent !== text) byId(id).textContent = text; }

  function show(data) {
    const stalled = data.running && data.age > STALLED;
    put("status", data.state + (stalled ? `; nothing written for ${Math.round(data.age / 60)} min, it may have been killed` : ""));
    byId("status").classList.toggle("open", data.running);
    for (const name of ["headline", "queries", "elapsed", "accuracy"]) put(name, data[name]);
    byId("progress").hidden = data.progress === null || !data.running;
    byId("progress").value = data.progress ?? 0;
    byId("attacks").replaceChildren(...data.attacks.map((attack) => {
      const row = document.createElement("tr");
      row.dataset.status = attack.status;
      row.append(element("th", attack.name), element("td", attack.status), element("td", attack.queries, "number"), element("td", attack.fooled, "number"));
      row.firstChild.scope = "row";
      return row;
    }));
    const shown = JSON.stringify(data.images);
    if (byId("images").dataset.shown === shown) return;
    byId("images").dataset.shown = shown;
    byId("images").replaceChildren(...data.images.map((each) => {
      const item = document.createElement("li"), image = new Image(74, 74);
      image.src = root.dataset.base + each.image;
      image.alt = each.label;
      item.append(image, element("b", each.label));
      return item;
    }));
  }

  async function update() {
    let running = true;
    if (!document.hidden) {
      try {
        const response = await fetch(root.dataset.state), data = await response.json();
        byId("error").hidden = response.ok;
        if (response.ok) { show(data); running = data.running; } else put("error", data.error);
      } catch { put("error", "The studio does not respond."); byId("error").hidden = false; }
    }
    if (running) setTimeout(update, PAUSE);
  }

  update();
})();
