// What pages gain when scripts run; every page works without.
import "./forms.js";
import "./reference.js";
import { showDiagrams } from "./diagrams.js";
import { watchDrafts } from "./drafts.js";
import "./canned.js";
import "./mentions.js";
import "./presence.js";
import "./workload.js";
import "./keys.js";

document.documentElement.classList.add("js");

function prepare(root) {
  for (const hidden of root.querySelectorAll("button.keys, [data-enlarge]")) hidden.hidden = false;
  showDiagrams(root);
  watchDrafts(root);
}

prepare(document);

// A task that was put in beside the list: mark its row, show it on narrow screens, read it out.
document.addEventListener("htmx:afterSwap", (event) => {
  const detail = document.getElementById("detail");
  if (event.detail.target.id !== "detail" || !detail) return;
  prepare(detail);
  document.querySelector(".inbox")?.classList.add("open");
  for (const row of document.querySelectorAll("a.row")) {
    if (row.pathname === location.pathname) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
  document.title = `${detail.querySelector(".crumb [aria-current]")?.textContent ?? ""}, ${detail.querySelector("h1")?.textContent ?? ""} – Stellwerk`;
  detail.focus({ preventScroll: true });
});

document.addEventListener("htmx:beforeSwap", (event) => {
  // A refused or failed request answers with a page of its own.
  if (event.detail.xhr.status >= 400) location.assign(event.detail.pathInfo.requestPath);
});

document.addEventListener("click", (event) => {
  const open = event.target.closest("[data-open]");
  if (open) document.getElementById(open.dataset.open).showModal();
  const close = event.target.closest("[data-close]");
  if (close) close.closest("dialog").close();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A second click on the same button sends nothing twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 4000);
});

addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
