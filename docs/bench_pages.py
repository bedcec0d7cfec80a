"""The pages' speed in Chromium, as ratios taken in one run: `python -m docs.bench_pages`, part of `make bench`.

- slider_to_paint: from a key press on a slider to the painted picture of a cached sample, over an empty callback that
  returns the same picture on the same page. Median and 95th percentile, turn by turn.
- live_drag: the same for steps of the substrate slider that nobody took before, painted by the forward model.
- steady_drag: pictures a second and the longest time without one while the substrate slider moves every 60 ms for six
  seconds and never pauses, on a network whose answers take 0 and 150 ms longer.
- cold_start: from starting the server to the first picture, over starting Python and importing the libraries alone.
- memory: resident memory of the server after 200 distinct stacks over that after the first 50.
- interpret_examples: from the click on each of Interpret's examples to its verdict and to the drawn image, while the
  page stays open; the first click of a server, which loads the models, apart.
- loop_frames: new reconstructions painted a second on /loop while another person drags a slider on /compose (five
  steps a second); the cores that server, worker and both browsers got meanwhile, where others used the machine too.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # before NumPy, as app.py does: two measures serve it here
    os.environ.setdefault(_threads, "1")

import numpy as np
import psutil
from playwright.sync_api import Browser, Page

from components.interpret.controls import EXAMPLES
from core.structure.substrate import elemental_substrate
from tests.browser import chromium, served_app, settled

PROJECT = Path(__file__).resolve().parent.parent
STACKS = ("Si4Ge4", "Si5Ge4")
"""Two samples that one key press on the slider of Si layers exchanges (Si5Ge4 is doubled to 18 planes)."""

_PAINT = """
() => new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error("no picture within 20 s")), 20000);
  const start = performance.now();
  const painted = () => setTimeout(() => resolve(performance.now() - start), 0);
  const seen = new MutationObserver(() => { seen.disconnect(); requestAnimationFrame(painted); });
  seen.observe(document.getElementById('compose-picture'), {attributeFilter: ['data-drawn', 'data-moved']});
  ACTION
})
"""
_PRESS = """
  const thumb = document.querySelector('#compose-NAME [role=slider]');
  thumb.focus();
  thumb.dispatchEvent(new KeyboardEvent('keydown', {key: 'KEY', code: 'KEY', bubbles: true, cancelable: true}));
"""
_DRAG = """() => {
  window.benchDragged = 0;
  setInterval(() => {
    const thumb = document.querySelector('#compose-alloy [role=slider]');
    thumb.focus();
    const key = window.benchDragged++ % 80 < 40 ? 'ArrowRight' : 'ArrowLeft';
    thumb.dispatchEvent(new KeyboardEvent('keydown', {key, code: key, bubbles: true, cancelable: true}));
  }, 200);
}"""
_ENDED = "() => document.querySelector('#loop-report')?.disabled === false"
_STEADY_DRAG = """async ([seconds, every]) => {
  const painted = [], box = document.getElementById('compose-picture');
  const seen = new MutationObserver(() => painted.push(performance.now()));
  seen.observe(box, {attributeFilter: ['data-drawn', 'data-moved']});
  const thumb = document.querySelector('#compose-alloy [role=slider]');
  thumb.focus();
  const start = performance.now(), end = start + 1000 * seconds;
  for (let step = 0; performance.now() < end; step++) {
    const key = step % 160 < 80 ? 'ArrowRight' : 'ArrowLeft';
    thumb.dispatchEvent(new KeyboardEvent('keydown', {key, code: key, bubbles: true, cancelable: true}));
    await new Promise(resolve => setTimeout(resolve, every));
  }
  return [start, ...painted.filter(time => time <= end), end];
}"""
_COUNT_FRAMES = """() => {
  window.benchFrames = [];
  const gd = document.querySelector('#loop-picture .js-plotly-plot');
  let last;
  gd.on('plotly_afterplot', () => {
    let sum = 0;
    for (const row of gd._fullData.at(-1).z) for (const value of row) sum += value || 0;
    if (sum !== last) window.benchFrames.push(performance.now());
    last = sum;
  });
}"""
"""Times at which the reconstruction was painted anew; the same one again does not count."""

_READ = """
(name) => new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error("nothing was read within 60 s")), 60000);
  const start = performance.now(), times = {};
  const verdict = document.getElementById('interpret-verdict'), picture = document.getElementById('interpret-picture');
  const done = (part) => {
    if (!(part in times)) times[part] = performance.now() - start;
    if (times.result && times.picture) resolve(times);
  };
  const before = verdict.textContent, read = (text) => text.includes('known') || text.includes('outside');
  new MutationObserver(() => verdict.textContent !== before && read(verdict.textContent) && done('result'))
    .observe(verdict, {childList: true, characterData: true, subtree: true});
  const drawn = () => picture.querySelector('.js-plotly-plot')?._fullData?.[0]?.z;
  const old = drawn();
  (function look() {
    if (drawn() && drawn() !== old) requestAnimationFrame(() => setTimeout(() => done('picture'), 0));
    else requestAnimationFrame(look);
  })();
  document.getElementById('interpret-example-' + name).click();
})
"""
"""Milliseconds from the click on an example to its verdict and to its image on the screen."""

_EMPTY = "window.dash_clientside.set_props('compose-copy', {n_clicks: COUNT});"


def slider_to_paint(browser: Browser, turns: int = 30) -> dict:
    """Milliseconds and ratios of a cached slider step against an empty callback with the same picture."""
    with _app_with_empty_callback() as url:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        for stack in STACKS:
            _open(page, f"{url}/compose?stack={stack}&substrate=Si&engine=exact")
        _open(page, f"{url}/compose?stack={STACKS[0]}&substrate=Si&engine=exact")
        keys = [("n-si", "ArrowRight" if turn % 2 == 0 else "ArrowLeft") for turn in range(turns + 3)]
        figures = _against_empty(page, keys)
        page.close()
    return figures


def live_drag(browser: Browser, turns: int = 30) -> dict:
    """Milliseconds and ratios of a step to a new sample, painted by the forward model, against an empty callback."""
    with _app_with_empty_callback() as url:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        _open(page, f"{url}/compose?stack=Si8Ge8&substrate=Si&engine=live")
        figures = _against_empty(page, [("alloy", "ArrowRight")] * (turns + 3))
        page.close()
    return figures


def steady_drag(browser: Browser, seconds: float = 6.0, every_ms: float = 60.0) -> dict:
    """Pictures a second, and the longest time without one, while the substrate slider never pauses, by latency."""
    found = {}
    with tempfile.TemporaryDirectory() as cache, _server(cache) as server:
        for latency in (0, 150):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            _open(page, f"{server.url}/compose?stack=Si8Ge8&substrate=Si&engine=live&view=total")
            network = {"offline": False, "latency": latency, "downloadThroughput": -1, "uploadThroughput": -1}
            page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", network)
            times = np.array(page.evaluate(_STEADY_DRAG, [seconds, every_ms])) / 1000
            page.close()
            found[f"latency_{latency}_ms"] = {
                "pictures_per_second": round((len(times) - 2) / seconds, 1),
                "longest_gap_seconds": round(float(np.diff(times).max()), 2),
            }
    return found


def _against_empty(page: Page, steps: list[tuple[str, str]]) -> dict:
    """Time each (slider, key) and, in turn, an empty callback; the first three of each warm up."""
    slider, empty = [], []
    for turn, (name, key) in enumerate(steps):
        press = _PRESS.replace("NAME", name).replace("KEY", key)
        slider.append(page.evaluate(_PAINT.replace("ACTION", press)))
        settled(page)
        empty.append(page.evaluate(_PAINT.replace("ACTION", _EMPTY.replace("COUNT", str(turn + 1)))))
        settled(page)
    slider, empty, turns = np.array(slider[3:]), np.array(empty[3:]), len(steps) - 3
    return {
        "slider_ms_median": round(float(np.median(slider)), 1),
        "empty_ms_median": round(float(np.median(empty)), 1),
        "ratio_median": round(float(np.median(slider) / np.median(empty)), 2),
        "ratio_95": round(float(np.percentile(slider, 95) / np.percentile(empty, 95)), 2),
        "turns": turns,
    }


def cold_start(browser: Browser) -> dict:
    """Seconds from starting a fresh server with an empty cache to its first picture, over bare imports."""
    libraries = "import dash, dash_mantine_components, numpy, scipy.sparse, ase.io, xarray, diskcache"
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", libraries], check=True)
    imports = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as cache, _server(cache) as server:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        _open(page, server.url + "/compose")
        seconds = time.perf_counter() - server.started
        page.close()
    return {"seconds": round(seconds, 2), "imports_seconds": round(imports, 2), "ratio": round(seconds / imports, 2)}


def memory(browser: Browser, stacks: int = 200) -> dict:
    """Resident memory of the server and its jobs while one person goes through distinct stacks."""
    with tempfile.TemporaryDirectory() as cache, _server(cache) as server:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        _open(page, server.url + "/compose?stack=Si2&substrate=Si")
        resident = []
        for number in range(stacks):
            stack = f"Si{1 + number % 8}Ge{1 + number // 8 % 8}"
            substrate = elemental_substrate(number / 1000).label
            page.evaluate(
                "([stack, substrate]) => { window.dash_clientside.set_props('compose-stack', {value: stack});"
                " window.dash_clientside.set_props('compose-substrate', {value: substrate}); }",
                [stack, substrate],
            )
            page.wait_for_function(
                "ending => document.getElementById('compose-title').textContent.endsWith(ending)",
                arg=f"on {substrate}",
                timeout=60_000,
            )
            resident.append(server.process.memory_info().rss / 2**20)
        page.close()
    return {
        "mebibytes_after_50": round(resident[49], 1),
        "mebibytes_after_200": round(resident[-1], 1),
        "ratio": round(resident[-1] / resident[49], 3),
        "stacks": stacks,
    }


def interpret_examples(browser: Browser, turns: int = 2) -> dict:
    """Seconds from the click on an example to its verdict and to its picture; medians over turns and examples."""
    with tempfile.TemporaryDirectory() as cache, _server(cache) as server:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{server.url}/interpret")
        settled(page)
        taken = []
        for _ in range(turns):
            for name in EXAMPLES:
                taken.append(page.evaluate(_READ, name))
                settled(page)
        page.close()
    first, *others = taken
    return {
        "first_result_seconds": round(first["result"] / 1000, 2),
        "first_picture_seconds": round(first["picture"] / 1000, 2),
        **{f"{part}_seconds": round(float(np.median([one[part] for one in others])) / 1000, 2) for part in first},
        **{f"longest_{part}_seconds": round(max(one[part] for one in others) / 1000, 2) for part in first},
    }


def loop_frames(browser: Browser) -> dict:
    """New pictures a second on /loop, from its first to its last, while another person drags a slider on /compose."""
    with tempfile.TemporaryDirectory() as cache, _server(cache) as server:
        other = browser.new_context().new_page()
        _open(other, f"{server.url}/compose?stack=Si8Ge8&substrate=Si&engine=live")
        other.evaluate(_DRAG)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{server.url}/loop")
        page.get_by_role("button", name="Graded interfaces").click()
        page.wait_for_function("() => document.querySelector('#loop-picture .js-plotly-plot')?._fullData?.length")
        page.evaluate(_COUNT_FRAMES)
        used, began = _Used(cache), time.perf_counter()
        while not page.evaluate(_ENDED):
            used.look()
            page.wait_for_timeout(1000)
        cores = used.look() / (time.perf_counter() - began)
        frames = page.evaluate("() => window.benchFrames")
        dragged = other.evaluate("() => window.benchDragged")
        page.close()
        other.close()
    gaps = np.diff(frames) / 1000
    return {
        "pictures": len(frames),
        "seconds": round(float(gaps.sum()), 2),
        "pictures_per_second": round(len(gaps) / float(gaps.sum()), 2),
        "longest_gap_seconds": round(float(gaps.max()), 2),
        "slider_steps_meanwhile": dragged,
        "cores_used": round(cores, 2),
    }


class _Used:
    """Processor seconds of a server, its jobs and this process's browser, since it began to look."""

    def __init__(self, cache: str):
        self._cache, self._first, self._last = cache, {}, {}
        self.look()

    def look(self) -> float:
        """The seconds so far; what a job used up to the last look counts after its end."""
        browser = {process.pid for process in psutil.Process().children(recursive=True)}
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.pid in browser or process.environ().get("BANDLOOM_CACHE") == self._cache:
                    times = process.cpu_times()
                    self._last[process.pid] = times.user + times.system
                    self._first.setdefault(process.pid, self._last[process.pid])
        return sum(self._last[pid] - self._first[pid] for pid in self._last)


class _server:
    """A server process of its own, with a cache folder of its own."""

    def __init__(self, cache: str):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.started = time.perf_counter()
        environment = os.environ | {"BANDLOOM_CACHE": cache, "HOST": "127.0.0.1", "PORT": str(port)}
        self._process = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.process = psutil.Process(self._process.pid)

    def __enter__(self) -> "_server":
        port = int(self.url.rpartition(":")[2])
        while time.perf_counter() - self.started < 60:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
                return self
            except OSError:
                time.sleep(0.02)
        self._process.terminate()
        raise TimeoutError("The server did not start within 60 s")

    def __exit__(self, *_) -> None:
        self._process.terminate()
        self._process.wait(10)


@contextmanager
def _app_with_empty_callback() -> Iterator[str]:
    """The served app's address; the empty callback is there before the app is made, which takes callbacks up once."""
    if "app" not in sys.modules:
        _register_empty_callback()
    with served_app() as url:
        yield url


def _register_empty_callback() -> None:
    """A callback that does nothing but return one of two ready pictures, to measure what the page itself costs."""
    from dash import Input, Output, callback

    from components.compose.spectra import chosen_spectrum
    from components.figures.spectrum import spectrum_figure
    from core.engines.exact import ExactSpectra
    from core.sessions.requests import make_request, solve

    figures = []
    for stack in STACKS:
        spectrum, _ = chosen_spectrum(ExactSpectra(solve(make_request(stack, "Si"))), "atom", 0, 1, "spdS", 0.1)
        figures.append(spectrum_figure(spectrum, "viridis", False, (23, 108), "light"))

    @callback(
        Output("compose-spectrum", "figure", allow_duplicate=True),
        Input("compose-copy", "n_clicks"),
        prevent_initial_call=True,
    )
    def empty(count):
        return figures[count % 2]


def _open(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_function("() => Number(document.getElementById('compose-picture')?.dataset.drawn || 0) > 0")
    settled(page)


MEASURES = {"slider_to_paint": slider_to_paint, "live_drag": live_drag, "steady_drag": steady_drag,
            "cold_start": cold_start, "memory": memory, "interpret_examples": interpret_examples,
            "loop_frames": loop_frames}  # fmt: skip


def main() -> None:
    """Measure everything and print it as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=list(MEASURES))
    chosen = parser.parse_args().only
    with tempfile.TemporaryDirectory() as cache, chromium() as browser:
        os.environ["BANDLOOM_CACHE"] = cache
        figures = {name: measure(browser) for name, measure in MEASURES.items() if chosen in (None, name)}
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
