/* What is typed on a work order survives a lost session or a closed page: kept in this tab until it was taken. */
"use strict";
(() => {
  const page = document.querySelector("[data-order]");
  if (!page) return;
  const prefix = `work-order:${page.dataset.order}:`;
  const nameOf = (field) => `${prefix}${new URL(field.form.action).pathname.split("/").pop()}:${field.name}`;
  const fields = [...page.querySelectorAll("form[method=post] textarea")];
  if (page.dataset.done) Object.keys(sessionStorage).filter((key) => key.startsWith(prefix)).forEach((key) => sessionStorage.removeItem(key));
  for (const field of fields) {
    const kept = sessionStorage.getItem(nameOf(field));
    if (kept && !field.value.trim()) {
      field.value = kept;
      field.closest("details")?.setAttribute("open", "");
    }
  }
  page.addEventListener("input", (event) => {
    if (fields.includes(event.target)) sessionStorage.setItem(nameOf(event.target), event.target.value);
  });
})();
