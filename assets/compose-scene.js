/* The 3D view of Compose, drawn by 3Dmol.js, which only this page loads. */
(function () {
  "use strict";
  const text = (english, values) => window.dash_clientside.shell.text(english, values);
  const at = (name) => document.getElementById("compose-" + name);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--bl-" + name).trim();
  const page = () => window.dash_clientside.compose;

  const LONG = 90; // Å: of a longer cell the part around the chosen atom is shown
  const SEEN = 40;

  let viewer = null;
  let drawn = null;
  let positions = [];
  let library = null;

  function loadLibrary() {
    library = library || new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = "/assets/vendor/3Dmol-min.js";
      script.onload = resolve;
      script.onerror = reject;
      document.head.appendChild(script);
    });
    return library;
  }

  function drawScene(scene, by, theme, chosen) {
    page().markSelection(chosen);
    if (!scene) return window.dash_clientside.no_update;
    loadLibrary().then(() => paintScene(scene, by)).catch(() => {
      at("scene-text").textContent = text("The 3D view needs WebGL, which this browser does not offer; the layer diagram shows the same atoms.");
    });
    if (by === "strain") return text("Bonds: red stretched, blue compressed, against their natural length; full colour at ±4 %.");
    const flaws = scene.flaws.length ? " " + text("Halo: {flaws}.", { flaws: [...new Set(scene.flaws.map(([, flaw]) => flaw))].join(", ") }) : "";
    return text("Blue Si, orange Ge.") + flaws + " " + text("Arrow: growth axis [001]. Click an atom for its spectrum; drag to turn.");
  }

  const mix = (a, b, t) => "#" + [1, 3, 5].map((i) => Math.round(parseInt(a.slice(i, i + 2), 16) * (1 - t) + parseInt(b.slice(i, i + 2), 16) * t).toString(16).padStart(2, "0")).join("");
  const plus = (a, b, s) => a.map((v, i) => v + s * b[i]);
  const point = (a) => ({ x: a[0], y: a[1], z: a[2] });

  function paintScene(scene, by) {
    const box = at("scene-view");
    if (!box) return;
    if (!viewer || viewer.bandloomBox !== box) {
      viewer = window.$3Dmol.createViewer(box, { backgroundColor: colour("page"), antialias: true });
      viewer.bandloomBox = box;
      viewer.setProjection("orthographic");
      drawn = null;
    }
    viewer.setBackgroundColor(colour("page"));
    viewer.removeAllShapes();
    viewer.removeAllLabels();
    const [a, b, c] = scene.cell;
    const flaw = Object.fromEntries(scene.flaws);
    const flat = !scene.flaws.length && scene.atoms.length <= 32 ? [0, 1] : [0];
    const si = colour("silicon"), ge = colour("germanium"), neutral = colour("border-strong");
    flat.forEach((i) => flat.forEach((j) => {
      const shift = plus(plus([0, 0, 0], a, i), b, j);
      scene.atoms.forEach((position, atom) => {
        const centre = plus(position, shift, 1);
        if (flaw[atom]) {
          viewer.addSphere({ center: point(centre), radius: 1.05, color: colour("accent"), opacity: 0.45 });
          if (i === 0 && j === 0) viewer.addLabel(flaw[atom], { position: point(plus(centre, [0, 0, 1], 1.5)), fontSize: 11, fontColor: colour("text"), backgroundColor: colour("raised"), backgroundOpacity: 0.85, inFront: true, alignment: "bottomCenter" });
        }
        if (flaw[atom] !== "vacancy") viewer.addSphere({
          center: point(centre), radius: atom === page().shownAtom(scene.atoms.length) ? 0.72 : 0.52,
          color: by === "strain" ? neutral : mix(si, ge, scene.ge[atom]),
          clickable: true, callback: () => page().choose(atom),
        });
        if (atom === page().shownAtom(scene.atoms.length) && i === 0 && j === 0) {
          viewer.addLabel(scene.names[atom], { position: point(centre), fontSize: 12, fontColor: colour("text"), backgroundColor: colour("raised"), backgroundOpacity: 0.85, inFront: true });
        }
      });
      scene.bonds.forEach(([first, second, x, y, z, strain]) => {
        const vector = [x, y, z];
        const tint = mix(neutral, strain > 0 ? "#c0392b" : "#2b62c0", Math.min(1, Math.abs(strain) / 4));
        [[first, 0.5], [second, -0.5]].forEach(([atom, half]) => {
          const start = plus(scene.atoms[atom], shift, 1);
          viewer.addCylinder({
            start: point(start), end: point(plus(start, vector, half)), radius: 0.13, fromCap: 1, toCap: 1,
            color: by === "strain" ? tint : mix(si, ge, scene.ge[atom]),
          });
        });
      });
    }));
    outline(scene.cell);
    const foot = plus(plus([0, 0, 0], a, -0.35), b, -0.35);
    const length = Math.min(c[2], 8);
    viewer.addArrow({ start: point(foot), end: point(plus(foot, [0, 0, 1], length)), radius: 0.12, color: colour("text") });
    viewer.addLabel("[001]", { position: point(plus(foot, [0, 0, 1], length + 0.8)), fontSize: 11, fontColor: colour("muted"), showBackground: false, inFront: true, alignment: "bottomCenter" });
    const view = scene.atoms.length + ":" + c[2].toFixed(1) + (c[2] > LONG ? ":" + page().shownAtom(scene.atoms.length) : "");
    if (drawn !== view) {
      viewer.setView([0, 0, 0, 0, ...turned([[1, 0, 0, 14], [0, 1, 0, 24], [1, 0, 0, -90]])]);
      fit(scene, flat.length);
      drawn = view;
    }
    positions = scene.atoms;
    viewer.render();
    box.dataset.atoms = String(scene.atoms.length);
  }

  /* Where an atom of the first cell stands in the 3D view, in pixels from its corner. */
  function screenPosition(atom) {
    const seen = viewer.modelToScreen(point(positions[atom]));
    const box = at("scene-view").getBoundingClientRect();
    return { x: seen.x - box.left - window.scrollX, y: seen.y - box.top - window.scrollY };
  }

  /* Product of rotations (axis x, y, z, degrees), the first one applied last, as a quaternion x, y, z, w. */
  function turned(rotations) {
    return rotations.reduce(([ax, ay, az, aw], [x, y, z, degrees]) => {
      const half = (degrees * Math.PI) / 360;
      const [bx, by, bz, bw] = [x * Math.sin(half), y * Math.sin(half), z * Math.sin(half), Math.cos(half)];
      return [
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
      ];
    }, [0, 0, 0, 1]);
  }

  /* Centre the drawn atoms and choose the zoom by the taller of their extents. */
  function fit(scene, copies) {
    const middle = scene.atoms[page().shownAtom(scene.atoms.length)][2];
    const near = scene.cell[2][2] > LONG ? scene.atoms.filter((p) => Math.abs(p[2] - middle) < SEEN / 2) : scene.atoms;
    const ends = near.concat(near.map((p) => plus(plus(p, scene.cell[0], copies - 1), scene.cell[1], copies - 1)));
    const low = [0, 1, 2].map((i) => Math.min(...ends.map((p) => p[i])));
    const high = [0, 1, 2].map((i) => Math.max(...ends.map((p) => p[i])));
    const view = viewer.getView();
    [0, 1, 2].forEach((i) => (view[i] = -(low[i] + high[i]) / 2));
    viewer.setView(view);
    const tall = high[2] - low[2] + 5;
    const wide = Math.hypot(high[0] - low[0], high[1] - low[1]) + 5;
    viewer.zoomTo();
    const box = at("scene-view");
    const scale = Math.max(tall / box.clientHeight, wide / box.clientWidth);
    const seen = pixelsPerAngstrom();
    if (seen > 0) viewer.zoom(1 / scale / seen);
  }

  /* Screen pixels of one ångström along the growth axis, as drawn now. */
  function pixelsPerAngstrom() {
    viewer.render();
    const [a, b] = [0, 1].map((z) => viewer.modelToScreen({ x: 0, y: 0, z: z }));
    return Math.hypot(a.x - b.x, a.y - b.y);
  }

  function outline(cell) {
    const corner = (i, j, k) => plus(plus(plus([0, 0, 0], cell[0], i), cell[1], j), cell[2], k);
    for (let axis = 0; axis < 3; axis++) {
      for (let other = 0; other < 4; other++) {
        const start = [0, 0, 0];
        start[(axis + 1) % 3] = other & 1;
        start[(axis + 2) % 3] = other >> 1;
        const stop = start.slice();
        stop[axis] = 1;
        viewer.addLine({ start: point(corner(...start)), end: point(corner(...stop)), color: colour("border-strong") });
      }
    }
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    compose: Object.assign({}, (window.dash_clientside || {}).compose, { drawScene, screenPosition }),
  });
})();
