/* Interpret's curves follow the pointer over the picture, drawn here from the picture's own pixels; a click keeps them. */
(function () {
  "use strict";
  const ACROSS = { edc: 0.02, mdc: 0.04 };
  let waiting = null;

  const value = (id) => (window.dash_clientside.shell.layoutOf(id) || { props: {} }).props.value;

  /* The picture of the image itself: values of others are no intensities. */
  function picture() {
    const gd = document.querySelector("#interpret-picture .js-plotly-plot");
    const trace = gd && gd._fullData && gd._fullData[0];
    return trace && value("interpret-view") === "image" && trace.type === "heatmap" && !document.getElementById("interpret-curves").hidden ? gd : null;
  }

  /* Where the pointer is, in the picture's coordinates; nothing outside its axes. */
  function place(event) {
    const area = event.target.closest && event.target.closest("#interpret-picture .nsewdrag");
    const gd = area && picture();
    if (!gd) return null;
    const box = area.getBoundingClientRect(), layout = gd._fullLayout;
    return { gd, k: layout.xaxis.p2d(event.clientX - box.left), e: layout.yaxis.p2d(event.clientY - box.top) };
  }

  const list = (values) => Array.from(values || []);

  /* The mean over lines within `half` of a place, at least the nearest one. */
  function mean(rows, places, at, half, length, pick) {
    let nearest = 0;
    places.forEach((point, i) => { if (Math.abs(point - at) < Math.abs(places[nearest] - at)) nearest = i; });
    const chosen = places.map((_, i) => i).filter((i) => i === nearest || Math.abs(places[i] - at) <= half);
    return Array.from({ length }, (_, j) => {
      let sum = 0, count = 0;
      for (const i of chosen) {
        const value = pick(rows, i, j);
        if (Number.isFinite(value)) { sum += value; count += 1; }
      }
      return count ? sum / count : null;
    });
  }

  function draw({ gd, k, e }) {
    const input = gd._fullData[0], rows = list(input.z).map(list), x = list(input.x), y = list(input.y);
    if (!rows.length || rows[0].length !== x.length) return;
    const edc = mean(rows, x, k, ACROSS.edc, y.length, (z, i, j) => z[j][i]);
    const mdc = mean(rows, y, e, ACROSS.mdc, x.length, (z, i, j) => z[i][j]);
    show("edc", y, edc, e);
    show("mdc", x, mdc, k);
  }

  function show(kind, axis, curve, cursor) {
    const gd = document.querySelector("#interpret-" + kind + " .js-plotly-plot");
    if (!gd || !window.Plotly || !gd.data || !gd.data.length) return;
    const line = (gd.layout.shapes || []).slice(-1)[0] || { type: "line", y0: 0, y1: 1, yref: "y domain" };
    const marks = (gd.layout.shapes || []).slice(0, -1);  // a fit and its peaks stay, of the curve that was fitted
    window.Plotly.react(gd, [{ ...gd.data[0], x: axis, y: curve }, ...gd.data.slice(1)],
      { ...gd.layout, shapes: [...marks, { ...line, x0: cursor, x1: cursor }] }, gd._context && { displayModeBar: false, responsive: true });
  }

  document.addEventListener("pointermove", (event) => {
    const at = place(event);
    if (!at) return;
    if (!waiting) requestAnimationFrame(() => { const now = waiting; waiting = null; draw(now); });
    waiting = at;
  });

  document.addEventListener("pointerdown", (event) => {
    const at = event.button === 0 && place(event);
    if (!at) return;
    window.dash_clientside.shell.put("interpret-cursor-k", { value: Math.round(at.k * 1e4) / 1e4 });
    window.dash_clientside.shell.put("interpret-cursor-e", { value: Math.round(at.e * 1e4) / 1e4 });
  }, true);

  /* Away from the picture the curves are those of the cursor again. */
  document.addEventListener("pointerout", (event) => {
    if (!(event.target.closest && event.target.closest("#interpret-picture .nsewdrag")) || !picture()) return;
    const at = { gd: picture(), k: Number(value("interpret-cursor-k")), e: Number(value("interpret-cursor-e")) };
    if (Number.isFinite(at.k) && Number.isFinite(at.e)) waiting ? (waiting = at) : draw(at);
  });
})();
