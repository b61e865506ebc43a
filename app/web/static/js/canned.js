// Puts a ready-made answer where the cursor stands; without this file the server puts it behind the text.

let last = null;
document.addEventListener("focusin", (event) => {
  if (event.target.matches("textarea")) last = event.target;
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-canned] button");
  if (!button) return;
  const form = button.form;
  const box = button.closest("[data-canned]");
  const option = box.querySelector("select").selectedOptions[0];
  const field = box.querySelector("[name=_canned_field]")?.value ?? "body";
  const area = last?.form === form ? last : form.elements[field];
  if (!area?.setRangeText) return;
  event.preventDefault();
  if (!option?.dataset.text) return;
  area.setRangeText(option.dataset.text, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
});
