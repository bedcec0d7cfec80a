/* Compose's line in the zone: path or cut, the paths on offer, and the drawing, which comes with the picture's answers. */
(function () {
  "use strict";
  const at = (name) => document.getElementById("compose-" + name);

  function lineKind(line) {
    return [line !== "path", line === "path"];
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest(".compose-line button[data-path]");
    if (button) window.dash_clientside.shell.put("compose-path", { value: button.dataset.path });
  });

  let shown = {}; // the drawing that is shown, and its place

  /* zone: as components/compose/line.py gives it; its markup holds numbers and names of points alone. */
  function showZone(zone) {
    const box = at("zone");
    if (!zone || !box || (shown.box === box && shown.svg === zone.svg)) return;
    shown = { box: box, svg: zone.svg };
    box.innerHTML = zone.svg;
    at("zone-text").textContent = zone.text;
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    compose: Object.assign({}, (window.dash_clientside || {}).compose, { lineKind, showZone }),
  });
})();
