/* The panel of one champion. Its data come from a script file of their own when it is opened. */
"use strict";
(function () {
  const dialog = document.getElementById("champion");
  if (!dialog || !dialog.showModal) return;
  const byId = (id) => document.getElementById(id);
  const space = "http://www.w3.org/2000/svg";
  const foolery = (window.foolery = window.foolery || {});
  const records = new Map(), waiting = new Map();
  let open = null, zoom = 1, opener = null;

  /* A data file calls this. */
  foolery.take = (id, record) => {
    records.set(id, record);
    if (waiting.has(id)) waiting.get(id)(record);
    waiting.delete(id);
  };

  function load(id) {
    if (records.has(id)) return Promise.resolve(records.get(id));
    const inside = document.querySelector(`script[data-record="${CSS.escape(id)}"]`);
    if (inside) foolery.take(id, JSON.parse(inside.textContent));
    if (records.has(id)) return Promise.resolve(records.get(id));
    return new Promise((done, failed) => {
      waiting.set(id, done);
      const script = document.createElement("script");
      script.src = `data/${id}.js`;
      script.onerror = failed;
      document.head.append(script);
    });
  }

  const spaced = (text) => String(text).replace(" %", "\u202f%");
  const count = (value) => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");

  function element(name, text, attributes) {
    const made = document.createElement(name);
    if (text !== undefined && text !== null) made.textContent = text;
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    return made;
  }

  function drawn(name, attributes, ...children) {
    const made = document.createElementNS(space, name);
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function facts(record) {
    byId("champion-facts").replaceChildren(...record.facts.map(([name, value]) => {
      const row = element("div");
      row.append(element("dt", name), element("dd", spaced(value)));
      return row;
    }));
  }

  /* Whole steps only: a pixel of the canvas stays a square of pixels on the screen. */
  function enlarge(to) {
    const [width, height] = open.record.size;
    zoom = Math.max(1, Math.min(to, Math.floor(2048 / Math.max(width, height)) || 1));
    byId("whole").width = width * zoom;
    byId("whole").height = height * zoom;
    byId("zoom").textContent = `${zoom} ×`;
    byId("smaller").disabled = zoom === 1;
  }

  function best([width, height]) {
    const room = Math.min(480, dialog.clientWidth - 48);
    return Math.max(1, Math.floor(Math.min(room / width, 480 / height)));
  }

  function answers(record) {
    byId("part-top").hidden = record.top.length === 0;
    const own = record.top.some(([label]) => label === record.label)
      ? [] : [[record.label, record.confidence, record.shown]];
    byId("top").replaceChildren(...record.top.concat(own).map(([label, value, text]) => {
      const item = element("li");
      const bar = drawn("svg", { "aria-hidden": "true", preserveAspectRatio: "none", viewBox: "0 0 100 1" },
        drawn("rect", { width: Math.max(0, Math.min(1, value)) * 100, height: 1 }));
      item.append(element("span", label), element("span", spaced(text)), bar);
      if (label === record.label) item.className = "own";
      return item;
    }));
  }

  function photo(record) {
    byId("part-photo").hidden = !record.photo_picture;
    if (!record.photo_picture) return;
    const [width, height] = record.size, step = Math.max(1, Math.floor(112 / width));
    const image = byId("photo");
    image.src = record.photo_picture;
    image.width = width * step;
    image.height = height * step;
    image.alt = `A real picture of ${record.label}`;
    byId("photo-said").textContent = `Confidence in its class: ${spaced(record.photo)}`;
  }

  function verdicts(record) {
    byId("part-verdicts").hidden = record.verdicts.length === 0;
    byId("verdicts").replaceChildren(...record.verdicts.map(([name, label, text, own, agrees]) => {
      const row = element("tr");
      row.append(element("th", name, { scope: "row" }),
        element("td", `${label}, ${spaced(text)}${agrees ? ": fooled too" : ""}`),
        element("td", own === null ? "has no such class" : spaced(own)));
      return row;
    }));
  }

  function line(record) {
    byId("part-line").hidden = !record.line;
    if (!record.line) return;
    const { length, size: [width, height], shown } = record.line;
    byId("line-said").textContent = length > 1
      ? `${shown.length} of a line of ${length}, from the first to the champion, each with the class that it held.`
      : "It has none: it was drawn at random.";
    const step = 80 / width;
    byId("line").replaceChildren(...shown.map(([generation, label, value, text], at) => {
      const item = element("li");
      const picture = drawn("svg", {
        width: 80, height: Math.round(height * step), viewBox: `${at * width} 0 ${width} ${height}`,
        role: "img", "aria-label": `Generation ${generation}: ${label} ${text}`,
      }, drawn("image", { href: record.line_picture, width: width * shown.length, height }));
      const rise = drawn("svg", { width: 80, height: 4, viewBox: "0 0 100 1", preserveAspectRatio: "none", "aria-hidden": "true", class: "rise" },
        drawn("rect", { width: Math.max(0, Math.min(1, value)) * 100, height: 1 }));
      item.append(picture, rise, element("span", spaced(text)), element("span", label, { title: label }),
        element("small", `gen. ${count(generation)}`));
      if (label === record.label) item.className = "own";
      return item;
    }));
  }

  function network(record) {
    const graph = record.network;
    byId("part-network").hidden = !graph;
    if (!graph) return;
    const tile = 44, across = 108, down = 66, columns = [];
    const places = graph.names.map(() => null);
    const sources = graph.names.map(() => []);
    for (const [from, to] of graph.edges) sources[to].push(from);
    graph.depths.forEach((depth, node) => (columns[depth] = columns[depth] || []).push(node));
    const tallest = Math.max(...columns.filter(Boolean).map((column) => column.length));
    columns.forEach((column, depth) => {
      const pull = (node) => sources[node].length
        ? sources[node].reduce((sum, from) => sum + places[from][1], 0) / sources[node].length : node;
      if (depth > 0 && depth < columns.length - 1) column.sort((a, b) => pull(a) - pull(b));
      const top = ((tallest - column.length) * down) / 2;
      column.forEach((node, row) => (places[node] = [8 + depth * across, 8 + top + row * down]));
    });
    const wide = 16 + (columns.length - 1) * across + 76, high = 16 + tallest * down;
    const edges = graph.edges.map(([from, to, weight]) => {
      const x = places[from][0] + tile, y = places[from][1] + tile / 2, end = places[to][0], last = places[to][1] + tile / 2;
      const bend = Math.max(20, (end - x) / 2);
      return drawn("path", {
        class: weight < 0 ? "minus" : "plus", d: `M${x} ${y}C${x + bend} ${y} ${end - bend} ${last} ${end} ${last}`,
        "stroke-width": (0.6 + Math.min(Math.abs(weight), 10) / 4).toFixed(2),
      }, drawn("title", {}, `${graph.names[from]} to ${graph.names[to]}: ${weight}`));
    });
    const side = graph.side, all = graph.names.length * side;
    const nodes = graph.names.map((name, node) => {
      const [x, y] = places[node];
      return drawn("g", {},
        drawn("svg", { x, y, width: tile, height: tile, viewBox: `${node * side} 0 ${side} ${side}` },
          drawn("image", { href: record.nodes_picture, width: all, height: side })),
        drawn("rect", { x, y, width: tile, height: tile, class: "box" }),
        drawn("text", { x, y: y + tile + 13 }, name));
    });
    const svg = byId("network");
    svg.setAttribute("width", wide);
    svg.setAttribute("height", high);
    svg.setAttribute("viewBox", `0 0 ${wide} ${high}`);
    svg.setAttribute("aria-label", `A network of ${graph.names.length} nodes and ${graph.edges.length} links`);
    svg.replaceChildren(...edges, ...nodes);
    const idle = graph.left ? ` ${graph.left} more nodes do not reach the picture.` : "";
    byId("network-said").textContent =
      `${graph.names.length} nodes and ${graph.edges.length} links. Each node shows what it computes over the picture, from −1 (black) to 1 (white); dashed links are negative.${idle}`;
  }

  function occlusion(record) {
    const map = record.occlusion, cover = byId("cover");
    byId("covering").hidden = !map;
    cover.setAttribute("hidden", "");
    byId("cover-said").hidden = true;
    byId("covered").checked = false;
    if (!map) return;
    const whole = record.top.length ? record.confidence : 1;
    const cells = map.confidences.flatMap((row, y) => row.map((value, x) => {
      const lost = Math.max(0, Math.min(1, (whole - value) / (Math.abs(whole) || 1)));
      return drawn("rect", { x, y, width: 1.02, height: 1.02, "fill-opacity": (0.85 * (1 - lost)).toFixed(2) },
        drawn("title", {}, `covered here: ${(100 * value).toFixed(1)} %`));
    }));
    cover.replaceChildren(...cells);
    byId("cover-said").textContent =
      `With a patch of ${map.patch[1]} × ${map.patch[0]} pixels covered, the confidence goes from ${spaced(map.least)} to ${spaced(map.most)}. What stays bright matters.`;
  }

  function fill(id, record) {
    open = { id, record };
    byId("failed").hidden = true;
    byId("champion-name").textContent = record.label;
    const whole = byId("whole");
    whole.src = record.picture;
    whole.alt = `${record.classifier} gives ${record.label} ${record.shown}`;
    byId("file").href = record.picture;
    byId("genome").hidden = !record.genome;
    if (record.genome) {
      URL.revokeObjectURL(byId("genome").href);
      byId("genome").href = URL.createObjectURL(new Blob([record.genome], { type: "application/json" }));
      byId("genome").download = record.genome_name;
    }
    for (const part of [facts, answers, photo, verdicts, line, network, occlusion]) part(record);
    byId("previous").disabled = !foolery.beside(id, -1);
    byId("next").disabled = !foolery.beside(id, 1);
    if (document.activeElement && document.activeElement.disabled) byId("close").focus(); // or keys go nowhere
    enlarge(best(record.size));
    dialog.scrollTop = 0;
  }

  function show(id, from) {
    if (from) opener = from;
    load(id).then((record) => {
      if (!dialog.open) dialog.showModal();
      fill(id, record);
      try { history.replaceState(null, "", `#${id}`); } catch { /* not everywhere on file: */ }
    }, () => {
      open = { id, record: null };
      byId("champion-name").textContent = "";
      if (!dialog.open) dialog.showModal();
      byId("failed").hidden = false;
    });
  }

  function beside(step) {
    const id = open && foolery.beside(open.id, step);
    if (id) show(id);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-id]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    show(link.dataset.id, link);
  });
  byId("close").addEventListener("click", () => dialog.close());
  byId("previous").addEventListener("click", () => beside(-1));
  byId("next").addEventListener("click", () => beside(1));
  byId("smaller").addEventListener("click", () => enlarge(zoom - 1));
  byId("larger").addEventListener("click", () => enlarge(zoom + 1));
  byId("covered").addEventListener("change", (event) => {
    byId("cover").toggleAttribute("hidden", !event.target.checked);
    byId("cover-said").hidden = !event.target.checked;
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("keydown", (event) => {
    if (event.target.closest("input, .scroll, .line, .whole")) return;
    if (event.key === "ArrowLeft") beside(-1);
    if (event.key === "ArrowRight") beside(1);
  });
  dialog.addEventListener("close", () => {
    try { history.replaceState(null, "", location.pathname + location.search); } catch { /* as above */ }
    const last = open && open.id;
    if (opener && opener.dataset.id === last) opener.focus();
    else if (last) foolery.focus(last);
    open = opener = null;
  });
  const follow = () => { if (/^#run-\d+\/\d+$/.test(location.hash)) show(location.hash.slice(1)); };
  window.addEventListener("hashchange", follow);
  follow();
})();
