// The page of a site: what its address says is shown, and what is chosen goes into its address.
addEventListener("DOMContentLoaded", () => {
  const { element, card, exportLine, headingName, place } = window.ssmCards;
  const { START, FILTERS, address, answered, isAsked, read } = window.ssmAnswers;
  const { load, exporter, copy } = window.ssmFiles;
  const { ssmList: list, ssmSearch: search, ssmKept: kept, ssmPicks: picks } = window;
  const TABS = ["newest", "headings", "map", "next", "kept", "about"];
  const FIRST = 10; // answers at first, as on the page of a server
  const STEP = 20; // papers that "Show more" adds
  const MOST_SAID = 100; // characters of what an address names and the list does not have
  const MOST_AUTHORS = 50; // named on a paper's own page
  const PAUSE = 2_000; // ms; what is typed after it is another question, to which "back" returns

  const at = (id) => document.getElementById(id);
  const q = at("q");
  const form = at("ask");
  const menus = form.elements;
  let state = START;
  let shown = FIRST;
  let problems = []; // what the address names and the list does not have

  const say = (text) => {
    at("said").textContent = text;
    clearTimeout(say.timer);
    say.timer = setTimeout(() => (at("said").textContent = ""), 2_500);
  };

  // ── parts of what is shown ───────────────────────────────────────────────────────────────

  const news = kept.newIds(search.papers.map((paper) => paper.id));
  const cardOf = (row, options = {}) =>
    card(search.papers[row], { isNew: news.has(search.papers[row].id), ...options });
  const cards = (label, made) => element("ol", { class: "answers", "aria-label": label }, made);
  const line = (...said) => element("p", { class: "line", role: "status", dir: "auto" }, said);
  const more = (count, draw) => {
    if (shown >= count) return "";
    const button = element("button", { type: "button", class: "more" }, "Show more");
    button.onclick = () => {
      const first = shown;
      shown += STEP;
      draw();
      document.querySelectorAll("section:not([hidden]) .answers > .card")[first]?.focus();
    };
    return button;
  };

  // ── what is shown ────────────────────────────────────────────────────────────────────────

  // What stands among the answers already stays: to draw ten cards anew for each letter takes longer
  // than to find them.
  const told = line();
  const answers = cards("Answers", []);
  const answersExport = exportLine();
  let drawn = new Map(); // cards that stand there, by what they show
  const drawSearch = () => {
    window.ssmAsked.tell(isAsked(state) ? address(state).replace("#", "?") : "");
    if (search.ready() === "none") return at("answers").replaceChildren(line("One moment …"));
    const found = answered(state, shown);
    const before = drawn;
    drawn = new Map();
    for (const { score, ...hit } of found.hits.slice(0, shown)) {
      const shows = JSON.stringify(hit);
      drawn.set(shows, before.get(shows) ?? cardOf(hit.row, { hit: hit.words && hit, asked: hit.authors }));
    }
    const text = [...problems, found.line].join(" ");
    if (told.textContent !== text) told.textContent = text;
    place(answers, [...drawn.values()]);
    const parts = [told, answers, more(found.total, drawSearch), drawn.size ? answersExport : ""];
    place(at("answers"), parts.filter(Boolean));
  };

  const drawNewest = () => {
    const made = list.newest
      .slice(0, shown)
      .map(([row, day]) => cardOf(row, { marks: day ? [`added ${day}`] : [] }));
    at("newest").replaceChildren(
      element("h2", {}, "Newest first"),
      line(
        news.size
          ? `${news.size} new since your last visit.`
          : "Papers that come after this visit are marked as new at the next."
      ),
      cards("Newest papers", made),
      more(list.newest.length, drawNewest),
      exportLine()
    );
  };

  const drawHeadings = () => {
    const top = element("ul", { class: "tree" });
    const open = [top]; // the lists of the headings above, outermost first
    for (const { path, papers } of list.headings) {
      const href = address({ ...START, category: headingName(path) });
      const name = element("a", { href, dir: "auto" }, path.at(-1));
      const below = element("ul");
      open.length = path.length;
      (open.at(-1) ?? top).append(element("li", {}, name, ` (${papers})`, below));
      open.push(below);
    }
    for (const empty of top.querySelectorAll("ul:empty")) empty.remove();
    at("headings").replaceChildren(element("h2", {}, "Headings"), top);
  };

  const drawPaper = () => {
    const row = search.row(state.paper);
    if (row < 0) {
      at("paper").replaceChildren(line("This list has no such paper, or has it no more."));
      return;
    }
    document.title = `${search.papers[row].title} · ${list.title}`;
    at("paper").replaceChildren(
      element("h2", { class: "sr" }, "Paper"),
      cardOf(row, { name: "article", own: true, most: MOST_AUTHORS }),
      element("h2", {}, "Related"),
      cards("Related papers", search.related(row, FIRST).map((one) => cardOf(one))),
      exportLine()
    );
  };

  let map;
  const pick = (id) => {
    const row = search.row(id);
    at("chosen").replaceChildren(row < 0 ? "" : cardOf(row, { name: "article" }));
    if (state.tab === "map" && state.paper !== id) remember({ ...state, paper: id });
  };
  const EACH_DOT = "Each dot is a paper; papers near in meaning lie near.";
  const drawMap = async () => {
    await Promise.all([load("data/map.js"), load("scripts/map.js")]);
    const options = { pick, text: `Map of ${list.title}`, beside: at("beside") };
    map ??= window.ssmMap.draw(at("drawn"), window.ssmMapData, options);
    const isReady = isAsked(state) && search.ready() !== "none";
    const found = isReady ? answered(state, FIRST) : { hits: [], line: EACH_DOT };
    at("map-line").textContent = found.line;
    if (document.activeElement !== at("map-q")) at("map-q").value = state.q;
    map.show(found.hits.map(({ row }, place) => ({ row, rank: place + 1 })), state.q);
    map.select(state.paper);
  };

  // What is like the papers that were picked.
  const drawNext = () => {
    const { like, dislike } = picks.all();
    const known = (ids) => ids.map(search.row).filter((row) => row >= 0);
    const [liked, disliked] = [known(like), known(dislike)];
    const isReady = search.ready() === "meaning";
    const rows = search.recommend(liked, disliked, { k: shown });
    const said = !list.meaning
      ? "This site knows words alone, and cannot tell which papers are alike."
      : !liked.length
        ? "Press “More” on the card of a paper that you want more of."
        : !isReady
          ? "One moment …"
          : `What is most like the paper${liked.length > 1 ? "s" : ""} above${disliked.length ? ", and unlike those of which you want less" : ""}.`;
    const all = search.papers.length - liked.length - disliked.length;
    at("next").replaceChildren(
      element("h2", {}, "To read next"),
      cards("Picked papers", [...liked, ...disliked].map((row) => cardOf(row))),
      line(said),
      cards("Recommended papers", rows.map((row) => cardOf(row))),
      more(rows.length && all, drawNext),
      rows.length ? exportLine() : ""
    );
  };
  const countPicks = () => {
    const { like, dislike } = picks.all();
    const count = like.length + dislike.length;
    at("next-link").hidden = !count && view() !== "next";
    at("next-count").textContent = count ? ` (${count} picked)` : "";
  };
  const pickPaper = (act, id) => {
    picks.toggle(act, id);
    countPicks();
    lead();
    if (view() === "next") {
      remember({ ...state, picks: picks.text() });
      drawNext();
    } else say(picks.all()[act].includes(id) ? "Picked; see “Next”" : "No longer picked");
  };

  const drawKept = () => {
    if (!at("kept").children.length) kept.show(at("kept"), exporter);
  };

  const DRAW = {
    search: drawSearch,
    paper: drawPaper,
    newest: drawNewest,
    headings: drawHeadings,
    map: drawMap,
    next: drawNext,
    kept: drawKept,
    about() {},
  };
  const view = () => state.tab || (state.paper ? "paper" : "search");
  // What nobody waits for is done once what was asked stands there.
  const afterPaint = (work) => requestAnimationFrame(() => setTimeout(work));
  // To other tabs the question goes along.
  const lead = () => {
    for (const link of document.querySelectorAll("nav a")) {
      const { tab } = link.dataset;
      const carried = tab === "next" ? picks.text() : "";
      link.href = address({ ...state, paper: "", tab: tab === "search" ? "" : tab, picks: carried });
    }
  };
  const draw = () => Promise.resolve(DRAW[view()]()).catch((error) => say(error.message));
  const show = () => {
    const now = view();
    for (const one of document.querySelectorAll("main > section")) one.hidden = one.id !== now;
    for (const link of document.querySelectorAll("nav a")) {
      if (link.dataset.tab === now) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    afterPaint(lead);
    document.title = now === "search" && state.q ? `${state.q} · ${list.title}` : list.title;
    draw();
  };

  // ── the address ──────────────────────────────────────────────────────────────────────────

  let typed = 0;
  let how = ""; // is written what is remembered; "" if nothing waits for that
  const write = () => {
    try {
      if (how && address(state) !== (location.hash || "#")) history[how](null, "", address(state));
    } catch {
      // Some browsers take a hundred in half a minute; the next one says where this was.
    }
    how = "";
  };
  const remember = (next) => {
    if (!how) {
      how = Date.now() - typed < PAUSE ? "replaceState" : "pushState";
      afterPaint(write);
    }
    state = next;
    typed = Date.now();
  };
  const UNKNOWN = {
    category: (name) => `No paper stands under “${name}”.`,
    venue: (name) => `No paper has the venue “${name}”.`,
    year_from: (name) => `No paper is of the year “${name}”.`,
    year_to: (name) => `No paper is of the year “${name}”.`,
    tab: (name) => `There is no page “${name}”.`,
  };
  const unknown = (name, value) =>
    (UNKNOWN[name] ?? ((one) => `No filter is called “${one}”.`))(value.slice(0, MOST_SAID));
  let isFollowed = false; // a link, which leads to the top of a page; "back" to where one was
  const arrive = () => {
    how = "";
    state = read(location.hash);
    problems = [];
    const forget = (name) => {
      if (state[name]) problems.push(unknown(name, state[name]));
      state[name] = "";
    };
    if (!TABS.includes(state.tab)) forget("tab");
    if (state.picks) picks.read(state.picks);
    countPicks();
    q.value = state.q;
    for (const name of FILTERS) {
      menus[name].value = state[name];
      if (menus[name].selectedIndex < 0) {
        forget(name);
        menus[name].value = "";
      }
    }
    if (FILTERS.some((name) => state[name])) at("filters").open = true;
    shown = FIRST;
    show();
    if (isFollowed) {
      scrollTo(0, 0);
      at("main").focus({ preventScroll: true });
    }
    isFollowed = false;
  };
  const ask = () => {
    const filters = FILTERS.map((name) => [name, menus[name].value]);
    remember({ ...START, q: q.value, ...Object.fromEntries(filters) });
    shown = FIRST;
    problems = [];
    show();
  };

  // The same search, whose answers stand out on the map.
  at("map-q").oninput = ({ target }) => {
    q.value = target.value;
    remember({ ...state, q: target.value });
    show();
  };
  const box = () => {
    if (view() === "map") return at("map-q");
    if (view() !== "search") {
      remember({ ...state, tab: "", paper: "" });
      show();
    }
    return q;
  };

  // ── what is heard ────────────────────────────────────────────────────────────────────────

  const press = async (button) => {
    const { copy: copied, export: taken } = button.dataset;
    const id = button.closest("[data-id]")?.dataset.id;
    if (id && /like$/.test(button.dataset.act ?? "")) pickPaper(button.dataset.act, id);
    if (copied && id) {
      await copy((await exporter({ form: copied, ids: [id] })).text);
      say("Copied");
    }
    if (!taken) return;
    const all = [...button.closest("section").querySelectorAll(".card[data-id]")];
    kept.save(await exporter({ form: taken, ids: all.map((one) => one.dataset.id) }));
  };
  const countKept = () => {
    const count = kept.all().length;
    at("kept-count").textContent = count ? ` (${count})` : "";
  };

  document.addEventListener("click", ({ target }) => {
    write();
    isFollowed = Boolean(target.closest('a[href^="#"]'));
    const button = target.closest("main button");
    if (button) press(button).catch((error) => say(error.message));
  });
  form.addEventListener("input", ask);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  form.addEventListener("reset", (event) => {
    event.preventDefault(); // it would empty the question too
    for (const name of FILTERS) menus[name].value = "";
    ask();
  });
  at("skip").onclick = () => {
    (document.querySelector("section:not([hidden]) .card") ?? at("main")).focus();
  };
  addEventListener("hashchange", arrive);
  addEventListener("pagehide", write);
  addEventListener("ssm:kept", ({ detail }) => {
    countKept();
    if (detail.problem) say(detail.problem);
  });
  addEventListener("ssm:data", () => {
    if (["search", "map", "next"].includes(view())) draw();
  });

  // ── the start ────────────────────────────────────────────────────────────────────────────

  const fill = (name, options) => {
    for (const [text, value] of options) menus[name].append(element("option", { value }, text));
  };
  const indented = ({ path, papers }) => `${"\u2003".repeat(path.length - 1)}${path.at(-1)} (${papers})`;
  fill("category", list.headings.map((one) => [indented(one), headingName(one.path)]));
  fill("venue", list.venues.map((name) => [name, name]));
  for (const name of ["year_from", "year_to"]) fill(name, list.years.map((year) => [year, year]));
  if (news.size) at("new-count").textContent = ` (${news.size} new)`;
  countKept();
  kept.listen();
  window.ssmKeys.install({ search: box });
  const open = (asked) => (location.hash = asked.slice(1));
  window.ssmAsked.show(at("asked"), { open, box: "#q, #map-q" });
  arrive();
  if (view() === "search") q.focus();
  // Once the first answer can be seen; without it words alone answer, and it says so.
  const loadMeaning = () => load("data/meaning.js").catch(() => {});
  if (list.meaning) afterPaint(loadMeaning);
});
