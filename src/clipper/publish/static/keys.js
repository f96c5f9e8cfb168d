/* clipper: the key / goes to the search box, unless the reader has switched that off on the search page. */
"use strict";
(() => {
  const box = document.getElementById("q");
  const choice = document.getElementById("slash");
  const remembered = (value) => {
    try {
      if (value !== undefined) localStorage.setItem("clipper-slash", value);
      return localStorage.getItem("clipper-slash");
    } catch {
      return null; // a browser that remembers nothing
    }
  };
  if (choice) {
    choice.checked = remembered() !== "off";
    choice.addEventListener("change", () => remembered(choice.checked ? "on" : "off"));
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || !box) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
    if (choice ? !choice.checked : remembered() === "off") return;
    event.preventDefault();
    box.focus();
    box.select();
  });
})();
