// Keys, and forms that ask the page anew as they change; every page works without it.
const $ = (selector, root = document) => root.querySelector(selector);

// "/" goes to the search field, j and k walk through a table's rows, Enter opens one, Esc leaves.
let at = -1;
const rows = () => [...document.querySelectorAll("tbody tr:has(a)")];
function walk(step) {
  const all = rows();
  if (!all.length) return;
  all[at]?.removeAttribute("data-at");
  at = Math.min(all.length - 1, Math.max(0, at + step));
  all[at].setAttribute("data-at", "");
  all[at].scrollIntoView({ block: "nearest" });
}
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea");
  if (event.key === "Escape") { typing?.blur(); document.querySelectorAll("details[open]").forEach((d) => { d.open = false; }); return; }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") { const field = $("input[type=search]"); if (field) { event.preventDefault(); field.focus(); } }
  if (event.key === "j") walk(1);
  if (event.key === "k") walk(-1);
  if (event.key === "Enter" && at >= 0 && !event.target.closest("a, button, summary")) $("a", rows()[at])?.click();
});

// Filters and what-if forms ask the page anew as soon as they change, keeping the old content until the new one is there.
let asking = 0;
async function ask(form) {
  const turn = ++asking;
  const query = new URLSearchParams(new FormData(form));
  for (const [name, value] of [...query]) if (!value) query.delete(name);
  const address = `${form.getAttribute("action")}?${query}`;
  const main = $("#main");
  const slow = setTimeout(() => main.setAttribute("aria-busy", "true"), 200);
  const focused = document.activeElement?.name;
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    const html = await answer.text();
    if (turn !== asking) return;
    main.innerHTML = html;
    history.replaceState(null, "", address);
    listen();
    if (focused) $(`[name="${CSS.escape(focused)}"]`, main)?.focus();
  } finally { clearTimeout(slow); main.removeAttribute("aria-busy"); }
}
function listen() {
  at = -1;
  for (const form of document.querySelectorAll("form.filters, form[data-live-form]")) {
    if (form.dataset.heard) continue;
    form.dataset.heard = "1";
    form.addEventListener("change", () => ask(form));
    form.addEventListener("submit", (event) => { event.preventDefault(); ask(form); });
  }
}
window.addEventListener("popstate", () => location.reload());
listen();
