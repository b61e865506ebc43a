// Tasks of the workload page can be dragged to a person; the form in each task does the same without.

let dragged = null;
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-movable]") ?? null;
  event.dataTransfer?.setData("text/plain", "");
});

const target = (event) => (dragged ? event.target.closest?.("[data-person]") : null);

document.addEventListener("dragover", (event) => {
  const person = target(event);
  for (const card of document.querySelectorAll("[data-person].over")) if (card !== person) card.classList.remove("over");
  if (!person || person.contains(dragged)) return;
  event.preventDefault();
  person.classList.add("over");
});

document.addEventListener("drop", (event) => {
  const person = target(event);
  if (!person || person.contains(dragged)) return;
  event.preventDefault();
  const form = dragged.querySelector("form");
  form.elements.to.value = person.dataset.person;
  form.requestSubmit();
});

document.addEventListener("dragend", () => {
  dragged = null;
  for (const card of document.querySelectorAll("[data-person].over")) card.classList.remove("over");
});
