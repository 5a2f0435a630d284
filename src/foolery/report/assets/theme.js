/* Light or dark: as the system is set, unless the reader chooses. Runs before anything is drawn. */
"use strict";
(function () {
  const names = ["system", "light", "dark"];
  const root = document.documentElement;
  const stored = () => { try { return localStorage.getItem("foolery-theme"); } catch { return null; } };
  let theme = names.includes(stored()) ? stored() : "system";

  function apply() {
    if (theme === "system") root.removeAttribute("data-theme");
    else root.setAttribute("data-theme", theme);
  }

  apply();
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    if (!button) return;
    const name = button.querySelector("span");
    name.textContent = theme;
    button.hidden = false;
    button.addEventListener("click", () => {
      theme = names[(names.indexOf(theme) + 1) % names.length];
      name.textContent = theme;
      try { localStorage.setItem("foolery-theme", theme); } catch { /* it holds for this page */ }
      apply();
    });
  });
})();
