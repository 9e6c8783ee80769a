// The keyboard: a letter for what the buttons of cards do, and a focus that is never lost.
//
//   ssmKeys.install({search})
//     search  a function that gives the search box once it can be used
// Buttons with data-keys open the help.
window.ssmKeys = (() => {
  const OFF = "ssm-search-keys"; // stored as "off" by who wants no single letters (WCAG 2.1.4)
  const KEYS = [
    ["/", "go to the search box"],
    ["Esc", "leave the search box"],
    ["j  k", "next, previous paper"],
    ["Enter", "open the paper"],
    ["m  l", "more, less like this"],
    ["s", "keep it, or not"],
    ["e", "take the papers along"],
    ["?", "this help"],
  ];
  const ACTS = { m: "like", l: "dislike", s: "keep" };
  const FIELDS = "input, textarea, select, [contenteditable]:not([contenteditable=false])";

  let isOff = false;
  const recall = () => {
    try {
      isOff = localStorage.getItem(OFF) === "off";
    } catch {
      // Refused: it holds for this page alone.
    }
  };
  const turn = (off) => {
    isOff = off;
    try {
      localStorage.setItem(OFF, off ? "off" : "on");
    } catch {
      // As above.
    }
  };

  // ── help ─────────────────────────────────────────────────────────────────────────────────

  const made = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  let dialog;
  const help = () => {
    if (!dialog) {
      const title = made("h2", { id: "ssm-keys-title", textContent: "Keyboard" });
      const rows = KEYS.map(([keys, what]) => {
        const pressed = keys.split("  ").map((key) => made("kbd", { textContent: key }));
        return made("div", {}, made("dt", {}, ...pressed), made("dd", { textContent: what }));
      });
      const on = made("input", { type: "checkbox" });
      on.addEventListener("change", () => turn(!on.checked));
      const close = made("button", { type: "button", textContent: "Close", autofocus: true });
      close.addEventListener("click", () => dialog.close());
      dialog = made(
        "dialog",
        { id: "ssm-keys" },
        title,
        made("dl", {}, ...rows),
        made("p", {}, made("label", {}, on, " Single keys work (outside of fields)")),
        close,
      );
      dialog.setAttribute("aria-labelledby", title.id);
      dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
      dialog.addEventListener("close", hold);
      document.body.append(dialog);
    }
    recall();
    dialog.querySelector("input").checked = !isOff;
    if (!dialog.open) dialog.showModal();
  };

  // ── focus ────────────────────────────────────────────────────────────────────────────────

  const cards = () =>
    [...document.querySelectorAll(".card[data-id]")].filter((one) => one.getClientRects().length);
  const focused = () => document.activeElement?.closest(".card[data-id]") ?? null;

  // Where the focus was last, so that it can go on from there when its card is replaced.
  let last = null;
  const see = ({ target }) => {
    const card = target.closest(".card[data-id]");
    last = card && {
      card,
      id: card.dataset.id,
      act: target.dataset.act,
      list: card.closest("[id]:not(.card)"), // what stays while its cards are replaced
      place: [...card.parentElement.children].indexOf(card),
    };
  };
  const hold = () => {
    if (!last || last.card.isConnected || document.activeElement !== document.body) return;
    const { id, act, list, place } = last;
    const now = [...(list?.querySelectorAll(".card[data-id]") ?? [])];
    const card = now.find((one) => one.dataset.id === id) ?? now[Math.min(place, now.length - 1)];
    const inside = act && card?.dataset.id === id && card.querySelector(`[data-act=${act}]`);
    if (list && !card) list.tabIndex = -1;
    (inside || card || list)?.focus({ preventScroll: true });
  };

  const step = (by) => {
    const all = cards();
    const here = all.indexOf(focused());
    const next = here < 0 ? all[0] : all[here + by];
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
  };
  const takeAlong = () => {
    const within = focused()?.closest(".answers")?.parentElement;
    const lines = [...(within ?? document).querySelectorAll(".export")];
    const line = lines.find((one) => one.getClientRects().length);
    line?.querySelector("button")?.focus();
  };

  // ── keys ─────────────────────────────────────────────────────────────────────────────────

  const install = ({ search }) => {
    const single = {
      "/": async () => {
        const field = await search();
        field?.focus();
        field?.select?.();
      },
      "?": help,
      j: () => step(1),
      k: () => step(-1),
      e: takeAlong,
    };
    const press = (event) => {
      const { key, target } = event;
      if (event.defaultPrevented || event.isComposing) return;
      if (event.ctrlKey || event.altKey || event.metaKey || dialog?.open) return;
      if (key === "Escape" && target.matches?.("textarea, input:not([role])")) {
        event.preventDefault(); // Firefox would empty a search box
        target.blur();
      }
      if (key === "Enter" && target.matches?.(".card[data-id]")) {
        target.querySelector("h3 a")?.click();
      }
      if (isOff || target.matches?.(FIELDS)) return;
      const act = ACTS[key];
      if (act) {
        if (!event.repeat) focused()?.querySelector(`[data-act=${act}]`)?.click();
      } else if (single[key]) {
        event.preventDefault();
        single[key]();
      }
    };
    recall();
    addEventListener("storage", recall);
    document.addEventListener("keydown", press);
    document.addEventListener("focusin", see);
    document.addEventListener("click", ({ target }) => target.closest?.("[data-keys]") && help());
    new MutationObserver(hold).observe(document.body, { childList: true, subtree: true });
  };
  return { install };
})();
