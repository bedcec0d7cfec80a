// Learn: which step of a tour is shown, where each tour stands, and what is said to an answer.
(function () {
  const STORE = "tour-progress"; // the dcc.Store of this id keeps its data under it in the browser
  const noUpdate = () => window.dash_clientside.no_update;
  const part = (name) => document.getElementById("tour-" + name);
  let tour = null; // {tour, step, steps} of the page that is shown

  function stored() {
    try { return JSON.parse(localStorage.getItem(STORE)) || {}; } catch (error) { return {}; }
  }

  function keep() {
    const before = stored()[tour.tour] || {};
    const far = Math.max(tour.step, Math.min(tour.steps, before.far || 0));
    window.dash_clientside.shell.put(STORE, { data: { ...stored(), [tour.tour]: { at: tour.step, far } } });
  }

  // Shows one step; the address follows, so that it is a link to this step.
  function show(step) {
    tour.step = step;
    for (const section of part("page").querySelectorAll(".step")) {
      section.classList.toggle("shown", Number(section.dataset.step) === step);
    }
    for (const button of part("page").querySelectorAll(".stepper .go")) {
      button.setAttribute("aria-current", Number(button.dataset.step) === step ? "step" : "false");
      button.classList.toggle("passed", Number(button.dataset.step) < step);
    }
    part("previous").disabled = step === 1;
    part("next").hidden = step === tour.steps;
    part("last").hidden = step !== tour.steps;
    const words = part("place").dataset.words;
    part("place").textContent = words.replace("{step}", step).replace("{steps}", tour.steps);
    const query = new URLSearchParams({ tour: tour.tour, step });
    window.history.replaceState(window.history.state, "", window.location.pathname + "?" + query);
    keep();
  }

  // Goes to a step that a person chose: its heading takes the focus, so that reading starts there.
  function go(step) {
    if (step < 1 || step > tour.steps || step === tour.step) return;
    show(step);
    const heading = part("page").querySelector(".step.shown h2");
    heading.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }

  function begin(shown) {
    tour = { ...shown };
    const kept = (stored()[tour.tour] || {}).at;
    show(tour.step || (Number.isInteger(kept) && kept >= 1 && kept <= tour.steps ? kept : 1));
    return noUpdate();
  }

  function tell(progress) {
    const cards = part("cards");
    for (const card of cards.querySelectorAll(".card")) {
      const bar = card.querySelector(".tour-bar");
      const steps = Number(bar.dataset.steps);
      const far = Math.min(steps, ((progress || {})[bar.dataset.tour] || {}).far || 0);
      if (!far) continue;
      const words = far === steps ? cards.dataset.done : cards.dataset.reached;
      card.querySelector(".tour-progress").textContent = words.replace("{step}", far).replace("{steps}", steps);
      bar.firstElementChild.style.width = (100 * far) / steps + "%";
    }
    return noUpdate();
  }

  function reply(value) {
    const replies = document.getElementById(window.dash_clientside.callback_context.outputs_list.id);
    [...replies.children].forEach((text, number) => { text.hidden = String(number) !== value; });
    return noUpdate();
  }

  function showValue(value) {
    const unit = document.getElementById(window.dash_clientside.callback_context.outputs_list.id).dataset.unit;
    return Number(value.toFixed(3)) + " " + unit;
  }

  const onPage = () => tour && part("page");

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || !onPage()) return;
    if (button.id === "tour-next") go(tour.step + 1);
    else if (button.id === "tour-previous") go(tour.step - 1);
    else if (button.id === "tour-print") window.print();
    else if (button.matches(".stepper .go")) go(Number(button.dataset.step));
  });

  document.addEventListener("keydown", (event) => {
    const turn = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!turn || !onPage() || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest("input, textarea, select, [role=slider], [role=radiogroup]")) return; // they use arrows too
    go(tour.step + turn);
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    learn: { begin, tell, reply, showValue },
  });
})();
