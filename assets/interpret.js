/* Interpret in the browser: a file that is too large is said at once, before it is sent. */
(function () {
  "use strict";
  const LIMIT_MB = 64;

  function check(event, files) {
    const box = event.target.closest && event.target.closest("#interpret-upload");
    if (!box || !files || !files.length) return;
    const size = files[0].size / 2 ** 20;
    const text = size > LIMIT_MB
      ? "'" + files[0].name.slice(0, 80) + "' has " + Math.round(size) + " MB; at most " + LIMIT_MB + " MB are read."
      : "";
    window.dash_clientside.set_props("interpret-upload-error", { children: text });
  }

  document.addEventListener("change", (event) => check(event, event.target.files), true);
  document.addEventListener("drop", (event) => check(event, event.dataTransfer && event.dataTransfer.files), true);
})();
