/* Interpret in the browser: files that are too large, clicks on the picture, the focus in lists that get shorter. */
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

  /* The file input that dcc.Upload makes has no name of its own. */
  function nameUpload() {
    let tries = 0;
    (function name() {
      const input = document.querySelector("#interpret-upload input");
      if (input) input.setAttribute("aria-label", "Band image: a beamline file or a picture");
      else if (tries++ < 120) requestAnimationFrame(name);
    })();
    return window.dash_clientside.no_update;
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, { interpret: { nameUpload } });

  /* Where a person clicks on the picture, in its own coordinates. Plotly's click needs a pointer that rested before. */
  document.addEventListener("pointerdown", (event) => {
    const area = event.target.closest && event.target.closest("#interpret-picture .nsewdrag");
    const gd = area && area.closest(".js-plotly-plot");
    if (!gd || event.button !== 0) return;
    const box = area.getBoundingClientRect();
    const layout = gd._fullLayout;
    const place = [layout.xaxis.p2d(event.clientX - box.left), layout.yaxis.p2d(event.clientY - box.top)];
    window.dash_clientside.set_props("interpret-click", { data: { x: place[0], y: place[1], at: Date.now() } });
  }, true);

  /* Where the focus goes that was on a removed item's button: to the next item's, else to this button. */
  const AFTER_LAST = { "interpret-steps": "interpret-undo", "interpret-others-list": "interpret-keep-cut" };

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("button");
    const list = button && button.closest("#" + Object.keys(AFTER_LAST).join(", #"));
    if (!list) return;
    const place = Array.from(list.querySelectorAll("button")).indexOf(button);
    const changed = new MutationObserver(() => {
      changed.disconnect();
      if (document.activeElement !== document.body) return;
      (list.querySelectorAll("button")[place] || document.getElementById(AFTER_LAST[list.id])).focus();
    });
    changed.observe(list, { childList: true });
  });

  document.addEventListener("change", (event) => check(event, event.target.files), true);
  document.addEventListener("drop", (event) => check(event, event.dataTransfer && event.dataTransfer.files), true);
})();
