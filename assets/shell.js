// Theme choice and navigation state. The choice lives under Mantine's own key, so that the provider follows it.
(function () {
  const KEY = "mantine-color-scheme-value";
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  let started = false;

  function stored() {
    try { return localStorage.getItem(KEY) || "auto"; } catch (error) { return "auto"; }
  }

  function resolved(choice) {
    return choice === "auto" ? (system.matches ? "dark" : "light") : choice;
  }

  function store(choice) {
    try {
      localStorage.setItem(KEY, choice);
      // The browser tells other tabs only; Mantine listens for the same event here.
      window.dispatchEvent(new StorageEvent("storage", { key: KEY, newValue: choice, storageArea: localStorage }));
    } catch (error) {
      document.documentElement.setAttribute("data-mantine-color-scheme", resolved(choice));
    }
  }

  function applyTheme(value) {
    if (started) store(value);
    const choice = started ? value : stored();
    started = true;
    return [choice, resolved(choice)];
  }

  // A text in the language of the page, with values in its places: from the table that the document loads for other
  // languages than English (components/translation/scripts.py).
  function text(english, values) {
    const own = (window.bandloomTexts || {})[english] || english;
    return values ? own.replace(/\{(\w+)\}/g, (_, name) => values[name]) : own;
  }

  // The language is the server's business: it is kept in a cookie, and the page comes anew in it.
  function chooseLanguage(language) {
    if (!language || language.replace("_", "-") === document.documentElement.lang) return;
    document.cookie = "bandloom-language=" + language + "; path=/; max-age=31536000; samesite=lax";
    window.location.reload();
  }

  // What is on the page under an id. Dash raises an error where it is asked for, or given to, what is there no more: a
  // timer or an answer may come after a visitor has left.
  function layoutOf(id) {
    try { return window.dash_component_api.getLayout(id); } catch (error) { return undefined; }
  }

  function put(id, props) {
    if (layoutOf(id)) window.dash_clientside.set_props(id, props);
  }

  // A page writes the address only while it is its own: a visitor who leaves changes the address before the page goes.
  const pathOf = (page) => document.getElementById("navigation-" + page).pathname;
  const isAt = (page) => window.location.pathname.replace(/\/$/, "") === pathOf(page);

  // The way back to a page leads to where it was left: the links to it carry its last address.
  function keepLink(page, address) {
    try { sessionStorage.setItem("link-" + page, address); } catch (error) { return; }
    openLinks(page);
  }

  function openLinks(page) {
    let address = null;
    try { address = sessionStorage.getItem("link-" + page); } catch (error) { return; }
    for (const id of ["navigation-" + page, "door-" + page]) {
      if (address) put(id, { href: address });
    }
  }

  // Marks the current page in the navigation, and goes to the anchor in the address.
  function pageShown(pathname) {
    for (const link of document.querySelectorAll("#navigation a")) {
      if (new URL(link.href).pathname === pathname) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    ["compose", "compare"].forEach(openLinks);
    if (window.location.hash) holdAnchor(window.location.hash.slice(1));
  }

  // Keeps the anchor in view while the page above it is still growing, until the reader takes over.
  function holdAnchor(anchor) {
    const growth = new ResizeObserver(() => document.getElementById(anchor)?.scrollIntoView());
    growth.observe(document.getElementById("content"));
    for (const act of ["wheel", "touchstart", "pointerdown", "keydown"]) {
      window.addEventListener(act, () => growth.disconnect(), { once: true, passive: true });
    }
    setTimeout(() => growth.disconnect(), 5000);
  }

  // Whether the server answers: where questions of the page fail one after the other for want of a connection, a line
  // says so until one is answered.
  const ask = window.fetch;
  let unanswered = 0;

  function count(failed) {
    unanswered = failed ? unanswered + 1 : 0;
    const line = document.getElementById("unanswered");
    if (line) line.hidden = unanswered < 2;
  }

  window.fetch = function (target) {
    const answer = ask.apply(this, arguments);
    if (String((target && target.url) || target).includes("_dash-update-component")) {
      answer.then(() => count(false), (error) => { if (error instanceof TypeError) count(true); });
    }
    return answer;
  };

  // A page may go while a pointer drags in one of its pictures: Plotly is told that the drag is over, before it asks a
  // picture that is gone and while its cover still lies over the next page.
  let held = null;
  for (const name of ["mousedown", "touchstart"]) {
    window.addEventListener(name, (event) => { held = event.target.closest && event.target.closest(".js-plotly-plot"); }, true);
  }
  for (const name of ["mousemove", "touchmove", "mouseup", "touchend"]) {
    window.addEventListener(name, () => {
      if (!held || held._fullLayout) return;
      held._dragging = false;
      held = null;
      if (name.endsWith("move")) document.dispatchEvent(new MouseEvent("mouseup"));
    }, true);
  }

  system.addEventListener("change", () => {
    if (started && stored() === "auto") put("theme", { data: resolved("auto") });
  });
  window.addEventListener("storage", (event) => {
    if (event.isTrusted && event.key === KEY && started) {
      put("theme-choice", { value: stored() });
    }
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside, { shell: { applyTheme, pageShown, keepLink, pathOf, isAt, layoutOf, put, text, chooseLanguage } });
})();
