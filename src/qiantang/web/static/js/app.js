// Keys, and what is said when an answer does not come; filters and portions are htmx's, and every page works without any of it.
const $ = (selector, root = document) => root.querySelector(selector);
const main = $("#main");

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

// A menu that is open closes when one points elsewhere.
document.addEventListener("click", ({ target }) => { document.querySelectorAll("details.more[open]").forEach((d) => { if (!d.contains(target)) d.open = false; }); });

// Where changes are asked at once, no button is needed for it.
if (globalThis.htmx) document.documentElement.classList.add("asks");

// What was not filled in is not asked, so that addresses stay short.
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (ctx.request.method !== "GET") return;
  for (const [name, value] of [...ctx.request.body]) if (value === "") ctx.request.body.delete(name);
  if (ctx.sourceElement.matches("form")) ctx.request.action = ctx.request.action.split("?")[0];
});
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => { if (ctx.target === main) { at = -1; $(".lost")?.remove(); } });

// No answer: what is there stays, and it is said; the next answer takes the words away.
document.addEventListener("htmx:error", () => {
  if ($(".lost")) return;
  const said = document.createElement("p");
  said.className = "lost banner watch";
  said.setAttribute("role", "status");
  said.textContent = main.dataset.lost;
  main.before(said);
});

// A range says its value while it is moved.
document.addEventListener("input", ({ target }) => {
  if (target.type === "range") target.closest("label").querySelector("output").textContent = target.value;
});
