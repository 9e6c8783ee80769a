// A search of a site: its address, its filters, and what it finds, with a line about that.
//
//   ssmAnswers.START · FILTERS               a search as one starts; the names of its filters
//   ssmAnswers.read(hash) · address(search)  what an address says, and back
//   ssmAnswers.isAsked(search)               whether its question has a letter
//   ssmAnswers.answered(search, most)        {hits: [{row, words?, authors?, …}], line, total}
window.ssmAnswers = (() => {
  const MOST_TEXT = 2_000; // characters of a question, or of anything in an address
  const START = Object.freeze({
    q: "",
    category: "",
    venue: "",
    year_from: "",
    year_to: "",
    code: "",
    order: "",
    paper: "",
    tab: "",
    picks: "",
  });
  const FILTERS = ["category", "venue", "year_from", "year_to", "code", "order"];
  const NARROWING = FILTERS.filter((name) => name !== "order");
  const NOTHING = "No paper meets these filters; take one away.";

  // ── the address: the part behind "#", which no server sees, and which pages of a disk have ──

  const read = (hash) => {
    const said = new URLSearchParams(hash.slice(1));
    const text = (name) => (said.get(name) ?? "").slice(0, MOST_TEXT);
    return Object.fromEntries(Object.keys(START).map((name) => [name, text(name)]));
  };
  const address = (search) => {
    const told = Object.entries(search).filter(([name, value]) => value !== START[name]);
    return `#${new URLSearchParams(told)}`;
  };

  // ── filters ──────────────────────────────────────────────────────────────────────────────

  const paths = new Map();
  const path = (name) => {
    if (!paths.size) {
      for (const one of window.ssmList.headings) paths.set(window.ssmCards.headingName(one.path), one.path);
    }
    return paths.get(name) ?? [];
  };
  const isBelow = (one, above) => above.every((name, depth) => one[depth] === name);
  const passes = (paper, { category, venue, year_from: from, year_to: to, code }) =>
    (!category || paper.categories.some((one) => isBelow(one, path(category)))) &&
    (!venue || paper.venue === venue) &&
    (!from || paper.year >= Number(from)) &&
    (!to || (paper.year > 0 && paper.year <= Number(to))) &&
    (!code || Boolean(paper.code_url) === (code === "with"));

  const papers = (count) => `${count.toLocaleString("en")} paper${count === 1 ? "" : "s"}`;
  // The papers that are left out only because their year or venue is not known.
  const leftOut = (search) => {
    const asksYear = Boolean(search.year_from || search.year_to);
    const asked = [asksYear && "year", search.venue && "venue"].filter(Boolean);
    const isLeftOut = (paper, row) => {
      const known = { ...search };
      if (!paper.year) known.year_from = known.year_to = "";
      if (!paper.venue) known.venue = "";
      return asked.some((fact) => !paper[fact]) && passes(paper, known) && search.wish.allows(row);
    };
    const count = asked.length ? window.ssmSearch.papers.filter(isLeftOut).length : 0;
    return count ? ` ${papers(count)} without a known ${asked.join(" or ")} left out.` : "";
  };

  // ── answers ──────────────────────────────────────────────────────────────────────────────

  const isAsked = ({ q }) => /[\p{L}\p{N}]/u.test(q);
  const newestFirst = (rows) => {
    const places = new Map(window.ssmList.newest.map(([row], place) => [row, place]));
    return [...rows].sort((one, other) => places.get(one) - places.get(other));
  };

  const nothing = ({ wish }) =>
    wish.said.length ? `No paper is ${wish.said.join(", ")}; ask for less.` : NOTHING;

  // Where nothing is asked, all that the filters leave.
  const listed = (search, rows, isNarrowed) => {
    const { said } = search.wish;
    const odd = search.q.trim() && !said.length ? "There is no word in that. " : "";
    const where = [...said, isNarrowed ? "under these filters" : !said.length && "on the list"];
    const line = `${papers(rows.length)} ${where.filter(Boolean).join(", ")}, newest first.`;
    return {
      hits: newestFirst(rows).map((row) => ({ row })),
      line: rows.length ? odd + line : nothing(search),
      total: rows.length,
    };
  };

  const ranked = (search, rows, most) => {
    const found = window.ssmSearch.rank(search.wish.text, { k: most, rows });
    const count = found.hits.length;
    const how = found.used === "meaning" ? "words and meaning" : "words";
    const order = search.order ? ", newest first" : "";
    const wishes = search.wish.said.map((one) => `, ${one}`).join("");
    const read = (found.read ?? []).map(([typed, word]) => `“${typed}” read as “${word}”`);
    const said = [
      !found.total && nothing(search),
      found.total && !count && "No paper has a word of that.",
      count && found.nothing && "The list has nothing about that; these come nearest.",
      count && !found.nothing && `The best ${count}${wishes}${order}, by ${how}.`,
      read.length && `${read.join(", ")}.`,
    ];
    const byRow = new Map(found.hits.map((hit) => [hit.row, hit]));
    // By date, but of the best alone: the newest of all are about something else.
    const hits = search.order ? newestFirst(byRow.keys()).map((row) => byRow.get(row)) : found.hits;
    return { hits, line: said.filter(Boolean).join(" "), total: found.total };
  };

  // The authors of an answer who were asked for, by "papers by" or by a family name among its words.
  const withAuthors = (hit, author) => {
    const names = [...(hit.by ?? []), author].filter(Boolean);
    const { isMeant } = window.ssmWishes;
    const isAsked = (one) => names.some((name) => isMeant(one, name));
    return names.length ? { ...hit, authors: window.ssmSearch.papers[hit.row].authors.filter(isAsked) } : hit;
  };

  const answered = (asked, most) => {
    const { year_from: from, year_to: to } = asked;
    if (from && to && Number(from) > Number(to)) {
      return { hits: [], line: `From ${from} to ${to}: the first year comes first.`, total: 0 };
    }
    const wish = window.ssmWishes.read(asked.q);
    // What the menus say goes before what a question says.
    const years = asked.year_from || asked.year_to ? {} : wish.years;
    const search = { ...asked, ...years, wish };
    const isNarrowed = NARROWING.some((name) => asked[name]);
    const all = window.ssmSearch.papers;
    const rows = [...all.keys()].filter((row) => passes(all[row], search) && wish.allows(row));
    const found = isAsked({ q: wish.text })
      ? ranked(search, rows.length < all.length ? rows : null, most)
      : listed(search, rows, isNarrowed);
    const line = [wish.note, found.line].filter(Boolean).join(" ");
    const hits = found.hits.slice(0, most).map((hit) => withAuthors(hit, wish.author));
    return { ...found, hits, line: line + leftOut(search) };
  };

  return { START, FILTERS, address, answered, isAsked, read };
})();
