/* Design in the browser: the link of what is asked for. */
(function () {
  "use strict";

  /* Another question is a step that Back takes back. */
  function writeLink(link) {
    if (link && document.getElementById("design-targets") && window.location.search !== link) {
      const first = !window.location.search;
      window.history[first ? "replaceState" : "pushState"](window.history.state, "", window.location.pathname + link);
    }
    return window.dash_clientside.no_update;
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, { design: { writeLink } });
})();
