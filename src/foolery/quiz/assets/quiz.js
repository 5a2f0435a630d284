/* One person, one order: trials and sides are shuffled by the quiz's seed and the person's name. */
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const quiz = JSON.parse(byId("data").textContent);
  const PAUSE = 150; // milliseconds in which a second press is not taken for the next answer
  let order = [], answers = [], person = "", started = "", shownAt = 0;

  function generator(text) { // mulberry32, seeded by FNV-1a
    let state = 2166136261;
    for (const letter of text) state = Math.imul(state ^ letter.codePointAt(0), 16777619);
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
  }

  function arrange() {
    const random = generator(`${quiz.seed} ${quiz.quiz} ${person}`);
    order = quiz.trials.map((trial, at) => ({ trial, swap: at % 2 === 1 })); // half of the targets on either side
    for (const key of ["swap", "trial"]) {
      for (let at = order.length - 1; at > 0; at -= 1) {
        const other = Math.floor(random() * (at + 1));
        [order[at][key], order[other][key]] = [order[other][key], order[at][key]];
      }
    }
  }

  const memory = () => `foolery-quiz ${quiz.quiz} ${person}`;
  function keep() { try { localStorage.setItem(memory(), JSON.stringify({ started, answers })); } catch { /* a browser may refuse */ } }
  function remembered() { try { return JSON.parse(localStorage.getItem(memory())); } catch { return null; } }

  function show(name) { for (const each of ["opening", "asking", "closing"]) byId(each).hidden = each !== name; }

  function next() {
    if (answers.length === order.length) { finish(); return; }
    const { trial, swap } = order[answers.length];
    byId("image").src = trial.image;
    byId("left").textContent = swap ? trial.foil : trial.target;
    byId("right").textContent = swap ? trial.target : trial.foil;
    byId("place").textContent = `Image ${answers.length + 1} of ${order.length}`;
    byId("progress").value = answers.length / order.length;
    shownAt = performance.now();
    show("asking");
  }

  function answer(side) {
    const milliseconds = Math.round(performance.now() - shownAt);
    if (byId("asking").hidden || milliseconds < PAUSE) return;
    const { trial } = order[answers.length];
    answers.push({
      trial: trial.name, kind: trial.kind, target: trial.target, foil: trial.foil,
      chosen: byId(side).textContent, side, place: answers.length, milliseconds,
    });
    keep();
    next();
  }

  function finish() {
    const document_ = {
      foolery_quiz_answers: quiz.version, quiz: quiz.quiz, seed: quiz.seed, networks: quiz.networks,
      trials: quiz.trials.length, person, started, ended: new Date().toISOString(), answers,
    };
    const link = byId("save");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(document_, null, 1)], { type: "application/json" }));
    link.download = `answers-${quiz.quiz}-${person.replace(/[^A-Za-z0-9-]+/g, "_")}.json`;
    byId("answered").textContent = String(answers.length);
    show("closing");
    link.focus();
  }

  byId("count").textContent = String(quiz.trials.length);
  byId("start").addEventListener("submit", (event) => {
    event.preventDefault();
    person = byId("person").value.trim();
    if (!person) return;
    arrange();
    const earlier = remembered();
    started = earlier?.started ?? new Date().toISOString();
    answers = earlier?.answers ?? [];
    next();
  });
  byId("left").addEventListener("click", () => answer("left"));
  byId("right").addEventListener("click", () => answer("right"));
  byId("again").addEventListener("click", () => { byId("person").value = ""; show("opening"); byId("person").focus(); });
  document.addEventListener("keydown", (event) => {
    if (event.repeat || byId("asking").hidden) return;
    if (event.key === "ArrowLeft") answer("left");
    if (event.key === "ArrowRight") answer("right");
  });
})();
