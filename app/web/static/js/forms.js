// Forms that follow their answers: conditions, rows and files without losing focus, typing or chosen files.
// Without this file the same buttons post the page; the server answers both with the whole page.

const BOX = "[data-form-fields]";
const taken = new Map(); // fields that a condition took away, in case it brings them back

function key(node) {
  return node.dataset ? node.dataset.field : undefined;
}

// Keep what is there; put in what is new and take out what has gone. Moving a node would lose its focus.
function merge(old, fresh, replaced) {
  const wanted = new Map([...fresh.children].map((node) => [key(node), node]));
  for (const node of [...old.children]) {
    if (!wanted.has(key(node))) {
      taken.set(node.querySelector("[name]")?.name, node);
      node.remove();
    }
  }
  let next = old.firstElementChild;
  for (const node of [...fresh.children]) {
    if (next && key(next) === key(node)) {
      const kept = next;
      next = next.nextElementSibling;
      if (key(node) === replaced) replace(kept, node);
      else mergeInside(kept, node, replaced);
    } else {
      old.insertBefore(earlier(node) || node, next);
    }
  }
}

function earlier(node) {
  const name = node.querySelector("[name]")?.name;
  const found = taken.get(name);
  taken.delete(name);
  return found && !node.matches("[data-list], .rowgrp") && found.className === node.className ? found : null;
}

function mergeInside(kept, node, replaced) {
  const one = kept.querySelector("[data-fields]");
  const two = node.querySelector("[data-fields]");
  if (!one || !two) return;
  merge(one, two, replaced);
  if (kept.matches("[data-list]")) swapAddButton(kept, node);
}

// A list that is full, or no longer full, loses or gains its button.
function swapAddButton(kept, node) {
  const find = (list) => [...list.children].find((child) => child.value?.startsWith("add:"));
  const one = find(kept);
  const two = find(node);
  if (one && !two) one.remove();
  if (!one && two) kept.querySelector(":scope > [data-fields]").after(two);
}

// A list whose entries have moved up is put in anew; a file that was chosen but not sent yet stays chosen.
function replace(kept, node) {
  const chosen = kept.querySelector(":scope > input[type=file]");
  const empty = node.querySelector(":scope > input[type=file]");
  if (chosen && empty) empty.replaceWith(chosen);
  kept.replaceWith(node);
}

function answers(form, button) {
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  data.set("_form", button ? button.value : "refresh");
  return data;
}

async function ask(form, data) {
  const response = await fetch(form.action, {
    method: "POST",
    body: data,
    headers: { "X-Requested-With": "fetch" },
    credentials: "same-origin",
  });
  const type = response.headers.get("Content-Type") || "";
  if (!type.startsWith("text/html") || (!response.ok && response.status !== 422)) throw new Error(response.status);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const box = page.getElementById(form.querySelector(BOX).id);
  if (!box) throw new Error("no form");
  return document.adoptNode(box);
}

const asked = new WeakMap(); // the latest question of each form; answers to earlier ones are dropped

async function refresh(form, button) {
  const box = form.querySelector(BOX);
  const number = (asked.get(form) || 0) + 1;
  asked.set(form, number);
  const fresh = await ask(form, answers(form, button));
  if (asked.get(form) !== number) return;
  const [action, list] = button ? button.value.split(":") : ["refresh", ""];
  const before = box.querySelectorAll("[data-field]").length;
  merge(box.querySelector("[data-fields]"), fresh.querySelector("[data-fields]"), action === "remove" ? list : null);
  box.dispatchEvent(new CustomEvent("form:changed", { bubbles: true }));
  const status = box.querySelector("[data-form-status]");
  if (action === "add") {
    status.textContent = status.dataset.added;
    focusFirst(box.querySelector(`[data-field="${CSS.escape(list)}"] > [data-fields] > :last-child`));
  } else if (action === "remove") {
    status.textContent = status.dataset.removed;
    focusFirst(box.querySelector(`[data-field="${CSS.escape(list)}"]`));
  } else if (box.querySelectorAll("[data-field]").length !== before) {
    status.textContent = status.dataset.changed;
  }
}

function focusFirst(node) {
  node?.querySelector("input:not([type=hidden]), select, textarea, button")?.focus();
}

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches("[data-watched]")) return;
  refresh(input.form, null).catch(() => {}); // the server asks again when the form is sent
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=_form]");
  if (!button || !button.closest(BOX) || !/^(add|remove):/.test(button.value) || button.dataset.plain) return;
  event.preventDefault();
  refresh(button.form, button).catch(() => {
    button.dataset.plain = "1"; // once more, as a page without script would
    button.click();
  });
});

document.querySelector("[data-form-errors]")?.focus();
