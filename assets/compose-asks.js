/* Compose asks the server: what the controls say goes out, the picture comes back. Dragging never starves the picture:
   one question is under way and then the latest; where answers take long, a second and a third one follow at a pace, and
   every answer that is newer than the picture is shown. What may wait (atoms, readouts, link) waits for rest. Dash would
   drop an answer as soon as the next question is out, so that this asks its callback by itself. */
(function () {
  "use strict";
  const at = (name) => document.getElementById("compose-" + name);
  const set = (name, props) => window.dash_clientside.shell.put("compose-" + name, props);
  const keep = () => window.dash_clientside.no_update;
  const page = () => window.dash_clientside.compose;

  const PACE_MS = 70; // between questions while others are under way
  const MOST = 3; // questions under way
  const BUSY_MS = 1000; // an answer that takes so long comes from a server with much to do: one question at a time
  const LOST_MS = 20000;
  const REST_MS = 160;
  const PIN_MS = 600; // longer than text fields wait for further typing

  const SAMPLE = ["stack", "substrate", "mixing", "spin_orbit", "structure", "imperfect"];
  const NOTHING = { state: null, sample: "", said: {}, moved: {}, pinned: {}, readyAt: 0, zoom: 1, home: false, zone: null, zoneOf: "", look: "", title: "", figureTitle: "", byDft: false, badge: null, sliders: null, shown: null, overlaid: false, request: null, rested: null, sampled: null, settled: true, waiting: false, under: 0, sentAt: 0, took: 0 };
  let now = null; // what is asked and shown; anew for each page
  let number = 0;
  let pausing = null;
  let pacing = null;

  /* The controls have changed: all of them, as Dash gives them. */
  function ask(stack, substrate, mixing, spinOrbit, structure, selection, scheme, view, shells, sigma, scale, map, engine, sharpening, gamma, clip, line, path, kz, ready, imperfect, cursor) {
    if (!at("picture") || !scheme) return keep();
    if (!now || now.page !== at("picture")) {
      now = { ...NOTHING, said: {}, moved: {}, pinned: {}, page: at("picture"), newest: number };
      page().cursorAt(cursor);
    }
    const readyAt = ready ? ready.at : 0; // an exact result has come
    Object.entries({ stack, substrate }).forEach(([field, text]) => now.moved[field] === text && delete now.moved[field]);
    const before = JSON.stringify(now.state);
    const along = now.state && now.state.line;
    if (along && (along.line !== line || along.path !== path)) now.home = !page().isOpening(); // the cursor goes to Γ
    now.state = {
      sample: { stack: stack, substrate: substrate, mixing: mixing, spin_orbit: Boolean(spinOrbit), structure: structure, imperfect: imperfect, ...now.moved, ...now.pinned },
      view: { view: view, shells: shells, sigma: sigma, scale: scale, map: map, engine: engine, sharpening: sharpening, gamma: gamma, clip: clip },
      line: { line: line, path: path, kz: kz },
      selection: selection, scheme: scheme, zoom: now.zoom,
    };
    if (readyAt === now.readyAt && before === JSON.stringify(now.state)) return keep();
    now.readyAt = readyAt;
    changed();
    return keep();
  }

  /* A slider says what a text field will say when the slider rests; null: it will not. */
  function move(field, text) {
    if (!now || !now.state) return;
    delete now.moved[field];
    if (text === null) return;
    delete now.pinned[field];
    now.moved[field] = now.state.sample[field] = text;
    changed();
  }

  /* How many times finer the energies should be. */
  function zoom(times) {
    if (!now || !now.state || now.zoom === times) return;
    now.zoom = now.state.zoom = times;
    changed();
  }

  /* Texts for both fields that hold whatever these repeat of older ones in the next moment. */
  function pin(texts) {
    if (!now) return;
    const pinned = (now.pinned = { ...texts });
    const put = () => Object.entries(pinned).forEach(([field, text]) => set(field, { value: text }));
    put();
    setTimeout(() => {
      if (pinned !== now.pinned) return;
      put();
      now.pinned = {};
    }, PIN_MS);
  }

  function changed() {
    const sample = SAMPLE.map((name) => JSON.stringify(now.state.sample[name])).concat(JSON.stringify(now.state.line)).join("\n");
    if (now.sample && sample !== now.sample) now.settled = false;
    now.sample = sample;
    now.shown = null;
    send();
  }

  function send() {
    now.waiting = true;
    clearTimeout(pausing);
    clearTimeout(pacing);
    const since = performance.now() - now.sentAt;
    if (now.under >= (now.took > BUSY_MS ? 1 : MOST)) return;
    if (now.under && since < PACE_MS) pacing = setTimeout(send, PACE_MS - since);
    else post(now, (number += 1));
  }

  function post(asking, own) {
    const { line, path } = now.state.line, along = JSON.stringify(now.state.line);
    const look = JSON.stringify([now.state.view, now.state.selection, now.state.scheme, line, path]);
    const moving = !now.settled && look === now.look && Boolean(page().graph());
    const question = { ...now.state, cursor: page().cursorNow(), resting: now.settled, moving: moving, shown: now.shown, zone: now.settled || now.zoneOf !== along, home: now.home };
    const start = performance.now();
    now.waiting = false;
    now.sentAt = start;
    now.under += 1;
    reply(question)
      .then((answer) => ({ answer: answer }), (error) => ({ error: error }))
      .then(({ answer, error }) => {
        if (asking !== now || at("picture") !== now.page) return;
        now.under -= 1;
        if (answer && !answer.resting) now.took = performance.now() - start;
        const last = own === number && !now.waiting;
        try {
          if (last) say("failure", "children", error ? window.dash_clientside.shell.text("The picture did not come: {reason}. Change something, or reload the page.", { reason: error.message }) : null);
          if (answer && last) controls(answer);
          if (answer && own > now.newest) paint(answer, own, look, last, along);
        } finally {
          if (now.waiting) send(); // whatever became of this answer, the next question goes out
          else if (!now.under) pausing = setTimeout(rest, now.rested ? REST_MS : 0);
        }
      });
  }

  /* The answer to a question; whatever goes wrong rejects. A timer aborts, as older browsers have no AbortSignal.timeout. */
  async function reply(question) {
    const lost = new AbortController();
    const patience = setTimeout(() => lost.abort(new Error(window.dash_clientside.shell.text("no answer within {seconds} s", { seconds: LOST_MS / 1000 }))), LOST_MS);
    try {
      const response = await fetch(address(), {
        method: "POST", headers: { "Content-Type": "application/json" }, signal: lost.signal,
        body: JSON.stringify({
          output: "compose-answer.data", outputs: { id: "compose-answer", property: "data" },
          inputs: [{ id: "compose-ask", property: "data", value: question }], changedPropIds: ["compose-ask.data"],
        }),
      });
      const found = await response.json();
      if (!response.ok) throw new Error(found.error);
      return found.response["compose-answer"].data;
    } finally {
      clearTimeout(patience);
    }
  }

  const address = () => JSON.parse(document.getElementById("_dash-config").textContent).requests_pathname_prefix + "_dash-update-component";

  /* What belongs to the controls as they stand: errors, sliders. */
  function controls(answer) {
    if (answer.lost) {
      set("problems", { children: answer.lost });
      set("structure", { data: "" });
    } else ["stack", "substrate", "path"].forEach((name) => say(name, "error", answer.errors[name] || null));
    say("imperfect-cost", "children", answer.cost || null);
    ["imperfect", "engine"].forEach((name) => say(name + "-error", "children", (answer.errors || {})[name] || null));
    Object.entries(answer.texts || {}).forEach(([name, text]) => set(name, { value: text }));
    now.sliders = answer.sliders;
  }

  /* Dash looks at the whole page at every change; what says the same as before is no change. */
  function say(name, property, value) {
    if ((now.said[name + property] || null) !== value) set(name, { [property]: value });
    now.said[name + property] = value;
  }

  /* last: whether this answers the controls as they stand. The server compares sample and engine alone with what is shown,
     so that a picture of an older view must not count as shown. */
  function paint(answer, own, look, last, along) {
    if (!answer.request) return;
    now.newest = own;
    now.request = answer.request;
    if (answer.zone) Object.assign(now, { zone: answer.zone, zoneOf: along });
    if (answer.home !== undefined && along === JSON.stringify(now.state.line)) {
      now.home = false;
      page().cursorHome(answer.home);
    }
    if (answer.figure) {
      set("spectrum", { figure: page().keepZoom(answer.figure) });
      Object.assign(now, { shown: last ? answer.shown : null, look: look, figureTitle: answer.title, byDft: isByDft(answer.request), overlaid: false });
    } else if (answer.moving) {
      Object.assign(now, { shown: null, overlaid: true });
      page().paintMoving(page().graph(), answer.moving, page().cursorNow());
    }
    if (answer.title) now.title = answer.title;
    now.badge = answer.badge;
    tell();
  }

  /* What the picture is and where it comes from; said again when it is drawn, because Dash may have built its place anew. */
  function tell() {
    if (!now || !now.badge || !at("title")) return;
    page().showZone(now.zone);
    const [text, kind] = now.badge;
    const still = kind === "waiting" && now.title ? " " + stillShown() : "";
    const say = (name, words) => at(name).textContent !== words && (at(name).textContent = words);
    say("title", now.title);
    say("badge", text + still);
    at("badge").dataset.kind = kind;
  }

  /* A picture that stands while another theory is chosen says which one it is of. */
  function stillShown() {
    if (now.byDft === isByDft(now.request)) return window.dash_clientside.shell.text("The picture is still the one named above.");
    return now.byDft ? window.dash_clientside.shell.text("The picture is still the one named above, by DFT.") : window.dash_clientside.shell.text("The picture is still the one named above, by tight binding.");
  }

  const isByDft = (request) => request.fidelity === "dft";

  function rest() {
    if (now.settled && now.overlaid) uncover();
    tell();
    if (now.sliders) page().followText(now.sliders);
    now.sliders = null;
    const key = JSON.stringify(now.request);
    if (now.request && key !== now.rested) {
      now.rested = key;
      const { path, cut, kz, ...sample } = now.request;
      set("request", { data: now.request });
      set("rested", { data: now.request });
      if (JSON.stringify(sample) !== now.sampled) set("sampled", { data: sample });
      now.sampled = JSON.stringify(sample);
    } else if (now.request) page().linkOpened(now.request);
    if (now.settled) return;
    now.settled = true;
    send(); // the same question again: now there is time for the exact calculation
  }

  /* No figure follows the canvas (the sample waits, or is none): what is seen, pointed at and saved is the last figure. */
  function uncover() {
    page().endMoving();
    Object.assign(now, { overlaid: false, title: now.figureTitle });
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    compose: Object.assign({}, (window.dash_clientside || {}).compose, { ask, move, pin, zoom, tell, isByDft }),
  });
})();
