/* The gallery: search, order, filters and keys. Without this script all champions stand there as links. */
"use strict";
(function () {
  const list = document.getElementById("champions");
  if (!list) return;
  const byId = (id) => document.getElementById(id);
  const search = byId("search"), sort = byId("sort"), run = byId("run"), least = byId("least");
  const levels = JSON.parse(list.dataset.levels);
  const ROWS = 8; // of a block
  const tiles = Array.from(list.querySelectorAll("li"), (item, place) => ({
    item, place,
    link: item.querySelector("a"),
    name: item.dataset.n,
    confidence: Number(item.dataset.c),
    index: Number(item.dataset.i),
    generation: Number(item.dataset.g),
    queries: Number(item.dataset.q),
    run: item.dataset.r,
    encoding: item.dataset.e,
  }));
  const orders = {
    confidence: (a, b) => b.confidence - a.confidence,
    unsure: (a, b) => a.confidence - b.confidence,
    name: (a, b) => a.name.localeCompare(b.name),
    index: (a, b) => a.index - b.index,
    generation: (a, b) => a.generation - b.generation,
    queries: (a, b) => a.queries - b.queries,
  };
  let shown = tiles, current = null, ordered = "", laid = [], wide = 0;

  function reorder() {
    if (ordered === sort.value) return;
    ordered = sort.value;
    const by = orders[ordered];
    tiles.sort((a, b) => by(a, b) || a.place - b.place);
  }

  const columns = () => getComputedStyle(list).gridTemplateColumns.split(" ").length;

  /* Tiles stand in blocks of a few rows: a picture that arrives, and a block that comes into sight, then move
     nothing outside their block. The first is always laid out, and tells how high the others will be. */
  function lay() {
    const across = columns();
    if (across === wide && laid.length === shown.length && laid.every((tile, at) => tile === shown[at])) return;
    const focused = list.contains(document.activeElement);
    const blocks = [];
    for (let at = 0; at < shown.length; at += across * ROWS) {
      const block = document.createElement("ul");
      if (at) block.className = "block";
      block.append(...shown.slice(at, at + across * ROWS).map((tile) => tile.item));
      blocks.push(block);
    }
    list.replaceChildren(...blocks);
    [wide, laid] = [across, shown];
    if (blocks.length > 1) expect(blocks, blocks[0].offsetHeight / ROWS);
    if (focused && current) current.link.focus({ preventScroll: true });
  }

  function expect(blocks, row) {
    for (const block of blocks.slice(1)) {
      const rows = Math.ceil(block.childElementCount / wide);
      block.style.containIntrinsicBlockSize = `auto ${Math.round(rows * row)}px`;
    }
  }

  function update() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const [bound, name] = levels[Number(least.value)];
    const [what, which] = run && run.value ? [run.value[0], run.value.slice(2)] : ["", ""];
    const fits = (tile) =>
      words.every((word) => tile.name.includes(word)) &&
      (least.value === "0" || tile.confidence >= Number(bound)) &&
      (!what || (what === "e" ? tile.encoding : tile.run) === which);
    shown = tiles.filter(fits);
    lay();
    byId("least-shown").textContent = name.replace(" %", "\u202f%");
    least.setAttribute("aria-valuetext", name);
    byId("count").textContent = `${shown.length} of ${tiles.length}`;
    byId("nothing").hidden = shown.length > 0;
    settle(shown.includes(current) ? current : shown[0] || null);
  }

  /* One tile at a time can be reached with Tab; arrows move between them. */
  function settle(tile) {
    if (current) current.link.tabIndex = -1;
    current = tile;
    if (current) current.link.tabIndex = 0;
  }

  function onKey(event) {
    const at = shown.findIndex((tile) => tile.link === event.target);
    if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const steps = {
      ArrowRight: () => at + 1, ArrowLeft: () => at - 1,
      ArrowDown: () => at + columns(), ArrowUp: () => at - columns(),
      Home: () => 0, End: () => shown.length - 1,
    };
    if (!(event.key in steps)) return;
    const to = steps[event.key]();
    event.preventDefault();
    if (to < 0 || to >= shown.length) return;
    settle(shown[to]);
    current.link.focus();
  }

  list.addEventListener("keydown", onKey);
  list.addEventListener("focusin", (event) => {
    const tile = shown.find((each) => each.link === event.target);
    if (tile) settle(tile);
  });
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) || document.querySelector("dialog[open]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      search.focus();
    }
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && shown.length) { settle(shown[0]); current.link.focus(); event.preventDefault(); }
  });
  for (const input of [search, least]) input.addEventListener("input", update);
  sort.addEventListener("change", () => { reorder(); update(); });
  if (run) run.addEventListener("change", update);
  window.addEventListener("resize", lay);
  for (const tile of tiles) tile.link.tabIndex = -1;
  byId("tools").hidden = false;
  byId("hint").hidden = false;
  reorder();
  update();

  /* What the panel of a champion asks: who comes before and after, in the order on the screen. */
  window.foolery = window.foolery || {};
  window.foolery.beside = (id, step) => {
    const at = shown.findIndex((tile) => tile.link.dataset.id === id);
    const tile = shown[at < 0 ? 0 : at + step];
    return tile ? tile.link.dataset.id : null;
  };
  window.foolery.focus = (id) => {
    const tile = shown.find((each) => each.link.dataset.id === id);
    if (tile) { settle(tile); tile.link.focus(); }
  };
})();
