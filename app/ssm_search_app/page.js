// What the browser adds: buttons on cards, the address. No library, no request.
window.ssm = (() => {
  const BOX = "#q textarea";
  const say = (text) => {
    let box = document.getElementById("ssm-said");
    if (!box) {
      box = document.createElement("p");
      box.id = "ssm-said";
      box.setAttribute("role", "status");
      document.body.append(box);
    }
    box.textContent = text;
    clearTimeout(say.timer);
    say.timer = setTimeout(() => (box.textContent = ""), 2500 + 50 * text.length);
  };
  addEventListener("click", ({ target }) => {
    if (target.closest?.("#tabs [role=tab]") && document.getElementById("ssm-said")) say("");
  });

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Browsers keep the clipboard from pages without https that are not on this machine.
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    say("Copied");
  };

  // What is picked is worked out here, so that none of several quick presses is lost.
  let picks;
  let pressed = false;
  const presses = [];
  const pick = (kept) => {
    picks ??= kept ?? {};
    for (const { act, id } of presses.splice(0)) {
      const was = picks[act]?.includes(id);
      const others = (ids = []) => ids.filter((one) => act !== "clear" && one !== id);
      picks = { like: others(picks.like), dislike: others(picks.dislike) };
      if (picks[act] && !was) picks[act].push(id);
    }
    mark(); // at once, whatever the server's answer takes
    return picks;
  };

  const cards = (element, trigger, server) => {
    element.addEventListener("click", (event) => {
      const chip = event.target.closest(".chips a");
      if (!chip || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      leap(chip.getAttribute("href"));
    });
    element.addEventListener("click", async (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      const { act, copy: text, export: form } = button.dataset;
      if (text) await copy(text);
      if (form) {
        const ids = [...element.querySelectorAll(".card")].map((card) => card.dataset.id);
        ssmKept.save(await server.export({ form, ids }));
      }
      if ("open" in button.dataset) {
        const abstract = button.closest(".card").querySelector(".abstract");
        abstract.hidden = !abstract.hidden;
        button.setAttribute("aria-expanded", !abstract.hidden);
      }
      const picked = act && act !== "keep"; // what is kept is no business of the server
      if (picked) presses.push({ act, id: button.closest("[data-id]")?.dataset.id });
      if (picked) trigger("click");
      pressed = Boolean(picked);
    });
  };

  const examples = (element) => {
    element.addEventListener("click", (event) => {
      const { query } = event.target.closest("button")?.dataset ?? {};
      if (query) leap(`?${new URLSearchParams({ q: query })}`);
    });
    element.classList.add("tries");
    ssmAsked.show(element, { open: leap, box: `${BOX}, #map-q` });
  };

  // Each card's buttons say what is picked; those too of answers that were asked for before.
  let stored; // what was picked at earlier visits
  const mark = () => {
    const now = picks ?? stored;
    if (!now) return;
    for (const card of document.querySelectorAll(".card")) {
      for (const act of ["like", "dislike"]) {
        const is = String((now[act] ?? []).includes(card.dataset.id));
        const button = card.querySelector(`[data-act=${act}]`);
        if (button && button.getAttribute("aria-pressed") !== is) button.setAttribute("aria-pressed", is);
      }
    }
  };

  // What a selector names, once it is there: parts of the page come one after the other, and the
  // answer to one of them may come before the next.
  const there = async (selector) => {
    for (;;) {
      const found = document.querySelector(selector);
      if (found) return found;
      await new Promise(requestAnimationFrame);
    }
  };
  // What stands in the first tab, once that is open.
  const shownAtHome = async (element) => {
    const isShown = () => element.getClientRects().length;
    if (!isShown()) document.querySelector("#tabs [role=tab]")?.click();
    for (let wait = 0; wait < 60 && !isShown(); wait++) await new Promise(requestAnimationFrame);
    return element;
  };

  // After picks changed anywhere, the cards say so; on a phone, where the recommendations stand far
  // below, a link leads there.
  const press = async (kept) => {
    stored = kept ?? {};
    const aside = await there("#aside");
    const { like = [], dislike = [] } = picks ?? stored;
    const count = like.length + dislike.length;
    let jump = document.getElementById("ssm-jump");
    if (!jump) {
      jump = document.createElement("a");
      jump.id = "ssm-jump";
      jump.href = "#aside";
      jump.onclick = async (event) => {
        event.preventDefault();
        await shownAtHome(aside);
        aside.scrollIntoView();
        aside.querySelector("h2")?.focus({ preventScroll: true });
        pressed = true; // what is still to come takes the heading's place, and its focus
      };
      document.querySelector(".gradio-container .contain").append(jump); // where @media finds it
      const see = ([{ isIntersecting }]) => jump.classList.toggle("there", isIntersecting);
      new IntersectionObserver(see).observe(aside);
    }
    // The card or the chip whose button had the focus may be gone.
    if (pressed && document.activeElement === document.body) {
      aside.querySelector("h2")?.focus({ preventScroll: true });
    }
    pressed = false;
    jump.hidden = !count;
    jump.textContent = `${count} picked: see what to read next`;
    mark();
  };

  // While somebody types, the address is replaced; after a pause, "back" returns to what was. A
  // pause is one of whoever types, not of a slow network between the answers to two letters.
  let typed = 0;
  let isPaused = false; // before what was typed since the address was put
  const type = () => {
    const now = Date.now();
    isPaused ||= now - typed >= 2000;
    typed = now;
  };
  const remember = (address, isNew) => {
    const target = location.pathname + ssm.placed(address);
    if (target !== location.pathname + location.search) {
      ssm.put(isNew || isPaused ? "pushState" : "replaceState", target);
    }
    isPaused = false;
    if (isNew) typed = Date.now();
    ssmAsked.tell(address);
  };

  // What is wanted is numbered when it is, and answers bear its number: one that comes late never
  // takes the place of what was wanted since.
  let tell; // the page's events
  let turn = 1; // of what was wanted last
  let edited = 0; // of the fields' last change
  let leapt = 1; // of the last leap to another search: a link, an example, "back"
  let answered = 0; // of what is shown
  let unfolded = 0; // of the last leap that leaves the filters open as they are
  let target = null; // of the leap, where it is not the browser's address
  const edit = () => {
    type();
    edited = ++turn;
    setTimeout(() => tell("edit")); // once the field knows what was typed
  };
  const leap = (address) => {
    leapt = ++turn;
    target = address;
    tell("input");
  };
  // The search in another list, without what the menus of this one said.
  const choose = (q, list) => {
    const search = new URLSearchParams(location.search);
    for (const name of ["category", "venue", "year_from", "year_to"]) search.delete(name);
    for (const [name, value] of [["q", q], ["list", list]]) {
      if (value) search.set(name, value);
      else search.delete(name);
    }
    leap(search.size ? `?${search}` : "");
    unfolded = leapt;
    return [];
  };
  const ask = (...given) => [...given.slice(0, -1), edited];
  // Who opens the page without a question has its answer already.
  const visit = (_, picks) => [target ?? (ssm.question() || (leapt > 1 ? "" : null)), picks, leapt];
  const settle = (found) => {
    document.documentElement.classList.remove("arriving");
    if (!found?.html || found.turn < Math.max(answered, leapt)) return [];
    if (found.fields && found.turn !== turn) return []; // somebody types already
    answered = found.turn;
    if (!found.fields) remember(found.address);
    else if (target !== null) remember(target, true);
    const open = found.turn === unfolded ? {} : { open: found.open };
    const fold = found.fields && { __type__: "update", ...open };
    return [found.html, fold, ...(found.fields ?? [])];
  };
  // Who opens a link to a search is not shown the newest papers first.
  if (location.search) document.documentElement.classList.add("arriving");

  const kept = (element, server) => ssmKept.show(element, (wanted) => server.export(wanted));
  const keptLabel = () => {
    const count = ssmKept.all().length;
    return { __type__: "update", label: count ? `Kept (${count})` : "Kept" };
  };

  // The ids of the list: those of arXiv name a month once, "a-blog 2403.06977 07000".
  const idsOf = (told) => {
    let month = "";
    return told.split(/\s+/).filter(Boolean).map((part) => {
      if (/^\d{4}\.\d{5}$/.test(part)) month = part.slice(0, 5);
      return month && part.length === 5 ? month + part : part;
    });
  };
  // Where the newest stand first, what was not there at the last visit says so.
  let fresh = new Set();
  const tellNew = () => {
    for (const list of document.querySelectorAll("ol[data-newest]:not([data-told])")) {
      list.dataset.told = "";
      if (!fresh.size) continue;
      const here = [...list.children].filter((card) => fresh.has(card.dataset.id));
      for (const card of here) {
        const mark = Object.assign(document.createElement("span"), { className: "new" });
        mark.textContent = "new";
        card.querySelector(".facts").prepend(mark);
      }
      const count = here.length ? `${here.length} of them here` : "not among these";
      const some = here.length < fresh.size ? `, ${count}` : "";
      const line = list.parentElement.querySelector(".line");
      const told = fresh.size === 1 ? "1 paper is new" : `${fresh.size} papers are new`;
      const joint = line?.textContent.trim().endsWith(".") ? " " : " · ";
      line?.append(`${joint}${told} since your last visit${some}.`);
    }
  };

  const searchBox = async () => {
    const onMap = document.getElementById("map-q");
    if (onMap?.getClientRects().length) return onMap;
    return shownAtHome(await there(BOX));
  };

  const hear = (trigger) => {
    const ids = document.getElementById("ssm-ids");
    fresh = ssmKept.newIds(idsOf(ids?.textContent ?? ""));
    ssmKept.listen();
    ssmKeys.install({ search: searchBox });
    addEventListener("ssm:kept", ({ detail }) => {
      if (detail.problem || detail.said) say(detail.problem || detail.said);
      trigger("change");
    });
    trigger("change");
    tell = trigger;
    ssmAsked.tell(ssm.question());
    addEventListener("popstate", () => {
      ssmAsked.tell(ssm.question());
      leap(null);
    });
    document.addEventListener("input", (event) => event.target.closest("#q") && edit());
    const listen = () => {
      mark();
      tellNew();
    };
    // Of an answer with the same cards, no more than their attributes may be written anew.
    const what = { childList: true, subtree: true, attributeFilter: ["aria-pressed"] };
    new MutationObserver(listen).observe(document.body, what);
  };

  return { ask, cards, choose, edit, examples, hear, kept, keptLabel, pick, press, settle, there, visit };
})();
