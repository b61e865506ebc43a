// Loads the viewer for diagrams only where a page has one.

const dist = new URL("../dist/", import.meta.url);
let styled = false;

export function showDiagrams(root) {
  const boxes = [...root.querySelectorAll("[data-bpmn]:not([data-shown])")];
  if (!boxes.length) return;
  if (!styled) {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL("viewer.css", dist);
    document.head.append(link);
    styled = true;
  }
  for (const box of boxes) {
    box.dataset.shown = "";
    box.hidden = false;
    draw(box);
  }
}

async function draw(box) {
  const card = box.closest("[data-picture]");
  try {
    const { show } = await import(new URL("viewer.js", dist));
    const picture = await show(box);
    if (!picture) return sorry(box, card);
    let wait;
    new ResizeObserver(() => {
      clearTimeout(wait);
      wait = setTimeout(picture.fit, 60);
    }).observe(box);
    card?.querySelector("[data-enlarge]")?.addEventListener("click", (event) => enlarge(card, event.currentTarget, picture));
    box.dataset.ready = "";
  } catch (error) {
    sorry(box, card);
    throw error;
  }
}

// Where no picture is to be had, the same in words is opened.
function sorry(box, card) {
  const words = document.createElement("p");
  words.className = "empty";
  words.textContent = box.dataset.trouble;
  box.replaceChildren(words);
  card?.querySelector("details")?.setAttribute("open", "");
}

function enlarge(card, button, picture) {
  const large = card.classList.toggle("enlarged");
  button.dataset.grow ??= button.textContent;
  button.textContent = large ? button.dataset.shrink : button.dataset.grow;
  button.setAttribute("aria-pressed", String(large));
  picture.scrolling(large);
  picture.fit();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelector(".card.enlarged [data-enlarge]")?.click();
});
