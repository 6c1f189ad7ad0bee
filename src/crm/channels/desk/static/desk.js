/* Keyboard and focus for the staff pages. Everything here only makes quicker what links and forms already do. */
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const shown = (element) => element && element.getClientRects().length > 0;
  const typing = (element) => element.matches("input:not([type=checkbox], [type=radio], [type=submit]), textarea, select, [contenteditable]");
  const focus = (element) => {
    if (!element) return false;
    (element.matches("summary") ? element.parentElement.parentElement : element).closest("details:not([open])")?.setAttribute("open", "");
    element.focus();
    element.scrollIntoView({ block: "nearest" });
    if (element.matches("[type=search]")) element.select();
    return true;
  };

  /* --- call timer --- */
  const tick = () => $$("[data-timer]").forEach((clock) => {
    const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(clock.dataset.timer)) / 1000));
    const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, "0"));
    if (seconds >= 3600) parts.unshift(String(Math.floor(seconds / 3600)));
    clock.textContent = parts.join(":");
  });
  tick();
  setInterval(tick, 1000);

  /* --- lists under a search box: arrows walk, Enter takes the first --- */
  const listOf = (input) => document.getElementById(input.getAttribute("aria-controls") ?? "");
  const hits = (list) => $$("[data-hit]", list).filter(shown);
  const hideFound = () => { const found = $("#found"); if (found) found.hidden = true; };
  const walk = (event, input) => {
    const list = listOf(input);
    const all = list && !list.hidden ? hits(list) : [];
    if (event.key === "ArrowDown" && all.length) { event.preventDefault(); all[0].focus(); }
    if (event.key === "Enter" && all.length && input.value.trim() && input.dataset.answered === input.value) { event.preventDefault(); all[0].click(); }
  };
  const step = (event, hit) => {
    const list = hit.closest("#found, #offers, #answers");
    if (!list || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    event.preventDefault();
    const all = hits(list);
    const next = all[all.indexOf(hit) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) next.focus(); else if (event.key === "ArrowUp") focus($(`[type=search][aria-controls=${list.id}]`));
  };

  /* --- keys; single letters never fire while typing --- */
  const open = (id) => { const dialog = document.getElementById(id); if (dialog && !dialog.open) dialog.showModal(); };
  const submit = () => {
    const form = document.activeElement?.closest("form:not([role=search])");
    /* a lone button, or a line of the basket, is no form somebody fills in: the order is meant */
    const filled = form && !form.closest(".basket") && form.querySelector("button:not([type=button])") && form.querySelector("input:not([type=hidden]), textarea, select");
    const target = filled ? form : $("[data-submit-form]") ?? form;
    target?.requestSubmit(target.querySelector("[data-submit]") ?? undefined);
  };
  /* the next check of the caller that is still to be made, what the basket asks for first */
  const missing = () => ($("[data-missing]")?.dataset.missing ?? "").split(" ").filter(Boolean);
  const check = (after) => {
    const open = $$(".check[data-open-check]");
    const wanted = missing();
    const all = [...open.filter((each) => wanted.includes(each.dataset.check)), ...open.filter((each) => !wanted.includes(each.dataset.check))];
    const next = all[(all.indexOf(after) + 1) % all.length];
    if (!next) return focus($(".check summary"));
    next.open = true;
    return focus($("input:not([type=hidden])", next) ?? $("button", next));
  };
  let chord = false;
  const single = {
    "/": () => focus($("#search")),
    "?": () => open("help"),
    a: () => focus($("#offer-search")),
    c: () => focus($("[data-first-key=c]")),
    e: () => focus($("#reason")),
    f: () => focus($("[data-goal]")),
    i: () => check($(".check[open][data-open-check]")),
    n: () => focus($("#note")),
    p: () => $("[data-plan]")?.click(),
    r: () => focus($("[data-remove]")),
    s: () => focus($("[data-step]")),
    t: () => focus($("[data-tick]:not(:checked)") ?? $("[data-tick]")),
    v: () => focus($("#verdict")),
  };
  document.addEventListener("keydown", (event) => {
    const at = event.target instanceof Element ? event.target : document.body;
    if (event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey) {
      if (event.key === "k") { event.preventDefault(); focus($("#search")); }
      if (event.key === "Enter") { event.preventDefault(); submit(); }
      return;
    }
    if (event.altKey) return;
    if (event.key === "Escape") {
      hideFound();
      $$("[data-menu][open]").forEach((menu) => menu.removeAttribute("open"));
      if (typing(at)) at.blur();
      return;
    }
    if (at.matches("[type=search]")) return walk(event, at);
    if (at.matches("[data-hit]")) step(event, at);
    /* a number never has a slash: there it is the key as well */
    const slash = event.key === "/" && at.matches("[inputmode=tel]") && $("#search");
    if ((typing(at) && !slash) || $("dialog[open]")) return;
    if (chord) {
      chord = false;
      const tab = $(`[data-tab="${CSS.escape(event.key)}"]`);
      if (tab) { event.preventDefault(); tab.click(); return; }
    }
    if (event.key === "g") { chord = true; setTimeout(() => { chord = false; }, 1200); return; }
    if (/^[1-9]$/.test(event.key)) {
      const phrase = $(`[data-phrase="${event.key}"]`);
      if (phrase) { phrase.open = !phrase.open; focus($("summary", phrase)); }
      return;
    }
    const act = single[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  document.addEventListener("click", (event) => {
    const at = event.target instanceof Element ? event.target : null;
    if (!at) return;
    if (at.closest("[data-open]")) open(at.closest("[data-open]").dataset.open);
    if (at.closest("[data-close]")) at.closest("dialog").close();
    if (!at.closest("[data-search]")) hideFound();
    $$("[data-menu][open]").forEach((menu) => { if (!menu.contains(at)) menu.removeAttribute("open"); });
  });
  document.addEventListener("click", (event) => {
    const summary = event.target instanceof Element ? event.target.closest(".check > summary") : null;
    if (summary && !summary.parentElement.open) setTimeout(() => focus($("input:not([type=hidden])", summary.parentElement) ?? $("button", summary.parentElement)));
  });

  /* --- after a swap: answers are shown, the new verdict takes the focus --- */
  document.addEventListener("htmx:after:swap", (event) => {
    const task = event.detail?.ctx ?? {};
    const source = task.sourceElement;
    if (source?.matches?.("[type=search]")) {
      source.dataset.answered = source.value;
      const list = listOf(source);
      if (list) list.hidden = list.id !== "answers" && !source.value.trim() && source.id === "search";
      return;
    }
    /* the link that was pressed is gone, and htmx names the list instead; a filter has its focus back by now */
    if (task.target?.id === "offers") return void (document.activeElement === document.body && focus($("#offers [data-next]") ?? $("#offers [data-hit]")));
    const wanted = $("#work [data-focus], #customer [data-focus]");
    if (task.target?.id === "checks") {
      if (!focus($("#customer [data-focus]") ?? $("#customer .check[open] input:not([type=hidden])"))) {
        if (missing().length) check(null); else focus($("[data-tick]:not(:checked)") ?? $("[data-step]") ?? $("#verdict") ?? $("#offer-search"));
      }
      return;
    }
    if (task.target?.id === "work" || source?.closest?.("#work, #customer")) focus(wanted ?? $("#offer-search"));
    tick();
  });
  document.addEventListener("htmx:error", () => toast("网络没有响应，本次操作没有生效，页面上的内容都在。请稍后重试。"));
  const toast = (words) => {
    const box = document.createElement("div");
    box.className = "box tone-bad";
    box.textContent = words;
    $("#toast")?.replaceChildren(box);
  };
  new MutationObserver(() => setTimeout(() => $("#toast")?.replaceChildren(), 12000)).observe($("#toast"), { childList: true });

  /* --- what is being typed outlives an ended session: kept here until the server has it --- */
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.dataset?.keep) sessionStorage.setItem(field.dataset.keep, field.value);
  });
  document.addEventListener("htmx:after:request", (event) => {
    const { sourceElement: source, response } = event.detail?.ctx ?? {};
    const field = source?.matches?.("[data-keep]") ? source : source?.querySelector?.("[data-keep]");
    if (field && response?.status === 200 && sessionStorage.getItem(field.dataset.keep) === field.value) sessionStorage.removeItem(field.dataset.keep);
  });
  /* a whole page sent away is forgotten when a page says that it arrived, not when the session had ended */
  document.addEventListener("submit", ({ target: form }) => {
    const field = form.querySelector("[data-keep]");
    if (field && form.dataset.sends !== undefined) sessionStorage.setItem("sent", field.dataset.keep);
  });
  if ($("[data-arrived]")) sessionStorage.removeItem(sessionStorage.getItem("sent"));
  /* htmx starts with a timeout of its own, queued before this one */
  setTimeout(() => $$("[data-keep]").forEach((field) => {
    const kept = sessionStorage.getItem(field.dataset.keep);
    if (kept === null || kept === field.value) return;
    field.value = kept;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }));
  focus($("[role=alert][data-focus]") ?? $("[data-focus]"));
})();
