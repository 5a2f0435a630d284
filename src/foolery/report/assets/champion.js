/* The dialog of one champion. Its data are loaded from a script file of their own when it is opened. */
"use strict";
(function () {
  const dialog = document.getElementById("champion");
  if (!dialog || !dialog.showModal) return;
  const byId = (id) => document.getElementById(id);
  const SVG = "http://www.w3.org/2000/svg";
  const foolery = (window.foolery = window.foolery || {});
  const records = new Map(), waiting = new Map();
  let open = null, zoom = 1, opener = null;

  /* A data file calls this. */
  foolery.addRecord = (id, record) => {
    records.set(id, record);
    if (waiting.has(id)) waiting.get(id)(record);
    waiting.delete(id);
  };

  function load(id) {
    if (records.has(id)) return Promise.resolve(records.get(id));
    const embedded = document.querySelector(`script[data-record="${CSS.escape(id)}"]`);
    if (embedded) foolery.addRecord(id, JSON.parse(embedded.textContent));
    if (records.has(id)) return Promise.resolve(records.get(id));
    return new Promise((resolve, reject) => {
      waiting.set(id, resolve);
      const script = document.createElement("script");
      script.src = `data/${id}.js`;
      script.onerror = reject;
      document.head.append(script);
    });
  }

  const spaced = (text) => String(text).replace(" %", "\u202f%");
  const count = (value) => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ",");

  function element(name, text, attributes) {
    const node = document.createElement(name);
    if (text !== undefined && text !== null) node.textContent = text;
    for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
    return node;
  }

  function svgElement(name, attributes, ...children) {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }

  function facts(record) {
    byId("champion-facts").replaceChildren(...record.facts.map(([name, value]) => {
      const row = element("div");
      row.append(element("dt", name), element("dd", spaced(value)));
      return row;
    }));
  }

  /* Whole steps only: a pixel of the canvas stays a square of pixels on the screen. */
  function setZoom(target) {
    const [width, height] = open.record.size;
    zoom = Math.max(1, Math.min(target, Math.floor(2048 / Math.max(width, height)) || 1));
    byId("image").width = width * zoom;
    byId("image").height = height * zoom;
    byId("zoom").textContent = `${zoom} ×`;
    byId("smaller").disabled = zoom === 1;
  }

  function fittingZoom([width, height]) {
    const available = Math.min(480, dialog.clientWidth - 48);
    return Math.max(1, Math.floor(Math.min(available / width, 480 / height)));
  }

  function predictions(record) {
    byId("part-top").hidden = record.top.length === 0;
    const own = record.top.some(([label]) => label === record.label)
      ? [] : [[record.label, record.confidence, record.confidence_text]];
    byId("top").replaceChildren(...record.top.concat(own).map(([label, value, text]) => {
      const item = element("li");
      const bar = svgElement("svg", { "aria-hidden": "true", preserveAspectRatio: "none", viewBox: "0 0 100 1" },
        svgElement("rect", { width: Math.max(0, Math.min(1, value)) * 100, height: 1 }));
      item.append(element("span", label), element("span", spaced(text)), bar);
      if (label === record.label) item.className = "own";
      return item;
    }));
  }

  function realExample(record) {
    byId("part-real").hidden = !record.real;
    if (!record.real) return;
    const [width, height] = record.size, step = Math.max(1, Math.floor(112 / width));
    const image = byId("real");
    image.src = record.real.image;
    image.width = width * step;
    image.height = height * step;
    image.alt = `Real example of ${record.label}`;
    byId("real-about").textContent = `Confidence in its class: ${spaced(record.real.confidence)}`;
  }

  function panel(record) {
    byId("part-panel").hidden = record.panel.length === 0;
    byId("panel").replaceChildren(...record.panel.map(([name, label, text, own, matches]) => {
      const row = element("tr");
      row.append(element("th", name, { scope: "row" }),
        element("td", `${label}, ${spaced(text)}${matches ? " (also fooled)" : ""}`),
        element("td", own === null ? "unknown class" : spaced(own)));
      return row;
    }));
  }

  function ancestry(record) {
    byId("part-ancestry").hidden = !record.ancestry;
    if (!record.ancestry) return;
    const { length, size: [width, height], steps, image } = record.ancestry;
    byId("ancestry-about").textContent = length > 1
      ? `${steps.length} of ${length} steps, oldest first, each with the class that it was champion of.`
      : "No ancestors: it was generated at random.";
    const step = 80 / width;
    byId("ancestry").replaceChildren(...steps.map(([generation, label, value, text], at) => {
      const item = element("li");
      const thumbnail = svgElement("svg", {
        width: 80, height: Math.round(height * step), viewBox: `${at * width} 0 ${width} ${height}`,
        role: "img", "aria-label": `Generation ${generation}: ${label} ${text}`,
      }, svgElement("image", { href: image, width: width * steps.length, height }));
      const bar = svgElement("svg", { width: 80, height: 4, viewBox: "0 0 100 1", preserveAspectRatio: "none", "aria-hidden": "true", class: "confidence" },
        svgElement("rect", { width: Math.max(0, Math.min(1, value)) * 100, height: 1 }));
      item.append(thumbnail, bar, element("span", spaced(text)), element("span", label, { title: label }),
        element("small", `gen. ${count(generation)}`));
      if (label === record.label) item.className = "own";
      return item;
    }));
  }

  function cppn(record) {
    const graph = record.graph;
    byId("part-graph").hidden = !graph;
    if (!graph) return;
    const tile = 44, across = 108, down = 66, columns = [];
    const places = graph.names.map(() => null);
    const sources = graph.names.map(() => []);
    for (const [from, to] of graph.edges) sources[to].push(from);
    graph.depths.forEach((depth, node) => (columns[depth] = columns[depth] || []).push(node));
    const tallest = Math.max(...columns.filter(Boolean).map((column) => column.length));
    columns.forEach((column, depth) => {
      const barycenter = (node) => sources[node].length
        ? sources[node].reduce((sum, from) => sum + places[from][1], 0) / sources[node].length : node;
      if (depth > 0 && depth < columns.length - 1) column.sort((a, b) => barycenter(a) - barycenter(b));
      const top = ((tallest - column.length) * down) / 2;
      column.forEach((node, row) => (places[node] = [8 + depth * across, 8 + top + row * down]));
    });
    const wide = 16 + (columns.length - 1) * across + 76, high = 16 + tallest * down;
    const edges = graph.edges.map(([from, to, weight]) => {
      const x = places[from][0] + tile, y = places[from][1] + tile / 2, end = places[to][0], last = places[to][1] + tile / 2;
      const bend = Math.max(20, (end - x) / 2);
      return svgElement("path", {
        class: weight < 0 ? "minus" : "plus", d: `M${x} ${y}C${x + bend} ${y} ${end - bend} ${last} ${end} ${last}`,
        "stroke-width": (0.6 + Math.min(Math.abs(weight), 10) / 4).toFixed(2),
      }, svgElement("title", {}, `${graph.names[from]} to ${graph.names[to]}: ${weight}`));
    });
    const side = graph.side, all = graph.names.length * side;
    const nodes = graph.names.map((name, node) => {
      const [x, y] = places[node];
      return svgElement("g", {},
        svgElement("svg", { x, y, width: tile, height: tile, viewBox: `${node * side} 0 ${side} ${side}` },
          svgElement("image", { href: graph.image, width: all, height: side })),
        svgElement("rect", { x, y, width: tile, height: tile, class: "box" }),
        svgElement("text", { x, y: y + tile + 13 }, name));
    });
    const svg = byId("graph");
    svg.setAttribute("width", wide);
    svg.setAttribute("height", high);
    svg.setAttribute("viewBox", `0 0 ${wide} ${high}`);
    svg.setAttribute("aria-label", `A CPPN of ${graph.names.length} nodes and ${graph.edges.length} links`);
    svg.replaceChildren(...edges, ...nodes);
    const unused = graph.left_out
      ? ` ${graph.left_out} more ${graph.left_out === 1 ? "node has" : "nodes have"} no effect on the image.` : "";
    byId("graph-about").textContent =
      `${graph.names.length} nodes and ${graph.edges.length} links. Each node shows its output over the image, from −1 (black) to 1 (white); dashed links have negative weights.${unused}`;
  }

  function occlusion(record) {
    const map = record.occlusion, overlay = byId("occlusion");
    byId("occlusion-label").hidden = !map;
    overlay.setAttribute("hidden", "");
    byId("occlusion-about").hidden = true;
    byId("occlusion-shown").checked = false;
    if (!map) return;
    const uncovered = record.top.length ? record.confidence : 1;
    const losses = map.confidences.flat().map((value) => uncovered - value);
    const largest = Math.max(...losses, 0.1 * Math.abs(uncovered), 1e-6); // a map of small losses stays dark
    const cells = map.confidences.flatMap((row, y) => row.map((value, x) => {
      const lost = Math.max(0, (uncovered - value) / largest);
      return svgElement("rect", { x, y, width: 1, height: 1, "fill-opacity": (0.85 * (1 - lost)).toFixed(2) },
        svgElement("title", {}, `confidence with this patch covered: ${(100 * value).toFixed(1)}\u202f%`));
    }));
    overlay.replaceChildren(...cells);
    byId("occlusion-about").textContent =
      `With a patch of ${map.patch[1]} × ${map.patch[0]} pixels covered, the confidence is between ${spaced(map.min)} and ${spaced(map.max)}. Bright areas matter most.`;
  }

  function fill(id, record) {
    open = { id, record };
    byId("failed").hidden = true;
    byId("champion-name").textContent = record.label;
    const image = byId("image");
    image.src = record.image;
    image.alt = record.alt;
    byId("file").href = record.image;
    byId("genome").hidden = !record.genome;
    if (record.genome) {
      URL.revokeObjectURL(byId("genome").href);
      byId("genome").href = URL.createObjectURL(new Blob([record.genome.text], { type: "application/json" }));
      byId("genome").download = record.genome.name;
    }
    for (const part of [facts, predictions, realExample, panel, ancestry, cppn, occlusion]) part(record);
    byId("previous").disabled = !foolery.neighbor(id, -1);
    byId("next").disabled = !foolery.neighbor(id, 1);
    if (document.activeElement && document.activeElement.disabled) byId("close").focus(); // or keys go nowhere
    setZoom(fittingZoom(record.size));
    dialog.scrollTop = 0;
  }

  function show(id, link) {
    if (link) opener = link;
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

  function move(step) {
    const id = open && foolery.neighbor(open.id, step);
    if (id) show(id);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-id]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    show(link.dataset.id, link);
  });
  byId("close").addEventListener("click", () => dialog.close());
  byId("previous").addEventListener("click", () => move(-1));
  byId("next").addEventListener("click", () => move(1));
  byId("smaller").addEventListener("click", () => setZoom(zoom - 1));
  byId("larger").addEventListener("click", () => setZoom(zoom + 1));
  byId("occlusion-shown").addEventListener("change", (event) => {
    byId("occlusion").toggleAttribute("hidden", !event.target.checked);
    byId("occlusion-about").hidden = !event.target.checked;
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("keydown", (event) => {
    if (event.target.closest("input, .scroll, .ancestry, .enlarged")) return;
    if (event.key === "ArrowLeft") move(-1);
    if (event.key === "ArrowRight") move(1);
  });
  dialog.addEventListener("close", () => {
    try { history.replaceState(null, "", location.pathname + location.search); } catch { /* as above */ }
    const last = open && open.id;
    if (opener && opener.dataset.id === last) opener.focus();
    else if (last) foolery.focusOn(last);
    open = opener = null;
  });
  const openFromHash = () => { if (/^#run-\d+\/\d+$/.test(location.hash)) show(location.hash.slice(1)); };
  window.addEventListener("hashchange", openFromHash);
  openFromHash();
})();
