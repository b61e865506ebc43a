// Offers people while an @ is typed into a comment; without this file a login is typed in full.

const WAIT = 180; // milliseconds of rest before a search
const WORD = /(?:^|[\s(])@([\p{L}\p{N}._+-]{0,60})$/u;
let number = 0;

class Mentions {
  constructor(area) {
    this.area = area;
    this.items = [];
    this.active = -1;
    this.asked = 0;
    number += 1;
    this.list = document.createElement("ul");
    this.list.id = `mention-${number}`;
    this.list.className = "combo-list";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", area.labels[0]?.textContent.trim() ?? "");
    this.list.hidden = true;
    area.after(this.list);
    area.parentElement.classList.add("mentions");
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-controls", this.list.id);
    area.addEventListener("input", () => this.typed());
    area.addEventListener("keydown", (event) => this.pressed(event));
    area.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // keep the focus in the text
      const option = event.target.closest("[role=option]");
      if (option) this.choose([...this.list.children].indexOf(option));
    });
  }

  get word() {
    return WORD.exec(this.area.value.slice(0, this.area.selectionStart))?.[1];
  }

  typed() {
    clearTimeout(this.timer);
    if (this.word === undefined) this.close();
    else this.timer = setTimeout(() => this.search(), WAIT);
  }

  async search() {
    const question = ++this.asked;
    const { mentions, public: given } = this.area.dataset;
    const open = given || (this.area.form.elements.public?.checked ? "1" : "");
    try {
      const response = await fetch(`${mentions}?q=${encodeURIComponent(this.word ?? "")}&public=${open}`, { credentials: "same-origin" });
      const answer = response.ok ? await response.json() : { items: [] };
      if (question === this.asked && document.activeElement === this.area) this.open(answer.items);
    } catch {
      this.close();
    }
  }

  open(items) {
    this.items = items;
    if (!items.length) return this.close();
    this.list.replaceChildren(...items.map((item, place) => {
      const option = document.createElement("li");
      option.id = `${this.list.id}-${place}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      const name = document.createElement("b");
      name.textContent = item.name;
      option.append(name, ` @${item.login}`);
      return option;
    }));
    this.list.hidden = false;
    this.active = -1;
    this.move(0);
  }

  move(to) {
    this.list.children[this.active]?.setAttribute("aria-selected", "false");
    this.active = (to + this.items.length) % this.items.length;
    const option = this.list.children[this.active];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.area.setAttribute("aria-activedescendant", option.id);
  }

  pressed(event) {
    if (this.list.hidden) return;
    if (event.key === "ArrowDown") this.move(this.active + 1);
    else if (event.key === "ArrowUp") this.move(this.active - 1);
    else if ((event.key === "Enter" && !event.ctrlKey) || event.key === "Tab") this.choose(this.active);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  choose(place) {
    const item = this.items[place];
    const end = this.area.selectionStart;
    const begin = end - (this.word ?? "").length;
    if (!item || this.word === undefined) return;
    this.area.setRangeText(`${item.login} `, begin, end, "end");
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
    this.close();
  }

  close() {
    clearTimeout(this.timer);
    this.asked += 1;
    this.list.hidden = true;
    this.area.removeAttribute("aria-activedescendant");
  }
}

function start(root) {
  for (const area of root.querySelectorAll("textarea[data-mentions]:not([data-started])")) {
    area.dataset.started = "1";
    new Mentions(area);
  }
}

start(document);
document.addEventListener("htmx:afterSettle", (event) => start(event.target));
