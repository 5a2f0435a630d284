/* The curve of a run in progress: median and minimum confidence of the champions over the generations. */
"use strict";
(function () {
  const SVG = "http://www.w3.org/2000/svg";
  const SIDE = 1000, MAX_POINTS = 1200;
  const LABELS = ["0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %", "99.9999 %"];
  const SUPERSCRIPTS = "⁰ ¹ ² ³ ⁴ ⁵ ⁶ ⁷ ⁸ ⁹ ¹⁰".split(" ");

  function svgElement(name, attributes, text) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  }

  /* Low and high end of the vertical axis, and its ticks as [value, label]. */
  function axis(points, kind) {
    const values = points.flatMap((point) => [point[1], point[3]]);
    if (kind === "similarity") {
      const low = Math.min(...values), high = Math.max(...values, low + 0.01);
      return { low, high, ticks: [low, (low + high) / 2, high].map((at) => [at, at.toFixed(2).replace("-", "−")]) };
    }
    const high = Math.min(Math.max(1, Math.ceil(Math.max(...values) - 1e-9)), 10);
    const step = high <= 6 ? 1 : 2, ticks = [];
    for (let at = 0; at <= high; at += step) ticks.push([at, LABELS[at] ?? `1 − 10⁻${SUPERSCRIPTS[at]}`]);
    if (high <= 4) ticks.splice(1, 0, [Math.log10(2), "50 %"]);
    return { low: 0, high, ticks };
  }

  function rounded(most) {
    const power = 10 ** Math.floor(Math.log10(Math.max(most, 1)));
    return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= most) ?? most;
  }

  function draw(box, points, kind, runs = null) {
    const { low, high, ticks } = axis(points, kind);
    const first = points[0][0], last = points[points.length - 1][0];
    const across = (at) => (last > first ? (SIDE * (at - first)) / (last - first) : 0);
    const down = (value) => SIDE * (1 - (Math.min(Math.max(value, low), high) - low) / (high - low));
    const left = svgElement("svg", { class: "ticks", height: "100%", "aria-hidden": "true" });
    const right = svgElement("svg", { class: "lines", height: "100%", "aria-hidden": "true" });
    const inner = svgElement("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, preserveAspectRatio: "none", width: "100%", height: "88%" });
    for (const [value, label] of ticks) {
      const y = down(value);
      left.append(svgElement("text", { x: "100%", y: `${(y / SIDE) * 88}%`, dy: "4", "text-anchor": "end" }, label));
      inner.append(svgElement("line", { class: "grid", x1: 0, x2: SIDE, y1: y, y2: y, "vector-effect": "non-scaling-stroke" }));
    }
    for (const run of runs ?? []) {
      const all = run.curve.map(([at, value]) => `${across(at).toFixed(1)},${down(value).toFixed(1)}`);
      const line = svgElement("polyline", { class: "median one", points: (all.length > 1 ? all : [all[0], all[0]]).join(" ") });
      line.dataset.key = run.key;
      line.append(svgElement("title", {}, run.texts.name));
      inner.append(line);
    }
    for (const [name, column] of runs ? [] : [["min", 3], ["median", 1]]) {
      const all = points.map((point) => `${across(point[0]).toFixed(1)},${down(point[column]).toFixed(1)}`);
      inner.append(svgElement("polyline", { class: name, points: (all.length > 1 ? all : [all[0], all[0]]).join(" ") }));
    }
    right.append(inner);
    const step = Math.max(1, rounded((last - first) / 4));
    const marks = [last];
    for (let at = Math.ceil(first / step) * step; at < first + 0.86 * (last - first); at += step) marks.push(at);
    for (const at of marks) {
      const x = across(at) / 10;
      right.append(svgElement("text", { x: `${x}%`, y: "99%", "text-anchor": x < 2 ? "start" : x > 98 ? "end" : "middle" }, at.toLocaleString("en-US")));
    }
    box.classList.remove("none");
    box.replaceChildren(left, right);
    const ends = [points[0], points[points.length - 1]].map((point) => `${point[4]} in generation ${point[0]}`);
    box.setAttribute("aria-label", `Median over champions, from ${ends[0]} to ${ends[1]}`);
    box.dataset.points = String(points.length);
  }

  /* Many runs: medians over queries, on one pair of axes; cosines and probabilities do not share one. */
  window.fooleryCurves = function (box, runs) {
    if (!runs.length) {
      box.classList.add("none");
      box.replaceChildren("No run has a generation yet.");
      box.setAttribute("aria-label", "No run yet");
      return;
    }
    const kind = runs.every((run) => run.kind === "similarity") ? "similarity" : "softmax";
    const same = runs.filter((run) => (run.kind === "similarity") === (kind === "similarity"));
    const points = same.flatMap((run) => run.curve.map(([at, value]) => [at, value, value, value, ""]));
    draw(box, points.sort((one, other) => one[0] - other[0]), kind, same);
    box.setAttribute("aria-label", `Medians over queries of ${same.length} runs`);
  };

  window.fooleryCurve = function (box, kind) {
    let points = [];
    return function (added, fresh) {
      if (fresh) points = [];
      if (added.length) points = points.filter((point) => point[0] < added[0][0]); // repeated after an interruption
      points.push(...added);
      if (points.length > MAX_POINTS) points = points.filter((_, at) => at % 2 === 0 || at === points.length - 1);
      if (points.length) draw(box, points, kind);
    };
  };
})();
