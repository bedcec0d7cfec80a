/* Interpret in the browser: files that are too large, clicks on the picture, edits on their way, the focus in lists that get shorter. */
(function () {
  "use strict";
  const LIMIT_MB = 64;

  function check(event, files) {
    const box = event.target.closest && event.target.closest("#interpret-upload");
    if (!box || !files || !files.length) return;
    const size = Array.from(files).reduce((sum, file) => sum + file.size, 0) / 2 ** 20;
    const text = window.dash_clientside.shell.text;
    const values = { file: files[0].name.slice(0, 80), size: Math.round(size), most: LIMIT_MB };
    const named = files.length === 1
      ? text("'{file}' has {size} MB; at most {most} MB are read at once.", values)
      : text("These files have {size} MB; at most {most} MB are read at once.", values);
    window.dash_clientside.shell.put("interpret-upload-error", { children: size > LIMIT_MB ? named : "" });
  }

  /* The file input that dcc.Upload makes has no name of its own. An empty page offers what was there last. */
  function nameUpload() {
    begin();
    let tries = 0;
    (function name() {
      const input = document.querySelector("#interpret-upload input");
      if (input) input.setAttribute("aria-label", window.dash_clientside.shell.text("Band images: beamline files or pictures, or a saved session"));
      else if (tries++ < 120) requestAnimationFrame(name);
    })();
    const last = remembered(), empty = !prop("reading", "data");
    return [window.dash_clientside.no_update, last ? "?session=" + last : "#", !(last && empty)];
  }

  const LAST = "bandloom-interpret";
  function remembered(id) {
    try {
      if (id) sessionStorage.setItem(LAST, id);
      return sessionStorage.getItem(LAST);
    } catch (error) { return id; }
  }

  /* The link of what is shown. Another image is a step that Back takes back; other changes are not. */
  let linked = null;
  window.addEventListener("popstate", () => { linked = null; });
  function writeLink(session) {
    if (!session || !document.getElementById("interpret-steps") || !window.dash_clientside.shell.isAt("interpret")) return window.dash_clientside.no_update;
    const had = new URLSearchParams(window.location.search).get("session");
    const other = had && had !== session.id && linked && linked.image !== session.image;
    const link = window.location.pathname + "?session=" + session.id + window.location.hash;
    window.history[other ? "pushState" : "replaceState"](window.history.state, "", link);
    linked = session;
    remembered(session.id);
    document.getElementById("interpret-go-on").hidden = true;
    return window.dash_clientside.no_update;
  }

  /* The value of each slider of a made experiment, beside its name. */
  const showSettings = (...values) => values.map((value) => String(Number(Number(value).toPrecision(3))));

  /* What a person does to the calibration, in order and numbered. An entry stays until the page shows a reading that it
     is in: a request brings all that the server may not have, and one that overtakes another loses nothing. Dash holds a
     callback back while its inputs are outputs of one that is under way, so the server's values come as a whole and are
     put into the controls here, after what a person did meanwhile was noted; what is on its way stays as it was typed. */
  const ENDS = ["k_left", "k_right", "e_bottom", "e_top"];
  const MOST_WAITING = 100;
  const prop = (id, name) => (window.dash_clientside.shell.layoutOf("interpret-" + id) || { props: {} }).props[name];
  const of = (name) => ["interpret-" + name.replace(/_/g, "-"), name === "symmetrise" ? "checked" : "value"];
  const control = (name) => prop(of(name)[0].slice("interpret-".length), of(name)[1]);
  let edits = [], count = 0, page = null, seen = {}, taken = 0;

  function begin() {
    const here = document.getElementById("interpret-steps");
    if (here === page) return;
    [edits, count, page, seen, taken] = [[], 0, here, {}, 0];
    for (const name of (prop("settings", "data") || {}).names || []) seen[name] = control(name);
  }

  function note(edit) {
    const reading = prop("reading", "data");
    if (!reading) return;
    edits = edits.filter((one) => one.n > taken).slice(-MOST_WAITING);
    edits.push({ n: ++count, image: reading.image, ...edit });
    window.dash_clientside.shell.put("interpret-edits", { data: edits.slice() });
  }

  /* Values that are not those seen last are a person's. */
  function noteEdits() {
    begin();
    const set = {};
    for (const name of Object.keys(seen)) {
      const value = control(name);
      if (value !== seen[name]) set[name] = seen[name] = value;
    }
    if (Object.keys(set).length) note({ set, ends: Object.fromEntries(ENDS.map((end) => [end, control(end)])) });
    return window.dash_clientside.no_update;
  }

  function showValues(settings) {
    noteEdits();
    if (!settings || !settings.values) return window.dash_clientside.no_update;
    taken = Math.max(taken, settings.edited || 0);
    const image = (prop("reading", "data") || {}).image;
    const waiting = edits.filter((one) => one.n > (settings.edited || 0) && one.image === image && one.set);
    for (const [name, value] of Object.entries(settings.values)) {
      if (waiting.some((one) => name in one.set)) continue;
      seen[name] = value;
      if (control(name) !== value) window.dash_clientside.shell.put(of(name)[0], { [of(name)[1]]: value });
    }
    return window.dash_clientside.no_update;
  }

  document.addEventListener("click", (event) => {
    const id = (event.target.closest && event.target.closest("button") || {}).id || "";
    const dropped = id.startsWith("{") && JSON.parse(id).type === "interpret-drop-step";
    if (id !== "interpret-undo" && !dropped) return;
    noteEdits();
    note(dropped ? { drop: JSON.parse(id).index } : { undo: true });
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside, { interpret: { nameUpload, noteEdits, showSettings, showValues, writeLink } });

  /* Where a person clicks on the picture, in its own coordinates. Plotly's click needs a pointer that rested before. */
  document.addEventListener("pointerdown", (event) => {
    const area = event.target.closest && event.target.closest("#interpret-picture .nsewdrag");
    const gd = area && area.closest(".js-plotly-plot");
    if (!gd || event.button !== 0) return;
    const box = area.getBoundingClientRect();
    const layout = gd._fullLayout;
    const place = [layout.xaxis.p2d(event.clientX - box.left), layout.yaxis.p2d(event.clientY - box.top)];
    window.dash_clientside.shell.put("interpret-click", { data: { x: place[0], y: place[1], at: Date.now() } });
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
