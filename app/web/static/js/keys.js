// Shortcuts: J and K go through the list, C claims, P puts off, / searches, ? explains, Ctrl+Enter sends.
// The single keys can be switched off in the account (WCAG 2.1.4).

const single = () => document.body.hasAttribute("data-single-keys");

function step(by) {
  const rows = [...document.querySelectorAll("a.row")];
  if (!rows.length) return;
  const here = rows.findIndex((row) => row.getAttribute("aria-current"));
  const next = rows[here < 0 ? (by > 0 ? 0 : rows.length - 1) : here + by];
  if (!next) return;
  next.scrollIntoView({ block: "nearest" });
  next.click();
}

const ACTIONS = {
  j: () => step(1),
  k: () => step(-1),
  c: () => document.querySelector("[data-key=c]")?.click(),
  p: () => document.querySelector("[data-key=p]")?.click(),
  "/": () => document.getElementById("search")?.focus(),
  "?": () => document.getElementById("keys")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const near = event.target.closest?.("form")?.querySelector("[data-key=complete]");
    const button = near ?? document.querySelector("[data-key=complete]");
    if (button) {
      event.preventDefault();
      button.click();
    }
    return;
  }
  if (!single() || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  // A button of a dialog that was just closed may still be what has the focus.
  if (event.target.closest?.("input, textarea, select, dialog[open], [contenteditable], .bpmn")) return;
  const action = ACTIONS[event.key.toLowerCase()];
  if (action) {
    event.preventDefault();
    action();
  }
});
