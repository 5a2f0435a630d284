/* The gallery: search, sorting, filters and keyboard. Without this script all champions are plain links. */
"use strict";
(function () {
  const list = document.getElementById("champions");
  if (!list) return;
  const byId = (id) => document.getElementById(id);
  const search = byId("search"), sort = byId("sort"), filter = byId("filter"), minimum = byId("minimum");
  const thresholds = JSON.parse(list.dataset.thresholds);
  const ROWS = 8; // of a block
  const items = Array.from(list.querySelectorAll("li"), (element, position) => ({
    element, position,
    link: element.querySelector("a"),
    name: element.dataset.n,
    confidence: Number(element.dataset.c),
    index: Number(element.dataset.i),
    generation: Number(element.dataset.g),
    queries: Number(element.dataset.q),
    run: element.dataset.r,
    method: element.dataset.e,
  }));
  const orders = {
    confidence: (a, b) => b.confidence - a.confidence,
    lowest: (a, b) => a.confidence - b.confidence,
    name: (a, b) => a.name.localeCompare(b.name),
    index: (a, b) => a.index - b.index,
    generation: (a, b) => a.generation - b.generation,
    queries: (a, b) => a.queries - b.queries,
  };
  let shown = items, current = null, sortedBy = "", laidOut = [], columnCount = 0;

  function reorder() {
    if (sortedBy === sort.value) return;
    sortedBy = sort.value;
    const compare = orders[sortedBy];
    items.sort((a, b) => compare(a, b) || a.position - b.position);
  }

  const columns = () => getComputedStyle(list).gridTemplateColumns.split(" ").length;

  /* Items are laid out in blocks of a few rows: an image that loads, or a block that becomes visible, then moves
     nothing outside its block. The first block is always laid out; its height gives that of the others. */
  function layOut() {
    const count = columns();
    if (count === columnCount && laidOut.length === shown.length && laidOut.every((item, at) => item === shown[at])) return;
    const focused = list.contains(document.activeElement);
    const blocks = [];
    for (let at = 0; at < shown.length; at += count * ROWS) {
      const block = document.createElement("ul");
      if (at) block.className = "block";
      block.append(...shown.slice(at, at + count * ROWS).map((item) => item.element));
      blocks.push(block);
    }
    list.replaceChildren(...blocks);
    [columnCount, laidOut] = [count, shown];
    if (blocks.length > 1) reserveHeight(blocks, blocks[0].offsetHeight / ROWS);
    if (focused && current) current.link.focus({ preventScroll: true });
  }

  function reserveHeight(blocks, rowHeight) {
    for (const block of blocks.slice(1)) {
      const rows = Math.ceil(block.childElementCount / columnCount);
      block.style.containIntrinsicBlockSize = `auto ${Math.round(rows * rowHeight)}px`;
    }
  }

  function update() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const [bound, name] = thresholds[Number(minimum.value)];
    const [field, value] = filter && filter.value ? [filter.value[0], filter.value.slice(2)] : ["", ""];
    const matches = (item) =>
      words.every((word) => item.name.includes(word)) &&
      (minimum.value === "0" || item.confidence >= Number(bound)) &&
      (!field || (field === "e" ? item.method : item.run) === value);
    shown = items.filter(matches);
    layOut();
    byId("minimum-shown").textContent = name.replace(" %", "\u202f%");
    minimum.setAttribute("aria-valuetext", name);
    byId("count").textContent = `${shown.length} of ${items.length}`;
    byId("no-match").hidden = shown.length > 0;
    setCurrent(shown.includes(current) ? current : shown[0] || null);
  }

  /* One item at a time can be reached with Tab; the arrow keys move between items. */
  function setCurrent(item) {
    if (current) current.link.tabIndex = -1;
    current = item;
    if (current) current.link.tabIndex = 0;
  }

  function onKey(event) {
    const at = shown.findIndex((item) => item.link === event.target);
    if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const steps = {
      ArrowRight: () => at + 1, ArrowLeft: () => at - 1,
      ArrowDown: () => at + columns(), ArrowUp: () => at - columns(),
      Home: () => 0, End: () => shown.length - 1,
    };
    if (!(event.key in steps)) return;
    const target = steps[event.key]();
    event.preventDefault();
    if (target < 0 || target >= shown.length) return;
    setCurrent(shown[target]);
    current.link.focus();
  }

  list.addEventListener("keydown", onKey);
  list.addEventListener("focusin", (event) => {
    const item = shown.find((each) => each.link === event.target);
    if (item) setCurrent(item);
  });
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) || document.querySelector("dialog[open]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      search.focus();
    }
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && shown.length) { setCurrent(shown[0]); current.link.focus(); event.preventDefault(); }
  });
  for (const input of [search, minimum]) input.addEventListener("input", update);
  sort.addEventListener("change", () => { reorder(); update(); });
  if (filter) filter.addEventListener("change", update);
  window.addEventListener("resize", layOut);
  for (const item of items) item.link.tabIndex = -1;
  byId("tools").hidden = false;
  byId("hint").hidden = false;
  reorder();
  update();

  /* For the dialog of a champion: its neighbors in the order on the screen. */
  window.foolery = window.foolery || {};
  window.foolery.neighbor = (id, step) => {
    const at = shown.findIndex((item) => item.link.dataset.id === id);
    const item = shown[at < 0 ? 0 : at + step];
    return item ? item.link.dataset.id : null;
  };
  window.foolery.focusOn = (id) => {
    const item = shown.find((each) => each.link.dataset.id === id);
    if (item) { setCurrent(item); item.link.focus(); }
  };
})();
