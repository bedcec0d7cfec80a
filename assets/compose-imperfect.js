/* Imperfections of Compose: what the switches say goes into the question and the link, and back from the link. */
(function () {
  "use strict";
  const at = (name) => document.getElementById("compose-" + name);
  const set = (name, props) => window.dash_clientside.shell.put("compose-" + name, props);
  const PERFECT = { lateral: 1, seed: 0, configurations: 1, antisite: 0, vacancy: 0, dangling: "open", step: false };

  /* What is left empty is none, or the first; the server checks the rest. */
  function imperfect(lateral, seed, configurations, antisite, vacancy, dangling, step) {
    const whole = (value, empty) => (value === "" || value === null || value === undefined ? empty : Number(value));
    const off = lateral === "1";
    const said = { lateral: Number(lateral), seed: whole(seed, 0), configurations: whole(configurations, 1), antisite: whole(antisite, 0), vacancy: whole(vacancy, 0), dangling: dangling, step: Boolean(step) };
    return [off ? null : said, off];
  }

  /* Entries of a link for what a request says. */
  const imperfectEntries = (said) => ({ ...PERFECT, ...(said || {}) });

  /* A link's entries go into the switches. */
  function openImperfect(state) {
    set("lateral", { value: String(state.lateral) });
    ["seed", "configurations"].forEach((name) => set(name, { value: Number(state[name]) }));
    ["antisite", "vacancy"].forEach((name) => set(name, { value: Number(state[name]) || "" }));
    set("dangling", { value: state.dangling });
    set("step", { checked: state.step === "1" || state.step === true });
    if (String(state.lateral) !== "1" && at("imperfections")) at("imperfections").open = true;
  }

  /* Whether a request has the imperfections of a link's entries. */
  function imperfectOpened(said, wanted) {
    const plain = (value) => (value === true ? "1" : value === false ? "0" : String(value));
    const has = imperfectEntries(said);
    if (!said) return String(wanted.lateral) === "1";
    return Object.keys(PERFECT).every((name) => plain(has[name]) === plain(wanted[name]));
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    compose: Object.assign({}, (window.dash_clientside || {}).compose, { imperfect, imperfectEntries, openImperfect, imperfectOpened }),
  });
})();
