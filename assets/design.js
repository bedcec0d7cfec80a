/* Design in the browser: the link of what is asked for. */
(function () {
  "use strict";

  let written = null;

  /* Another question is a step that Back takes back. Dash does not know of it, and opens the page anew only where the
     address that Back leads to is another one than it opened last. */
  window.addEventListener("popstate", () => {
    if (written === null || !document.getElementById("design-targets") || window.location.search === written) return;
    written = null;
    window.dash_clientside.shell.put("_pages_location", { search: window.location.search });
  });

  function writeLink(link) {
    if (link && document.getElementById("design-targets") && window.dash_clientside.shell.isAt("design") && window.location.search !== link) {
      const first = !window.location.search;
      written = link;
      window.history[first ? "replaceState" : "pushState"](window.history.state, "", window.location.pathname + link);
    }
    return window.dash_clientside.no_update;
  }

  /* The file input that dcc.Upload makes has no name of its own. */
  function nameUpload() {
    let tries = 0;
    (function name() {
      const input = document.querySelector("#design-band-file input");
      if (input) input.setAttribute("aria-label", window.dash_clientside.shell.text("Table of the band: k-points and energies"));
      else if (tries++ < 120) requestAnimationFrame(name);
    })();
    return window.dash_clientside.no_update;
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, { design: { writeLink, nameUpload } });
})();
