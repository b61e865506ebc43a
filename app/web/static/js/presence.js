// Tells others that somebody is writing in a task's form, and asks who else is; both rest while the page is hidden.

const ASK = 30000; // milliseconds between two looks at who else is writing
const TELL = 45000; // and between two notes that we are

let told = 0;
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form?.matches("form[data-draft]") || Date.now() - told < TELL) return;
  told = Date.now();
  const data = new FormData();
  data.set("_csrf", form.elements._csrf.value);
  fetch(`${new URL(form.action).pathname}/presence`, { method: "POST", body: data, credentials: "same-origin" })
    .catch(() => {}); // the draft that follows says the same
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "detail") told = 0;
});

const ask = () => {
  const place = document.querySelector("[data-presence]");
  if (place && !document.hidden) window.htmx?.trigger(place, "look");
};
setInterval(ask, ASK);
document.addEventListener("visibilitychange", ask);
