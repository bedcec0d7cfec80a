/* Compose in the browser: sliders and text in step, the cursor's curves, the 3D view, the link. */
(function () {
  "use strict";
  const at = (name) => document.getElementById("compose-" + name);
  const set = (name, props) => window.dash_clientside.shell.put("compose-" + name, props);
  const keep = () => window.dash_clientside.no_update;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--bl-" + name).trim();

  const triggered = (name) => window.dash_clientside.callback_context.triggered.some((part) => part.prop_id.startsWith("compose-" + name + "."));

  /* Not a callback output: what shows the result must not wait for those that watch the job. */
  function passOn(finished) {
    if (finished) set("ready", { data: { key: finished, at: Date.now() } });
    return keep();
  }

  /* Sliders and text. The text is the truth; a slider that is being used is never moved from outside. Where a slider
     cannot say what the text says, a dash stands for its value. */
  const LAYERS = ["n-si", "n-ge", "repeats"];

  function showValue(name, value) {
    const output = at(name + "-shown");
    if (output && value === null) output.textContent = "–";
    else if (output) output.textContent = [Number(value).toLocaleString("en", { maximumFractionDigits: 2 }), output.dataset.unit].join(" ").trim();
  }

  const inUse = (name) => at(name) && at(name).contains(document.activeElement);

  function put(name, value) {
    const thumb = at(name) && at(name).querySelector("[role=slider]");
    if (value !== null && !(thumb && Number(thumb.getAttribute("aria-valuenow")) === value)) set(name, { value: value });
    showValue(name, value);
  }

  function follow(name, value) {
    if (!inUse(name)) put(name, value);
  }

  /* Several sliders may arrive in one call: one that a person moves, and one that follows the text. */
  const moved = (name) => inUse(name) && triggered(name);

  function stackFromSliders(si, ge, repeats) {
    if (!LAYERS.some(moved)) return keep();
    LAYERS.forEach((name, i) => showValue(name, [si, ge, repeats][i]));
    if (si + ge === 0) {
      put(moved("n-ge") ? "n-ge" : "n-si", 1); // no layers at all make no stack
      return keep();
    }
    if (si && ge) return typed("stack", repeats > 1 ? "[Si" + si + "Ge" + ge + "]" + repeats : "Si" + si + "Ge" + ge);
    if (repeats > 1) put("repeats", 1); // one block has no repeats
    return typed("stack", si ? "Si" + si : "Ge" + ge);
  }

  function substrateFromSliders(alloy, strain) {
    if (moved("strain")) {
      showValue("strain", strain);
      return typed("substrate", (strain >= 0 ? "+" : "−") + Math.abs(strain) + " %");
    }
    if (!moved("alloy")) return keep();
    showValue("alloy", alloy);
    if (alloy === 0 || alloy === 100) return typed("substrate", alloy ? "Ge" : "Si");
    return typed("substrate", "Si" + ((100 - alloy) / 100).toFixed(2) + "Ge" + (alloy / 100).toFixed(2));
  }

  function followText(sliders) {
    if (sliders) {
      LAYERS.forEach((name, i) => follow(name, sliders.blocks ? sliders.blocks[i] : null));
      follow("alloy", sliders.alloy);
      follow("strain", sliders.strain);
      clearTimeout(settling);
      settling = setTimeout(() => Object.keys(SLIDERS_OF).forEach((field) => settle(field, sliders[field])), SETTLE_MS);
    }
  }

  /* A text field repeats its text some time after a change. Where another change comes just then, that echo of an older
     text is the last word. So when all is quiet, a text that the sliders asked for a moment ago gives way to their last. */
  const SLIDERS_OF = { stack: LAYERS, substrate: ["alloy", "strain"] };
  const SETTLE_MS = 600; // longer than the fields wait for further typing
  const ECHO_MS = 5000;
  const TYPED_MS = 240;
  const asked = { stack: [], substrate: [] };
  const typing = {};
  let settling = null;

  /* What a slider says is asked for at once, and stands in the field; Dash hears of it when the slider rests, because it
     looks at the whole page at every change. */
  function typed(field, text) {
    const now = Date.now();
    asked[field] = asked[field].filter((earlier) => now - earlier.at < ECHO_MS).concat({ text: text, at: now });
    const input = at(field);
    if (input) input.value = text;
    window.dash_clientside.compose.move(field, text);
    clearTimeout(typing[field]);
    typing[field] = setTimeout(() => set(field, { value: text }), TYPED_MS);
    return keep();
  }

  function untyped(field) {
    clearTimeout(typing[field]);
    window.dash_clientside.compose.move(field, null);
  }

  function settle(field, text) {
    const last = asked[field].at(-1);
    const echo = last && text !== last.text && asked[field].some((earlier) => earlier.text === text);
    if (echo && Date.now() - last.at < ECHO_MS && SLIDERS_OF[field].some(inUse)) set(field, { value: last.text });
  }

  function substrateKind(kind) {
    return [kind !== "alloy", kind !== "strain"];
  }

  /* An uploaded crystal takes the place of stack, substrate and mixing: they rest until it is removed. */
  function fileMode(structure) {
    document.querySelectorAll(".compose-controls > [data-for=stack]").forEach((part) => (part.inert = Boolean(structure)));
    return !structure;
  }

  function showValues(mixing, sigma, view, gamma, clip, kz) {
    showValue("kz", kz);
    showValue("gamma", gamma);
    showValue("clip", clip);
    shownView = view;
    showValue("mixing", mixing);
    showValue("sigma", sigma);
    return [keep(), keep()];
  }

  /* Atoms: thumbnails, layer diagram and 3D view choose the same one. */

  let selection = { atom: 0, other: 1 };
  let shownView = "total";

  function choose(atom) {
    const next = { atom: atom, other: atom === selection.atom ? selection.other : selection.atom };
    if (shownView === "total") set("view", { value: "atom" });
    set("selection", { data: next });
  }

  /* The picture shows the last atom where the chosen one does not exist. */
  const shownAtom = (count) => Math.min(selection.atom, count - 1);

  function markSelection(chosen) {
    if (chosen) selection = chosen;
    requestAnimationFrame(() => {
      const count = document.querySelectorAll(".compose .layer").length;
      document.querySelectorAll(".compose [data-atom]").forEach((button) => {
        button.setAttribute("aria-pressed", String(Number(button.dataset.atom) === shownAtom(count)));
      });
    });
    return keep();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest(".compose button");
    if (!button) return;
    if (button.dataset.atom !== undefined) choose(Number(button.dataset.atom));
    else if (button.dataset.stack !== undefined) {
      set("structure", { data: "" });
      set("upload-error", { children: "" });
      Object.keys(typing).forEach(untyped);
      window.dash_clientside.compose.pin({ stack: button.dataset.stack, substrate: button.dataset.substrate });
      set("mixing", { value: Number(button.dataset.mixing) });
    } else if (button.dataset.picture) savePicture(button.dataset.picture);
    else if (button.id === "compose-copy") copyLink(button);
  });

  /* Files that the upload would leave without a word; what the server refuses it says itself. */
  const LARGEST_BYTES = 2000000;

  function refuseFile(event) {
    const files = event.type === "drop" ? event.dataTransfer && event.dataTransfer.files : event.target.files;
    if (!event.target.closest || !event.target.closest("#compose-upload") || !files || !files.length) return;
    const large = Array.from(files).find((file) => file.size > LARGEST_BYTES);
    const refusal = files.length > 1 ? window.dash_clientside.shell.text("Give one file at a time") : large ? window.dash_clientside.shell.text("'{file}' is larger than 2 MB; give a smaller cell", { file: large.name }) : "";
    set("upload-error", { children: refusal });
    if (refusal) {
      event.stopImmediatePropagation();
      event.preventDefault();
    }
  }

  ["change", "drop"].forEach((type) => window.addEventListener(type, refuseFile, true));

  document.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    const button = event.target.closest && event.target.closest(".compose [data-atom]");
    if (!step || !button) return;
    const all = Array.from(button.closest("[id]").querySelectorAll("[data-atom]")).filter((other) => other.offsetParent);
    const next = all[all.indexOf(button) + step];
    if (next) {
      event.preventDefault();
      next.focus();
      choose(Number(next.dataset.atom));
    }
  });

  /* The cursor of the big picture and its two curves. */

  const graph = () => document.querySelector("#compose-spectrum .js-plotly-plot");
  let painting = false;

  function watchSpectrum(figure) {
    if (!figure) return keep();
    let tries = 0;
    (function attach() {
      const gd = graph();
      if (!gd || !gd.on || !gd._fullData || !gd._fullData.length) {
        if (tries++ < 120) requestAnimationFrame(attach);
        return;
      }
      if (!gd.bandloomWatched) {
        gd.bandloomWatched = true;
        gd.on("plotly_afterplot", () => countDrawing(gd));
        gd.on("plotly_afterplot", () => lookClosely(gd));
        gd.on("plotly_doubleclick", () => {
          const [x, y] = whole; // plotly would leave a margin, and does so before this
          setTimeout(() => window.Plotly.relayout(gd, { "xaxis.range": x.slice(), "yaxis.range": y.slice() }), 0);
        });
        gd.on("plotly_hover", (event) => pointed(event));
        gd.on("plotly_click", (event) => pointed(event));
        at("picture").addEventListener("keydown", moveCursor);
      }
      const file = document.querySelector("#compose-upload input");
      if (file) file.setAttribute("aria-label", window.dash_clientside.shell.text("Structure file: CIF, POSCAR or xyz"));
      countDrawing(gd);
    })();
    return keep();
  }

  /* How many figures have been painted; the curves change a figure in place and do not count. */
  function countDrawing(gd) {
    if (gd.data === gd.bandloomData) return;
    gd.bandloomData = gd.data;
    window.dash_clientside.compose.endMoving();
    at("picture").dataset.drawn = String(Number(at("picture").dataset.drawn || 0) + 1);
    window.dash_clientside.compose.tell();
    describe(gd);
  }

  /* Zoomed in, pixels run into each other instead of standing as blocks, and the exact engine gives finer energies. */
  function lookClosely(gd) {
    const [map, , mdc] = gd._fullData;
    if (!map || !map.z || !mdc) return;
    const span = (range) => Math.abs(range[1] - range[0]);
    const energies = (map.y[map.y.length - 1] - map.y[0]) / span(gd._fullLayout.yaxis.range);
    const wave = (mdc.x[mdc.x.length - 1] - mdc.x[0]) / span(gd._fullLayout.xaxis.range);
    const times = Math.max(energies, wave);
    window.dash_clientside.compose.zoom(times > 3 ? 4 : times > 1.5 ? 2 : 1);
  }

  /* A figure of the same path is seen as closely as the one before: in each direction, the same part of the axis. */
  let whole = null; // the axes' ranges of the last figure

  function keepZoom(figure) {
    const gd = graph();
    const before = whole;
    const after = ["xaxis", "yaxis"].map((name) => figure.layout[name].range.slice());
    const now = before && gd && gd._fullLayout && gd._fullLayout.uirevision === figure.layout.uirevision && ["xaxis", "yaxis"].map((name) => gd._fullLayout[name].range);
    whole = after;
    if (!now) return figure;
    ["xaxis", "yaxis"].forEach((name, i) => {
      const part = (value) => (value - before[i][0]) / (before[i][1] - before[i][0]);
      figure.layout[name].range = now[i].map((value) => after[i][0] + part(value) * (after[i][1] - after[i][0]));
    });
    return figure;
  }

  /* The cursor: index of the k-point, and how far up the energy axis, whatever pixels the picture has. Elsewhere it stands
     as indices of the k-point and of the energy on the usual axis. */
  const USUAL = 176;
  let cursor = [23, 0.616];
  const row = (z) => Math.min(z.length - 1, Math.max(0, Math.floor(cursor[1] * z.length)));
  const column = (z) => Math.min(cursor[0], z[0].length - 1);
  const cursorNow = () => [cursor[0], Math.min(USUAL - 1, Math.floor(cursor[1] * USUAL))];
  function cursorHome(k) {
    cursor = [k, cursor[1]];
    set("cursor", { data: cursorNow() });
  }

  const cursorAt = (place) => (cursor = [place[0], (place[1] + 0.5) / USUAL]);

  function pointed(event) {
    const point = event.points && event.points[0];
    if (!point || point.curveNumber !== 0) return;
    const index = point.pointIndex || point.pointNumber;
    moveTo([index[1], index[0]]);
  }

  function moveCursor(event) {
    const step = event.shiftKey ? 8 : 1;
    const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
    if (!move) return;
    event.preventDefault();
    const z = graph() && graph()._fullData[0].z;
    if (z) moveTo([column(z) + move[0], row(z) + move[1]]);
  }

  function moveTo(wanted) {
    const gd = graph();
    const z = gd && gd._fullData[0].z;
    if (!z) return;
    cursor = [Math.min(Math.max(0, wanted[0]), z[0].length - 1), (Math.min(Math.max(0, wanted[1]), z.length - 1) + 0.5) / z.length];
    if (painting) return;
    painting = true;
    requestAnimationFrame(() => {
      painting = false;
      curves(gd);
      set("cursor", { data: cursorNow() });
    });
  }

  function curves(gd) {
    const [map, , mdc] = gd._fullData;
    const [atK, atE] = [column(map.z), row(map.z)];
    const linear = gd.layout.meta && gd.layout.meta.logarithmic ? (value) => 10 ** value : (value) => value;
    const edc = Array.from(map.z, (energies) => linear(energies[atK]));
    const momentum = Array.from(map.z[atE], linear);
    const k = mdc.x[atK];
    const energy = map.y[atE];
    window.Plotly.update(
      gd,
      { x: [edc, mdc.x], y: [map.y, momentum] },
      { "shapes[0].x0": k, "shapes[0].x1": k, "shapes[1].y0": energy, "shapes[1].y1": energy },
      [1, 2]
    );
    describe(gd);
  }

  function describe(gd) {
    const [map, , mdc] = gd._fullData;
    if (!map || !map.z || !mdc) return;
    const [k, e] = [column(map.z), row(map.z)];
    const axis = gd.layout.xaxis;
    const place = mdc.x[k];
    const { starts, cut } = gd.layout.meta;
    const from = starts.filter((start) => start <= k).length - 1;
    const name = (i, side) => axis.ticktext[i].split(" | ")[side === "end" ? 0 : axis.ticktext[i].split(" | ").length - 1];
    const logarithmic = gd.layout.meta && gd.layout.meta.logarithmic;
    const value = logarithmic ? 10 ** map.z[e][k] : map.z[e][k];
    const along = cut
      ? window.dash_clientside.shell.text("k∥ = {k} 1/Å along {line}", { k: place.toFixed(3), line: "Γ–" + axis.ticktext[2] })
      : window.dash_clientside.shell.text("{line}, {k} 1/Å from {point}", { line: name(from, "start") + "–" + name(from + 1, "end"), k: (place - axis.tickvals[from]).toFixed(3), point: name(from, "start") });
    at("cursor-text").textContent =
      along + "   E = " + map.y[e].toFixed(2) + " eV   " + value.toFixed(3) + " " + gd.layout.meta.unit;
  }

  function savePicture(format) {
    const gd = graph();
    if (!gd || !gd.layout.meta) return; // before the first picture
    const title = (at("title").textContent || "bandloom").replace(/[^A-Za-z0-9.+-]+/g, "_");
    const name = title.length > 80 ? title.slice(0, 40) + "_" + title.slice(-39) : title;
    const caption = { text: gd.layout.meta.caption, font: { size: 14 }, x: 0.01, xanchor: "left", y: 0.98, yanchor: "top" };
    const layout = { ...gd.layout, title: caption, margin: { ...gd.layout.margin, t: 64 }, paper_bgcolor: colour("page") };
    window.Plotly.downloadImage({ data: gd.data, layout: layout, config: { displayModeBar: false } }, { format: format, filename: name, width: 1000, height: 700, scale: format === "png" ? 2 : 1 });
  }

  /* The link. */

  let link = {}; // defaults of its entries, the page and the sample that it was written for last, and whether it was opened
  let writing = null;

  /* Every change of the sample is a step of the history, which Back takes back. */
  function writeLink(request, chosen, view, shells, sigma, scale, map, engine, sharpening, gamma, clip, line, path, kz, scene, place, defaults) {
    if (!request || !at("stack") || window.dash_clientside.compose.isByDft(request) !== (engine === "dft")) return keep(); // of the theory before
    const present = (atom) => (scene ? Math.min(atom, scene.atoms.length - 1) : atom);
    const state = {
      stack: request.structure ? defaults.stack : request.stack,
      substrate: request.structure ? defaults.substrate : request.substrate,
      mixing: request.mixing, so: request.spin_orbit, structure: request.structure,
      view: view, atom: present(chosen.atom), other: present(chosen.other),
      shells: ["s", "p", "d", "S"].filter((letter) => shells.includes(letter)).join("") || defaults.shells,
      sigma: sigma, scale: scale, map: map, engine: engine, sharpening: sharpening, gamma: gamma, clip: clip, cursor: place.join(","),
      line: line, path: line === "path" ? request.path || defaults.path : defaults.path, kz: line === "path" ? defaults.kz : kz,
      ...window.dash_clientside.compose.imperfectEntries(request.imperfect),
    };
    const query = new URLSearchParams();
    Object.keys(defaults).forEach((name) => {
      if (state[name] !== defaults[name]) query.set(name, typeof state[name] === "boolean" ? "1" : String(state[name]));
    });
    query.set("view", view);
    if (!query.has("stack") && !request.structure) query.set("stack", request.stack);
    if (!query.has("substrate") && !request.structure) query.set("substrate", request.substrate);
    const { isAt, pathOf, keepLink } = window.dash_clientside.shell, address = pathOf("compose") + "?" + query.toString();
    const { path: _path, cut: _cut, kz: _kz, ...rest } = request; // the line is a view, and no step
    const sample = JSON.stringify(rest);
    clearTimeout(writing);
    if (link.opened && !isOpened(request)) return keep(); // of a sample before: the one that was opened is not there yet
    if (link.page === at("picture") && link.sample !== sample && !link.opened) isAt("compose") && window.history.pushState(null, "", address);
    else writing = setTimeout(() => isAt("compose") && at("picture") === link.page && window.history.replaceState(window.history.state, "", address), WRITE_MS);
    if (link.sample !== sample) link.opened = false;
    Object.assign(link, { page: at("picture"), sample: sample, defaults: defaults });
    keepLink("compose", address);
    return keep();
  }

  const WRITE_MS = 200; // browsers count how often an address is written
  const NUMBERS = ["mixing", "kz", "sigma", "gamma", "clip", "atom", "other"];

  /* Back and forward between samples: the link's entries go into the controls. */
  function openLink(event) {
    if (!at("picture") || link.page !== at("picture") || !window.dash_clientside.shell.isAt("compose")) return;
    event.stopImmediatePropagation(); // Dash would build the page anew
    clearTimeout(writing);
    const state = { ...link.defaults, ...Object.fromEntries(new URLSearchParams(window.location.search)) };
    NUMBERS.forEach((name) => (state[name] = Number(state[name])));
    Object.assign(link, { opened: true, openedAt: Date.now(), wanted: state });
    if (document.activeElement.matches("[role=slider]")) document.activeElement.blur(); // it follows now
    Object.keys(typing).forEach(untyped);
    window.dash_clientside.compose.pin({ stack: state.stack, substrate: state.substrate });
    ["mixing", "view", "sigma", "scale", "map", "engine", "sharpening", "gamma", "clip", "line", "path", "kz"].forEach((name) => set(name, { value: state[name] }));
    window.dash_clientside.compose.openImperfect(state);
    set("structure", { data: state.structure });
    set("spin-orbit", { checked: state.so === "1" || state.so === true });
    set("shells", { value: Array.from(state.shells) });
    set("selection", { data: { atom: state.atom, other: state.other } });
    cursorAt(state.cursor.split(",").map(Number));
    set("cursor", { data: cursorNow() });
  }

  /* Whether a request is of the sample that Back or Forward has opened. */
  function isOpened(request) {
    const wanted = link.wanted, coupled = wanted.so === "1" || wanted.so === true;
    if ((request.structure || "") !== (wanted.structure || "") || Boolean(request.spin_orbit) !== coupled || window.dash_clientside.compose.isByDft(request) !== (wanted.engine === "dft")) return false;
    if (!window.dash_clientside.compose.imperfectOpened(request.imperfect, wanted)) return false;
    return Boolean(request.structure) || ["stack", "substrate", "mixing"].every((name) => String(request[name]) === String(wanted[name]));
  }

  /* The server is at rest: with the sample that was opened, or with one that it spells otherwise. */
  function linkOpened(request) {
    if (link.opened && (isOpened(request) || Date.now() - link.openedAt > OPENING_MS)) link.opened = false;
  }

  const OPENING_MS = 5000;

  window.addEventListener("popstate", openLink);

  function copyLink(button) {
    const said = (text) => {
      button.textContent = text;
      setTimeout(() => (button.textContent = window.dash_clientside.shell.text("Copy link")), 1600);
    };
    if (!navigator.clipboard) return said(window.dash_clientside.shell.text("Copy it from the address bar"));
    navigator.clipboard.writeText(window.location.href).then(() => said(window.dash_clientside.shell.text("Copied")), () => said(window.dash_clientside.shell.text("Copy it from the address bar")));
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    compose: Object.assign({}, (window.dash_clientside || {}).compose, { passOn, fileMode, stackFromSliders, substrateFromSliders, followText, substrateKind, showValues, markSelection, shownAtom, choose, watchSpectrum, graph, writeLink, linkOpened, keepZoom, cursorNow, cursorHome, isOpening: () => Boolean(link.opened), cursorAt: (place) => place && cursorAt(place) }),
  });
})();
