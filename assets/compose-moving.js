/* The picture of Compose while controls move: painted on a canvas over the last figure, on its axes and its colour scale.
   A whole figure takes plotly some 100 ms, this one 2; at rest the figure follows and the canvas goes. */
(function () {
  "use strict";
  const box = () => document.getElementById("compose-picture");
  const sheet = () => box().querySelector("canvas.moving");
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue("--bl-" + name).trim();

  function bytes(text) {
    const raw = atob(text);
    const found = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) found[i] = raw.charCodeAt(i);
    return found;
  }

  /* 256 colours as numbers of four bytes, for levels of this picture on the scale of the figure. */
  function colours(map, picture) {
    const stops = map.colorscale.map(([place, hex]) => [place, [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16))]);
    let stop = 0;
    return Uint32Array.from({ length: 256 }, (_, level) => {
      const value = picture.low + (level / 255) * (picture.high - picture.low);
      const place = Math.min(1, Math.max(0, (value - map.zmin) / (map.zmax - map.zmin)));
      while (stop < stops.length - 2 && stops[stop + 1][0] < place) stop++;
      const [[a, from], [b, to]] = [stops[stop], stops[stop + 1]];
      const [red, green, blue] = from.map((v, i) => Math.round(v + ((to[i] - v) * (place - a)) / (b - a)));
      return (255 << 24) | (blue << 16) | (green << 8) | red;
    });
  }

  function image(picture, map) {
    const [height, width] = picture.shape;
    const small = document.createElement("canvas");
    [small.width, small.height] = [width, height];
    const levels = bytes(picture.levels);
    const palette = colours(map, picture);
    const pixels = new ImageData(width, height);
    const words = new Uint32Array(pixels.data.buffer);
    for (let row = 0; row < height; row++) {
      for (let k = 0; k < width; k++) words[(height - 1 - row) * width + k] = palette[levels[row * width + k]];
    }
    small.getContext("2d").putImageData(pixels, 0, 0);
    return small;
  }

  function canvas(gd) {
    const found = sheet() || box().appendChild(Object.assign(document.createElement("canvas"), { className: "moving" }));
    const scale = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(gd.clientWidth * scale), Math.round(gd.clientHeight * scale)];
    if (found.width !== width || found.height !== height) Object.assign(found, { width: width, height: height });
    found.hidden = false;
    const context = found.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, gd.clientWidth, gd.clientHeight);
    context.imageSmoothingEnabled = false;
    return context;
  }

  function clipped(context, x, y, paint) {
    context.save();
    context.beginPath();
    context.rect(x._offset, y._offset, x._length, y._length);
    context.clip();
    paint();
    context.restore();
  }

  const USUAL = 176; // energies

  /* picture: as components/figures/moving.py writes it. cursor: indices of the k-point and of the energy on the usual axis. */
  function paintMoving(gd, picture, cursor) {
    const { xaxis: x, yaxis: y, xaxis2: x2, yaxis2: y2 } = gd._fullLayout;
    const [map, , mdc] = gd._fullData;
    const context = canvas(gd);
    const small = image(picture, map);
    const across = (axis, value) => axis._offset + axis.d2p(value);
    const half = (map.y[1] - map.y[0]) / 2;
    const [low, high] = [across(y, map.y[0] - half), across(y, map.y[map.y.length - 1] + half)];
    clipped(context, x, y, () => {
      for (let k = 0; k < small.width; k++) {
        const [left, right] = [across(x, map.x[k]), across(x, map.x[k + 1])];
        context.drawImage(small, k, 0, 1, small.height, left, high, right - left + 0.5, low - high);
      }
    });
    const curve = (ax, ay, xs, ys) =>
      clipped(context, ax, ay, () => {
        context.fillStyle = css("page");
        context.fillRect(ax._offset, ay._offset, ax._length, ay._length);
        context.beginPath();
        for (let i = 0; i < xs.length; i++) context.lineTo(across(ax, xs[i]), across(ay, ys[i]));
        [context.strokeStyle, context.lineWidth] = [css("accent"), 1.5];
        context.stroke();
      });
    const step = (map.y[map.y.length - 1] - map.y[0] + 2 * half) / picture.edc.length;
    curve(x2, y, picture.edc, picture.edc.map((_, i) => map.y[0] - half + step * (i + 0.5)));
    curve(x, y2, mdc.x, picture.mdc);
    const here = [across(x, mdc.x[Math.min(cursor[0], mdc.x.length - 1)]), across(y, map.y[Math.floor(((cursor[1] + 0.5) * map.y.length) / USUAL)])];
    context.beginPath();
    context.setLineDash([3, 3]);
    [context.strokeStyle, context.lineWidth] = [css("germanium"), 1];
    context.moveTo(here[0], y._offset);
    context.lineTo(here[0], y2._offset + y2._length);
    context.moveTo(x._offset, here[1]);
    context.lineTo(x2._offset + x2._length, here[1]);
    context.stroke();
    context.setLineDash([]);
    box().dataset.moved = String(Number(box().dataset.moved || 0) + 1);
  }

  function endMoving() {
    if (sheet()) sheet().hidden = true;
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    compose: Object.assign({}, (window.dash_clientside || {}).compose, { paintMoving, endMoving }),
  });
})();
