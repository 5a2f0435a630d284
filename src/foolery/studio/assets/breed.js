/* Breeding by hand: nine images, chosen parents, the family tree. The server stores every step. */
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const base = document.documentElement.dataset.base;
  const MOST = 9;
  let key = null, state = null, chosen = [], busy = false;

  function fail(text) { byId("error").textContent = text; byId("error").hidden = !text; }

  async function ask(path, body) {
    const options = body === undefined ? {} : {
      method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/octet-stream" },
    };
    try {
      const response = await fetch(base + path, options);
      const data = await response.json();
      if (!response.ok) { fail(data.error); return null; }
      fail("");
      return data;
    } catch { fail("The studio does not respond."); return null; }
  }

  function element(name, attributes, ...children) {
    const item = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) item.setAttribute(attribute, value);
    item.append(...children);
    return item;
  }

  function image(number, size, text) {
    return element("img", { src: `${base}breed/${key}/picture/${number}.png`, width: size, height: size, alt: text, decoding: "async" });
  }

  function toggle(number) {
    if (chosen.includes(number)) chosen = chosen.filter((each) => each !== number);
    else if (chosen.length < MOST) chosen.push(number);
    marks();
  }

  function marks() {
    for (const button of document.querySelectorAll("[data-number]")) {
      button.setAttribute("aria-pressed", String(chosen.includes(Number(button.dataset.number))));
    }
    byId("next").disabled = busy || !chosen.length;
    byId("enter").disabled = busy || chosen.length !== 1 || !byId("target").value;
    byId("chosen").replaceChildren(...chosen.map((number) => element("li", {}, image(number, 56, `Image ${number}`))));
  }

  function pictureItem(picture, at) {
    const [first, second] = picture.answers;
    const words = `Image ${at + 1}: ${first.label}, ${first.confidence}`;
    const button = element("button", { type: "button", "data-number": picture.number, "aria-pressed": "false", "aria-label": words }, image(picture.number, 168, ""));
    button.addEventListener("click", () => toggle(picture.number));
    const lines = [element("b", { title: first.label }, first.label), element("span", {}, first.confidence)];
    if (second) lines.push(element("span", { class: "quiet" }, `${second.label} ${second.confidence}`));
    return element("li", {}, button, ...lines);
  }

  function ancestors(number) {
    const parents = new Map(state.tree.map((each) => [each.number, each.parents])), seen = new Set(), waiting = [number];
    while (waiting.length) {
      const at = waiting.pop();
      if (!seen.has(at)) { seen.add(at); waiting.push(...(parents.get(at) ?? [])); }
    }
    return seen;
  }

  function frame(number) {
    const family = number === null ? new Set() : ancestors(number);
    for (const button of byId("tree").querySelectorAll("button")) button.classList.toggle("ancestor", family.has(Number(button.dataset.number)));
  }

  function tree() {
    const rows = new Map();
    for (const each of state.tree) rows.set(each.generation, [...(rows.get(each.generation) ?? []), each]);
    byId("tree").replaceChildren(...[...rows].map(([generation, members]) => {
      const row = element("div", { class: generation === state.generation ? "row now" : "row" }, element("span", { class: "quiet" }, String(generation)));
      for (const each of members) {
        const parents = each.parents.length ? `, of ${each.parents.join(" and ")}` : "";
        const button = element("button", { type: "button", "data-number": each.number, "aria-pressed": "false", "aria-label": `Image ${each.number} of generation ${generation}${parents}` }, image(each.number, 40, ""));
        button.addEventListener("click", () => toggle(each.number));
        for (const event of ["mouseenter", "focus"]) button.addEventListener(event, () => frame(each.number));
        for (const event of ["mouseleave", "blur"]) button.addEventListener(event, () => frame(null));
        row.append(button);
      }
      return row;
    }));
  }

  function show(data) {
    state = data;
    byId("start").hidden = true;
    byId("desk").hidden = false;
    byId("where").textContent = `${data.name}, generation ${data.generation} of ${data.last}`;
    byId("answers").value = String(data.classifier);
    byId("pictures").replaceChildren(...data.pictures.map(pictureItem));
    byId("best").replaceChildren(...data.best.map((each) => element("li", {}, image(each.number, 56, ""), element("b", { title: each.label }, each.label), element("span", {}, each.confidence))));
    tree();
    byId("back").disabled = data.generation === 0;
    byId("forward").disabled = data.generation === data.last;
    byId("report").href = `${base}run/${key}/report/`;
    byId("live").href = `${base}run/${key}/`;
    history.replaceState(null, "", `?run=${key}`);
    marks();
  }

  async function work(path, body) {
    if (busy) return;
    busy = true;
    marks();
    const data = await ask(path, body);
    busy = false;
    if (data) show(data); else if (state) marks();
  }

  const look = (generation) => work(`breed/${key}/state.json?generation=${generation}&classifier=${byId("answers").value}`);

  async function breed() {
    const before = chosen;
    if (busy || !before.length) return;
    chosen = [];
    await work(`breed/${key}/next`, { chosen: before, classifier: Number(byId("answers").value) });
    byId("pictures").querySelector("button")?.focus();
  }

  async function start(event) {
    event.preventDefault();
    if (busy) return;
    busy = true;
    const run = byId("source").value || null;
    const data = await ask("breed/start", { classifier: Number(byId("classifier").value), run, cell: run ? Number(byId("cell").value) : null });
    busy = false;
    if (data) { key = data.key; chosen = []; show(data); byId("pictures").querySelector("button").focus(); }
  }

  async function cells() {
    const run = byId("source").value;
    byId("cell-label").hidden = !run;
    if (!run) return;
    const data = await ask(`run/${run}/champions.json`);
    if (data) byId("cell").replaceChildren(...data.map((each) => element("option", { value: each.cell }, `${each.label} (${each.confidence_text})`)));
  }

  async function enter() {
    const data = await ask(`breed/${key}/enter`, { number: chosen[0], run: byId("target").value });
    if (!data) return;
    byId("entered").textContent = data.classes.length
      ? `It is now the champion of ${data.classes.join(", ")} in ${data.run}.`
      : `No class of ${data.run} takes it: each has a better champion.`;
  }

  byId("start-form").addEventListener("submit", start);
  byId("source").addEventListener("change", cells);
  byId("next").addEventListener("click", breed);
  byId("back").addEventListener("click", () => look(state.generation - 1));
  byId("forward").addEventListener("click", () => look(state.generation + 1));
  byId("clear").addEventListener("click", () => { chosen = []; marks(); });
  byId("answers").addEventListener("change", () => look(state.generation));
  byId("target").addEventListener("change", marks);
  byId("enter").addEventListener("click", enter);
  document.addEventListener("keydown", (event) => {
    if (!state || event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT") return;
    const place = "123456789".indexOf(event.key);
    if (place >= 0 && state.pictures[place]) toggle(state.pictures[place].number);
    else if (event.key === "b" || event.key === "B") breed();
    else if (event.key === "ArrowLeft" && state.generation > 0) look(state.generation - 1);
    else if (event.key === "ArrowRight" && state.generation < state.last) look(state.generation + 1);
  });

  const words = new URLSearchParams(location.search), runs = JSON.parse(byId("runs-data").textContent);
  const wanted = words.get("run") ?? runs.find((each) => each.name === words.get("name"))?.key;
  if (words.get("from")) { byId("source").value = words.get("from"); cells(); }
  if (wanted) { key = wanted; work(`breed/${key}/state.json`); }
})();
