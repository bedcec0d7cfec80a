// Two theories: the link of what is shown.
window.dash_clientside = Object.assign({}, window.dash_clientside, {
  theories: {
    writeLink: function (href, scissor) {
      if (window.location.pathname.replace(/\/$/, "").split("/").pop() !== "theories") {
        return window.dash_clientside.no_update;
      }
      const asked = new URLSearchParams(href.split("?")[1] || "");
      const link = new URLSearchParams();
      ["stack", "substrate"].forEach(function (name) {
        if (asked.get(name)) link.set(name, asked.get(name));
      });
      if (!scissor) link.set("scissor", "0");
      const text = "?" + link.toString();
      if (window.location.search !== text) window.history.replaceState(window.history.state, "", text);
      return window.dash_clientside.no_update;
    },
  },
});
