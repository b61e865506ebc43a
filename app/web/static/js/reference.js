// Reference fields as comboboxes (WAI-ARIA APG, editable combobox with list autocomplete).
// Without this file they are text boxes whose text the server looks up. With data-several several stand in one box,
// separated by commas: suggestions are for the last of them, and no id goes along.

const WAIT = 180; // milliseconds of rest before a search
let number = 0;

class Reference {
  constructor(box) {
    this.box = box;
    this.input = box.querySelector("input[type=text]");
    this.hidden = box.querySelector(`input[name="${CSS.escape(this.input.name.replace(/~text$/, ""))}"]`);
    this.label = box.querySelector(`input[name$="~label"]`);
    this.several = "several" in box.dataset;
    this.items = [];
    this.active = -1;
    this.asked = 0;
    number += 1;
    this.list = document.createElement("ul");
    this.list.id = `combo-${number}`;
    this.list.className = "combo-list";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.input.labels[0]?.firstChild.textContent.trim() || "");
    this.list.hidden = true;
    this.status = document.createElement("span");
    this.status.className = "form-hidden";
    this.status.setAttribute("role", "status");
    box.append(this.list, this.status);
    for (const [name, value] of [
      ["role", "combobox"],
      ["aria-autocomplete", "list"],
      ["aria-expanded", "false"],
      ["aria-controls", this.list.id],
    ]) this.input.setAttribute(name, value);
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.pressed(event));
    this.input.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // keep the focus in the input
      const option = event.target.closest("[role=option]");
      if (option) this.choose([...this.list.children].indexOf(option));
    });
  }

  get asking() {
    return (this.several ? this.input.value.split(",").pop() : this.input.value).trim();
  }

  typed() {
    clearTimeout(this.timer);
    if (this.asking === "") {
      this.set("", "");
      this.close();
      return;
    }
    this.timer = setTimeout(() => this.search(), WAIT);
  }

  async search() {
    const question = ++this.asked;
    const url = `${this.box.dataset.reference}?q=${encodeURIComponent(this.asking)}`;
    try {
      const response = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      const answer = response.ok ? await response.json() : { items: [] };
      if (question === this.asked && document.activeElement === this.input) this.open(answer.items);
    } catch {
      this.close(); // the server looks the text up when the form is sent
    }
  }

  open(items) {
    this.items = items;
    this.active = -1;
    this.list.replaceChildren(...items.map((item, place) => this.option(item, place)));
    if (!items.length) {
      const none = document.createElement("li");
      none.className = "combo-none";
      none.textContent = this.box.dataset.none;
      this.list.append(none);
    }
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.input.removeAttribute("aria-activedescendant");
    this.status.textContent = items.length ? `${this.box.dataset.found} ${items.length}` : this.box.dataset.none;
  }

  option(item, place) {
    const option = document.createElement("li");
    option.id = `${this.list.id}-${place}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    const label = document.createElement("b");
    label.textContent = item.label;
    option.append(label);
    if (item.detail) {
      const detail = document.createElement("span");
      detail.textContent = item.detail;
      option.append(" ", detail);
    }
    return option;
  }

  move(to) {
    if (!this.items.length) return;
    const count = this.items.length;
    this.list.children[this.active]?.setAttribute("aria-selected", "false");
    this.active = (to + count) % count;
    const option = this.list.children[this.active];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  pressed(event) {
    const open = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) this.search();
      else this.move(event.key === "ArrowDown" ? this.active + 1 : this.active < 0 ? -1 : this.active - 1);
    } else if (event.key === "Enter" && open && !event.ctrlKey) {
      event.preventDefault();
      if (this.active >= 0) this.choose(this.active);
      else if (this.items.length === 1) this.choose(0);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    }
  }

  choose(place) {
    const item = this.items[place];
    if (!item) return;
    if (this.several) {
      this.input.value = [...this.input.value.split(",").slice(0, -1).map((one) => one.trim()), item.login, ""].join(", ");
      return this.close();
    }
    this.set(item.id, item.label);
    this.input.value = item.label;
    this.close();
    this.hidden.dispatchEvent(new Event("change", { bubbles: true }));
  }

  set(id, label) {
    if (this.several) return;
    this.hidden.value = id;
    this.label.value = label;
  }

  close() {
    clearTimeout(this.timer);
    this.asked += 1;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

function start(root) {
  for (const box of root.querySelectorAll("[data-reference]:not([data-started])")) {
    box.dataset.started = "1";
    new Reference(box);
  }
}

start(document);
document.addEventListener("form:changed", (event) => start(event.target));
document.addEventListener("htmx:afterSettle", (event) => start(event.target));
