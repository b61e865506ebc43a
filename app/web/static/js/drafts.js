// Keeps a draft of a task's form while it is filled in, so that a closed window loses nothing.

const REST = 2500; // milliseconds without a key before the draft is sent
const watched = new WeakSet();

export function watchDrafts(root) {
  for (const form of root.querySelectorAll("form[data-draft]")) {
    if (!watched.has(form)) watch(form);
  }
}

function watch(form) {
  watched.add(form);
  let timer;
  let sent = snapshot(form);
  let leaving = false;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const now = snapshot(form);
      if (leaving || now === sent || !form.isConnected) return;
      sent = now;
      await keep(form).catch(() => {
        sent = "";
        const state = form.querySelector("[data-draft-state]");
        state.textContent = state.dataset.failed;
      });
    }, REST);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("form:changed", later);
  form.addEventListener("submit", () => {
    leaving = true;
    clearTimeout(timer);
  });
}

function fields(form) {
  const data = new FormData(form);
  // Chosen files wait until the form is really sent.
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  return data;
}

function snapshot(form) {
  const data = fields(form);
  data.delete("_version");
  return JSON.stringify([...data]);
}

async function keep(form) {
  const data = fields(form);
  data.set("_form", "draft");
  const answer = await fetch(form.action, {
    method: "POST",
    body: data,
    headers: { "X-Requested-With": "fetch" },
    credentials: "same-origin",
  });
  if (!answer.ok || !answer.headers.get("content-type")?.startsWith("application/json")) throw new Error(answer.status);
  const { version, saved } = await answer.json();
  form.elements._version.value = version;
  const state = form.querySelector("[data-draft-state]");
  state.textContent = state.dataset.saved.replace("{time}", saved);
}
