// What a question on a site says beside its topic, as far as that is plain: by whom, since when, and
// which words a paper must have or must not have. It stays small; the page of a server reads more.
//
//   ssmWishes.read(question)   {text, years, allows(row), said, note, author}
//     text     what is left to rank by        years   {year_from?, year_to?}, as the filters have them
//     allows   whether a row is as was said   said    all that was read, for people; note  what was not
//     author   the name of whose papers are asked for, or ""
//   ssmWishes.isMeant(author, name)   whether somebody who is asked for by a name is that author
//   ssmWishes.family(word)            the rows by whoever has this family name
window.ssmWishes = (() => {
  const MOST_READ = 300; // characters; a longer text is a pasted abstract, which wishes for nothing
  const MOST_NAME = 4; // words
  const MOST_ASKED = 6; // words of a question; in a sentence "without" says how things are
  const MOST_QUOTING = 16; // words of one that wants what it quotes; a sentence only calls it so
  const WORKS = "(?:papers?|works?|articles?|publications?|preprints?)";
  const BY = new RegExp(`(?:^(?:${WORKS}\\s+)?|\\s+(?:${WORKS}\\s+)?)by\\s+|\\bauthors?\\s*:\\s*`, "iu");
  const SOMEBODY = new RegExp(`^(?:${WORKS}\\s+by|authors?\\s*:)\\s+`, "iu");
  const THEIRS = new RegExp(`(?:['’]s\\s+${WORKS}|\\s+et\\.?\\s+al\\.?)$`, "iu");
  const LEFT = new RegExp(`^(?:${WORKS}|on|about|of|in|and|from)\\s+|\\s+(?:on|about|and)$|^${WORKS}$`, "iu");
  const PHRASE = /(?<![\p{L}\p{N}-])["“”]\s*([^"“”]{2,100}?)\s*["“”](?![\p{L}\p{N}])/gu;
  const MINUS = /(?<!\S)[-−](?:"([^"]{2,60})"|([\p{L}][\p{L}\p{N}_-]{1,40}))(?!\S)/gu;
  const WITHOUT = /(?<=\S\s+)(?:but\s+not|not|without|except|excluding)\s+([\p{L}][\p{L}\p{N}_-]+)/iu;
  const YEARS = [
    [/\b(?:between|from|in)?\s*((?:19|20)\d\d)\s*(?:and|to|until|[-–—])\s*((?:19|20)\d\d)\b/iu, 0, 0],
    [/\b(?:since|from)\s+((?:19|20)\d\d)(?:\s+on(?:wards?)?)?\b/iu, 0, null],
    [/\bafter\s+((?:19|20)\d\d)\b/iu, 1, null],
    [/\bbefore\s+((?:19|20)\d\d)\b/iu, null, -1],
    [/\b(?:until|up\s+to)\s+((?:19|20)\d\d)\b/iu, null, 0],
    [/(?<=\bet\.?\s+al\.?),?\s*\(?((?:19|20)\d\d)\)?/iu, 0, 0],
    [/\bin\s+((?:19|20)\d\d)\b/iu, 0, 0],
  ];

  // ── authors, as ssm_search/names.py compares them ──────────────────────────────────

  const key = (text) =>
    text.toLowerCase().normalize("NFKD").replace(/[^\p{L}\p{N}]/gu, "");
  const parts = (name) => {
    const [family, ...given] = name.split(",");
    const whole = given.length ? `${given.join(",")} ${family}` : name;
    return whole.replace(/\./g, ". ").replace(/-/g, " ").split(/\s+/).map(key).filter(Boolean);
  };
  // The names by which one may ask for an author.
  const calledBy = (author) => {
    const all = parts(author), last = all.at(-1);
    if (all.length < 2) return all.map((one) => `last ${one}`);
    const whole = [`whole ${all.join("")}`, `whole ${all[0]}${last}`];
    return [`last ${last}`, ...whole, `initial ${all[0][0]}${last}`];
  };
  // Those that a name may stand for: "Tri Dao" is also whoever is listed as "T. Dao", and "Dao" any
  // of them.
  const meantBy = (name) => {
    const all = parts(name), [first, last] = [all[0], all.at(-1)];
    if (all.length < 2) return all.map((one) => `last ${one}`);
    if (first.length === 1) return [`initial ${first}${last}`];
    return [all.join(""), first + last, first[0] + last].map((one) => `whole ${one}`);
  };
  const isMeant = (author, name) => {
    const meant = meantBy(name);
    return calledBy(author).some((one) => meant.includes(one));
  };
  let known = null; // of each name by which one may ask, the rows
  const names = () => {
    if (known?.papers === window.ssmSearch.papers) return known.rows;
    const rows = new Map();
    const add = (name, row) => rows.has(name) ? rows.get(name).add(row) : rows.set(name, new Set([row]));
    window.ssmSearch.papers.forEach(({ authors }, row) => {
      for (const author of authors) for (const name of calledBy(author)) add(name, row);
    });
    known = { papers: window.ssmSearch.papers, rows };
    return rows;
  };
  // Whether a family name may be somebody's: to take all names apart takes a hundred times as long.
  let letters = null; // of all names
  const mayBe = (last) => {
    if (letters?.papers !== window.ssmSearch.papers) {
      const { papers } = window.ssmSearch;
      const all = papers.map(({ authors }) => authors.join("\n")).join("\n");
      const bare = all.toLowerCase().normalize("NFKD").replace(/[^\p{L}\p{N}\n]+/gu, "");
      letters = { papers, bare };
    }
    return letters.bare.includes(last);
  };
  const by = (name) => {
    const last = parts(name).at(-1);
    if (!last || !mayBe(last)) return [];
    return [...new Set(meantBy(name).flatMap((one) => [...(names().get(one) ?? [])]))];
  };

  // The rows by a family name that nothing but itself says is one; none if it is a word to more.
  const family = (word) => {
    const rows = by(word);
    return rows.length >= window.ssmSearch.having(word).size ? rows : [];
  };

  // Who is asked for: after "by", or by all of a question.
  const author = (question) => {
    const text = question.replace(THEIRS, "");
    const led = BY.exec(text);
    const isSure = text !== question || (led && (!led.index || SOMEBODY.test(led[0].trim() + " ")));
    const start = led ? led.index + led[0].length : 0;
    const words = [...text.slice(start).matchAll(/\S+/gu)].slice(0, MOST_NAME);
    for (let count = words.length; count; count--) {
      const end = start + words[count - 1].index + words[count - 1][0].length;
      const name = text.slice(start, end).replace(/[.,;:?!\s]+$/u, "");
      if (!led && end < text.length) continue;
      const rows = count === 1 && !isSure ? family(name) : by(name);
      if (rows.length) return { name, rows, left: `${text.slice(0, led?.index ?? 0)} ${text.slice(end)}` };
    }
    return null;
  };

  // ── all of it ────────────────────────────────────────────────────────────────────────────

  const years = (text) => {
    for (const [pattern, from, to] of YEARS) {
      const found = pattern.exec(text);
      if (!found) continue;
      const [first, last] = [Number(found[1]), Number(found[2] ?? found[1])].sort((a, b) => a - b);
      const asked = {
        ...(from !== null && { year_from: String(first + from) }),
        ...(to !== null && { year_to: String(last + to) }),
      };
      return { asked, left: text.replace(found[0], " ") };
    }
    return null;
  };
  const named = ({ year_from: from, year_to: to }) =>
    from === to
      ? `of ${from}`
      : !to
        ? `since ${from}`
        : from
          ? `from ${from} to ${to}`
          : `until ${to}`;

  // A title may have years in it, or quotes.
  let titles = null;
  const isTitle = (question) => {
    const { papers } = window.ssmSearch;
    if (titles?.papers !== papers) {
      titles = { papers, keys: new Set(papers.map(({ title }) => key(title))) };
    }
    return titles.keys.has(key(question));
  };

  const read = (question) => {
    const wish = { text: question, years: {}, allows: () => true, said: [], note: "", author: "" };
    if (question.length > MOST_READ || question.includes("\n")) return wish;
    const { having } = window.ssmSearch;
    const [wanted, unwanted] = [[], []];
    let text = question.replace(MINUS, (_, phrase, word) => {
      unwanted.push(having(phrase ?? word));
      wish.said.push(`without “${phrase ?? word}”`);
      return " ";
    });
    const wantsQuoted = question.includes("?") || question.split(/\s+/u).length <= MOST_QUOTING;
    if (wantsQuoted) text = text.replace(PHRASE, (_, phrase) => {
      wanted.push(having(phrase));
      wish.said.push(`with all of “${phrase}”`);
      return ` ${phrase} `;
    });
    const when = years(text);
    if (when) {
      [wish.years, text] = [when.asked, when.left];
      wish.said.push(named(when.asked));
    }
    text = text.trim();
    const who = author(text);
    if (who) {
      wanted.push(new Set(who.rows));
      wish.said.unshift(`by ${who.name}`);
      wish.author = who.name;
      text = who.left.trim();
    } else if (SOMEBODY.test(text)) {
      text = text.replace(SOMEBODY, "");
      const name = text.split(/\s+(?:on|about|in)\s/iu)[0];
      const { papers } = window.ssmSearch;
      const unknown = papers.filter(({ authors }) => !authors.length).length;
      const others = ` The authors of ${unknown} of the ${papers.length} papers are not known.`;
      wish.note = unknown < papers.length
        ? `No author here is called ${name}.${unknown ? others : ""}`
        : "The authors of these papers are not known here.";
    }
    while (wish.said.length && LEFT.test(text)) text = text.replace(LEFT, "").trim();
    const not = text.split(/\s+/u).length <= MOST_ASKED && WITHOUT.exec(text);
    if (not) wish.note ||= `“${not[0]}” was read as words; to leave papers out, write -${not[1]}.`;
    if (!wish.said.length && !wish.note) return wish;
    if (isTitle(question)) return { ...wish, years: {}, said: [], note: "", author: "" };
    wish.text = text;
    wish.allows = (row) =>
      wanted.every((rows) => rows.has(row)) && !unwanted.some((rows) => rows.has(row));
    return wish;
  };

  return { read, family, isMeant };
})();
