/* After the list was filtered without a page load, the address says what is shown: reload and bookmark keep it. */
"use strict";
document.addEventListener("htmx:after:swap", () => {
  const address = document.getElementById("list")?.dataset.address;
  if (address && address !== location.pathname + location.search) history.replaceState(history.state, "", address);
});
