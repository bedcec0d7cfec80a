/* Compare in the browser: which part is shown, proposed ranges, a click on a point, the link. */
(function () {
  "use strict";
  const at = (name) => document.getElementById("compare-" + name);
  const set = (name, props) => window.dash_clientside.shell.put("compare-" + name, props);
  const keep = () => window.dash_clientside.no_update;
  const PARTS = ["sweep", "pair", "growth"];

  /* Hidden or not: panel and controls of each part, in the order of its outputs. */
  const showPart = (part) => PARTS.flatMap((name) => [name !== part, name !== part]).slice(0, 5); // growth has no controls

  /* Another thing to change brings its own range, unless a link says which. */
  let swept = {}; // the page, and what is changed there
  function propose(along, proposed) {
    const before = swept;
    swept = { page: at("page"), along: along };
    const chosen = before.page === swept.page && before.along !== along && proposed[along];
    return chosen || [keep(), keep(), keep()];
  }

  /* A point leads to its sample on Compose; the page is built anew there, and Back leads here. */
  function openPoint(clicked) {
    const point = clicked && clicked.points && clicked.points[0];
    return point && typeof point.customdata === "string" ? point.customdata : keep();
  }

  function swap(clicks, ...values) {
    return clicks ? values.slice(3).concat(values.slice(0, 3)) : values.map(keep);
  }

  /* Zoomed together: what one map shows, the other one shows. */
  const graph = (name) => document.querySelector("#compare-" + name + "-map .js-plotly-plot");
  const AXES = ["xaxis", "yaxis"];

  function coupleMaps() {
    let tries = 0;
    (function attach() {
      const found = ["first", "second"].map(graph);
      if (!found.every((gd) => gd && gd.on && gd._fullLayout && gd._fullData && gd._fullData.length)) {
        if (tries++ < 120) requestAnimationFrame(attach);
        return;
      }
      found.forEach((gd, i) => {
        if (gd.bandloomCoupled) return;
        gd.bandloomCoupled = true;
        gd.on("plotly_relayout", () => follow(gd, i ? "first" : "second"));
      });
      follow(found[0], "second");
    })();
    return keep();
  }

  function follow(gd, name) {
    const other = graph(name), change = {};
    if (!other || !other._fullLayout) return;
    AXES.forEach((axis) => {
      const [mine, its] = [gd, other].map((one) => one._fullLayout[axis].range);
      if (mine.some((end, i) => Math.abs(end - its[i]) > 1e-9)) change[axis + ".range"] = mine.slice();
    });
    if (Object.keys(change).length) window.Plotly.relayout(other, change);
  }

  /* From Compose: the sample that is shown there. A structure file has no stack that could be changed. */
  function fromCompose(request) {
    if (!request || request.structure || !request.stack) return "/compare";
    const query = new URLSearchParams({ stack: request.stack, substrate: request.substrate });
    if (request.spin_orbit) query.set("so", "1");
    if (request.mixing) query.set("mixing", String(request.mixing));
    return "/compare?" + query.toString();
  }

  /* The link: the values of the controls that differ from their defaults. Every change is a step that Back takes back. */
  let link = {}; // the page that it was written for, its state, and the state that Back or Forward is opening
  let writing = null;
  const OPENING_MS = 4000;
  const WRITE_MS = 250; // a change that brings others is one step

  const text = (value) => (typeof value === "boolean" ? (value ? "1" : "0") : String(value === null || value === undefined ? "" : value));
  const same = (one, other) => Object.keys(one).every((name) => text(one[name]) === text(other[name]));

  function writeLink(...values) {
    const defaults = values.pop(), page = at("page");
    if (!page) return keep();
    const state = Object.fromEntries(Object.keys(defaults).map((name, i) => [name, values[i]]));
    clearTimeout(writing);
    if (link.page !== page) link = { page: page };
    if (link.opening) {
      const over = same(state, link.opening) || Date.now() - link.openedAt > OPENING_MS;
      if (!over) return keep();
      Object.assign(link, { opening: null, state: state });
      return keep();
    }
    link.defaults = defaults;
    if (!link.state) write(state, "replaceState");
    else if (!same(state, link.state)) writing = setTimeout(() => at("page") === page && write(state, "pushState"), WRITE_MS);
    return keep();
  }

  function write(state, how) {
    const query = new URLSearchParams();
    Object.keys(state).forEach((name) => {
      if (text(state[name]) !== text(link.defaults[name]) || name === "stack" || name === "substrate") query.set(name, text(state[name]));
    });
    const { isAt, pathOf, keepLink } = window.dash_clientside.shell;
    const address = pathOf("compare") + "?" + query.toString();
    if (isAt("compare")) window.history[how](how === "pushState" ? null : window.history.state, "", address);
    link.state = state;
    keepLink("compare", address);
  }

  /* Back and forward on this page: the link's entries go into the controls. */
  function openLink(event) {
    if (!at("page") || link.page !== at("page") || !link.state || !window.dash_clientside.shell.isAt("compare")) return;
    event.stopImmediatePropagation(); // Dash would build the page anew
    clearTimeout(writing);
    const entries = Object.fromEntries(new URLSearchParams(window.location.search)), state = {};
    Object.entries(link.defaults).forEach(([name, usual]) => {
      const given = name in entries ? entries[name] : usual;
      state[name] = name === "block" ? String(given) : typeof usual === "number" ? Number(given) : typeof usual === "boolean" ? given === "1" || given === true : given;
    });
    Object.assign(link, { opening: state, openedAt: Date.now() });
    swept = { page: at("page"), along: state.along };
    Object.entries(state).forEach(([name, value]) => set(name, typeof value === "boolean" ? { checked: value } : { value: value }));
  }

  window.addEventListener("popstate", openLink);

  window.dash_clientside = Object.assign({}, window.dash_clientside, { compare: { showPart, propose, openPoint, swap, coupleMaps, fromCompose, writeLink } });
})();
