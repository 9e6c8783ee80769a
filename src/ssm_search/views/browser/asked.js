// Questions that were asked last, and those that a reader saved: in this browser's own storage, and
// nowhere else. A question is what stands in its address, "?q=video&year_from=2023".
//
//   ssmAsked.show(element, {open, box})  a line below the search box: a star for what is asked now;
//                                        where nothing is, what was asked before. open(address)
//                                        asks it again; box is a selector of the search box
//   ssmAsked.tell(address)               what is asked now; "" if nothing
//
// What stands there for a while is remembered as a question; at once where Enter is pressed on it, and
// where something is done with a paper.
window.ssmAsked = (() => {
  const KEY = window.ssmKept.keyHere("ssm-search-asked");
  const VERSION = 1;
  const MOST = { recent: 20, saved: 50 };
  const SHOWN = 6; // of those that are not saved, until "more" is pressed
  const LONGEST = 1_000; // characters of an address
  const PAUSE = 3_000; // ms after which what was typed is a question, and no part of one
  const USED = ".card :is(a[href], [data-act], [data-copy], [data-open]), [data-export]";
  const PASSED_OVER = ["k", "tab", "paper"]; // what an address says beside the question
  const WORDS = { year_from: "since ", year_to: "until ", code: "code: ", order: "by " };
  // A link may say anything; what makes no sense was not asked for.
  const MEANT = { year_from: /^\d+$/, year_to: /^\d+$/, code: /^with(out)?$/, order: /^date$/ };

  const label = (address) =>
    [...new URLSearchParams(address)]
      .filter(([name, value]) => value && !PASSED_OVER.includes(name))
      .filter(([name, value]) => !Object.hasOwn(MEANT, name) || MEANT[name].test(value))
      .map(([name, value]) => (Object.hasOwn(WORDS, name) ? WORDS[name] : "") + value)
      .join(" · ");
  const isQuestion = (one) =>
    typeof one === "string" &&
    one.startsWith("?") &&
    one.length <= LONGEST &&
    Boolean(new URLSearchParams(one).get("q")?.trim());
  const checked = (value, most) =>
    [...new Set(Array.isArray(value) ? value.filter(isQuestion) : [])].slice(0, most);

  // What this page knows, should the browser refuse to store it.
  let known = { recent: [], saved: [] };
  const all = () => {
    try {
      const value = JSON.parse(localStorage.getItem(KEY));
      const ours = value?.version === VERSION ? value : {};
      known = { recent: checked(ours.recent, MOST.recent), saved: checked(ours.saved, MOST.saved) };
    } catch {
      // Refused, or written by others.
    }
    return known;
  };
  const keep = (next) => {
    known = next;
    try {
      localStorage.setItem(KEY, JSON.stringify({ version: VERSION, ...next }));
    } catch {
      // As above.
    }
    draw();
  };

  let now = "";
  let timer;
  const note = () => {
    clearTimeout(timer);
    if (!isQuestion(now)) return;
    const { recent, saved } = all();
    const others = recent.filter((one) => one !== now);
    keep({ recent: [now, ...others].slice(0, MOST.recent), saved });
  };
  // What Enter was pressed on, until it is what is asked now; answers come a moment later.
  let entered = null;
  const noteEntered = () => {
    if (entered === null || entered !== new URLSearchParams(now).get("q")?.trim()) return;
    entered = null;
    note();
  };
  const tell = (address) => {
    if (address === now) return;
    now = address;
    clearTimeout(timer);
    timer = setTimeout(note, PAUSE);
    draw();
    noteEntered();
  };
  const star = () => {
    const { recent, saved } = all();
    const others = saved.filter((one) => one !== now);
    const isSaved = others.length < saved.length;
    keep({ recent, saved: isSaved ? others : [now, ...others].slice(0, MOST.saved) });
  };

  const button = (text, data, pressed) => {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", textContent: text, dir: "auto" });
    Object.assign(made.dataset, data);
    if (pressed !== undefined) made.setAttribute("aria-pressed", pressed);
    return made;
  };
  let line = null;
  let isLong = false;
  const draw = () => {
    if (!line) return;
    const { recent, saved } = all();
    const before = document.activeElement;
    const isInside = line.parentElement.contains(before);
    if (isQuestion(now)) {
      const is = saved.includes(now);
      line.replaceChildren(button(is ? "★ Saved" : "☆ Save this question", { star: "" }, is));
    } else {
      const others = recent.filter((one) => !saved.includes(one));
      const shown = isLong ? others : others.slice(0, SHOWN);
      const chips = [
        ...saved.map((one) => button(`★ ${label(one)}`, { again: one })),
        ...shown.map((one) => button(label(one), { again: one })),
      ];
      if (shown.length < others.length) chips.push(button("more …", { more: "" }));
      if (others.length) chips.push(button("Forget these", { forget: "" }));
      line.replaceChildren(...(chips.length ? ["Before", ...chips] : []));
    }
    line.hidden = !line.childNodes.length;
    // The button that was pressed is gone; an example, with the others while a question is asked.
    const next = line.querySelector("[data-star]") ?? document.querySelector(line.dataset.box);
    const isGone = isInside && !before.getClientRects().length;
    if (isGone) next?.focus({ preventScroll: true });
  };

  const show = (element, { open, box }) => {
    line = document.createElement("p");
    line.className = "asked";
    line.dataset.box = box;
    element.append(line);
    line.addEventListener("click", (event) => {
      const { again, forget, more, star: starred } = event.target.closest("button")?.dataset ?? {};
      event.stopPropagation();
      if (again) {
        now = again;
        open(again);
        note();
      } else if (starred !== undefined) star();
      else if (forget !== undefined) keep({ ...all(), recent: [] });
      else if (more !== undefined) {
        isLong = true;
        draw();
      }
    });
    addEventListener("storage", ({ key }) => (key === KEY || key === null) && draw());
    addEventListener("pagehide", note);
    // Before others hear of it: they may take the paper away, or stop the event.
    const use = ({ target }) => target.closest?.(USED) && note();
    for (const name of ["click", "auxclick"]) document.addEventListener(name, use, true);
    const enter = ({ key, isComposing, target }) => {
      if (key !== "Enter" || isComposing || !target.matches?.(box)) return;
      entered = target.value.trim();
      noteEntered();
    };
    document.addEventListener("keydown", enter, true);
    draw();
  };
  return { show, tell };
})();
