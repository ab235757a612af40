// Comfort only: every decision works without this file.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // --- times ---------------------------------------------------------------------------------------------
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const relative = (seconds) => {
    const [unit, size] = units.find(([, s]) => Math.abs(seconds) >= s) ?? ["second", 1];
    return unit === "second" ? "just now" : words.format(Math.trunc(seconds / size), unit);
  };
  const ages = () => {
    for (const time of all("time[data-ago]")) {
      const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
      if (!time.title) time.title = time.textContent;
      if (Math.abs(seconds) < 14 * 86400) time.textContent = relative(seconds);
    }
  };
  const leases = () => {
    for (const lease of all("[data-until]")) {
      const left = Math.floor((Date.parse(lease.dataset.until) - Date.now()) / 1000);
      const text = left > 0 ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} left` : "the lease is over: somebody else may take it";
      lease.classList.toggle("soon", left < 120);
      lease.querySelector("span").textContent = text;
    }
  };
  ages();
  leases();
  setInterval(ages, 30000);
  if (document.querySelector("[data-until]")) setInterval(leases, 1000);

  // --- copying -------------------------------------------------------------------------------------------
  for (const button of all("[data-copy]")) {
    button.addEventListener("click", async () => {
      const label = button.lastChild;
      const before = label.textContent;
      try {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
        label.textContent = " Copied";
      } catch {
        getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
        label.textContent = " Selected";
      }
      setTimeout(() => { label.textContent = before; }, 2000);
    });
  }

  // --- lists that fold on a phone ------------------------------------------------------------------------
  const broad = matchMedia("(min-width: 64rem)");
  const unfold = () => all("details[data-open-wide]").forEach((d) => { d.open = broad.matches; });
  unfold();
  broad.addEventListener("change", unfold);
  const current = document.querySelector(".picks [aria-current]");
  if (current && broad.matches) current.closest(".list").scrollTop = current.offsetTop - 120;

  // --- keys: whatever carries data-key answers to it -------------------------------------------------------
  let dialog;
  const keys = () => all("[data-key]").filter((e) => e.checkVisibility?.() ?? true);
  const writing = (target) => target.closest?.("input:not([type=radio], [type=checkbox]), select, textarea, dialog[open]");
  const panels = all(".panel");
  const reveal = () => {
    const panel = panels.find((p) => `#${p.id}` === location.hash);
    if (!panel || panel.contains(document.activeElement)) return; // who is in it already has gone on: the event comes late
    panel.querySelector("select, textarea, input:not([type=hidden])")?.focus({ preventScroll: true });
    panel.scrollIntoView({ block: "nearest" });
  };
  addEventListener("hashchange", reveal);
  reveal();
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && event.target.closest?.(".panel")) {
      location.hash = "#item";
      document.getElementById("item")?.focus();
      return;
    }
    if (event.key === "Escape" && dialog?.open) { dialog.close(); return; } // at once: the browser's own closing lags behind
    if (writing(event.target)) return;
    if (event.key === "?") { event.preventDefault(); help(); return; }
    const found = keys().find((e) => e.dataset.key === event.key);
    if (!found) return;
    event.preventDefault();
    if (found.hash && panels.some((p) => `#${p.id}` === found.hash)) { location.hash = found.hash; reveal(); }
    else if (found.matches("input, select, textarea")) found.focus();
    else found.click();
  });
  for (const element of all("[data-key]")) element.setAttribute("aria-keyshortcuts", element.dataset.key);

  const help = () => {
    dialog?.remove();
    dialog = document.createElement("dialog");
    dialog.setAttribute("aria-labelledby", "keys");
    const title = Object.assign(document.createElement("h2"), { id: "keys", textContent: "Keys on this page" });
    const list = Object.assign(document.createElement("dl"), { className: "keys" });
    const lines = keys().map((e) => [e.dataset.key, e.dataset.says || e.textContent.trim()]);
    for (const [key, says] of [...lines, ["?", "This list"]]) {
      const term = document.createElement("dt");
      term.append(Object.assign(document.createElement("kbd"), { textContent: key }));
      list.append(term, Object.assign(document.createElement("dd"), { textContent: says }));
    }
    const close = Object.assign(document.createElement("button"), { type: "button", textContent: "Close" });
    close.addEventListener("click", () => dialog.close());
    dialog.append(title, list, close);
    document.body.append(dialog);
    dialog.showModal();
  };
  for (const button of all("[data-keys]")) button.addEventListener("click", help);

  // --- nothing is sent twice -------------------------------------------------------------------------------
  for (const form of all("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    });
  }
  addEventListener("pageshow", () => all("form[data-sent]").forEach((f) => { delete f.dataset.sent; }));

  // --- live: what changed since this page was made --------------------------------------------------------
  const news = document.querySelector(".news");
  const wanted = (document.body.dataset.live ?? "").split(" ").filter(Boolean);
  if (news && wanted.length && "EventSource" in window) {
    const size = Number(document.body.dataset.size);
    const about = (subject) => wanted.some((w) => w === "*" || subject === w || (w.endsWith("/") && subject.startsWith(w)));
    const stream = new EventSource("/v1/events");
    stream.addEventListener("ledger", (event) => {
      const said = JSON.parse(event.data);
      if (said.more || said.entries.some((e) => e.index >= size && about(e.subject))) news.hidden = false;
    });
    addEventListener("pagehide", () => stream.close());
    news.querySelector("button").addEventListener("click", () => location.reload());
  }
})();
