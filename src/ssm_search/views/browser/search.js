// Search among the papers of a list without a server: BM25 over their words and, once it is there,
// what pieces.js knows of meaning. It knows no page: add() is given what ssm_search/site/data.py
// writes, which says what each part holds and where its numbers come from.
window.ssmSearch = (() => {
  "use strict";
  const { bytes, varints } = window.ssmPieces;
  const MOST_TEXT = 4000; // characters of a question that are looked at
  const KEPT = 5000; // words whose stem was looked for
  const LETTER = "[\\p{L}\\p{N}_]"; // Python's \w
  const NO_LETTER = "[^\\p{L}\\p{N}_]";
  const WORD = new RegExp(`${LETTER}{2,}`, "gu");
  const UNFINISHED = new RegExp(`${LETTER}{3,}$`, "u");
  const PAPERS = "(?:papers?|works?|articles?|publications?|stud(?:y|ies)|research|preprints?)";
  const ASKING = new RegExp(
    `^${NO_LETTER}*(?:(?:can|could)\\s+you\\s+)?(?:please\\s+)?` +
      "(?:explain|(?:tell|teach|show)\\s+me(?:\\s+more)?)\\s+" +
      `|(?<!${LETTER})(?:vs|versus)(?![\\p{L}\\p{N}_-])` +
      `|^${NO_LETTER}*(?:in\\s+)?(?:any|are|can|could|find|give|i|list|mention|name|please|provide|` +
      "recommend|show|some|suggest|tell|what|which|would)\\s+(?:(?:about|all|any|are|find|give|is|" +
      "list|me|mention|name|need|of|other|please|provide|recommend|show|some|suggest|tell|the|" +
      `there|want|you)\\s+)*(?:research\\s+)?${PAPERS}\\s+` +
      `|^${NO_LETTER}*(?:research\\s+)?${PAPERS}\\s+` +
      "(?:about|by|for|from|in|of|on|that|to|using|where|which|with)\\s+", "giu");
  const HOW_IT_WORKS = new RegExp(
    `^(${NO_LETTER}*how\\s+(?:can|do|does|did)\\s.*${LETTER})\\s+works?${NO_LETTER}*$`, "iu");
  let papers = [], words = null, meaning = null, exports = null;

  // What a script of data hands over: any of the parts "papers", "words", "meaning", "exports".
  function add(part) {
    if (part.papers) papers = part.papers;
    if (part.words) words = readWords(part.words);
    if (part.meaning) meaning = window.ssmPieces.read(part.meaning);
    if (part.exports) exports = part.exports;
    window.dispatchEvent(new CustomEvent("ssm:data", { detail: Object.keys(part) }));
  }

  const ready = () => (!papers.length || !words ? "none" : meaning ? "meaning" : "words");

  // Of the lines that "stems" has, only those that are asked for are read, and each once.
  function readWords(part) {
    const lengths = varints(part.lengths), lines = part.stems, read = new Map(), found = new Map();
    const mean = lengths.reduce((sum, one) => sum + one, 0) / Math.max(lengths.length, 1);
    const stop = new Set(part.stop.split(" ")), folds = new Map(Object.entries(part.folds));

    function line(place) {
      const start = lines.lastIndexOf("\n", place) + 1;
      if (!read.has(start)) read.set(start, readLine(lines.slice(start).split("\n", 1)[0]));
      return read.get(start);
    }

    function readLine(text) {
      const [forms, postings] = text.split(" :"), list = varints(postings);
      const [own, others] = forms.split(" /").map((some) => some.split(" ").slice(1));
      const stem = { words: own, forms: [...own, ...others], counts: new Map() }; // of each row
      for (let at = 0, row = -1; at < list.length; at += 2)
        stem.counts.set((row += list[at]), list[at + 1]);
      return stem;
    }

    // The stem of a word; undefined if neither papers nor pieces have it.
    function stem(word) {
      if (!found.has(word)) {
        const place = lines.indexOf(` ${word} `);
        if (found.size >= KEPT) found.clear();
        found.set(word, place < 0 ? undefined : line(place));
      }
      return found.get(word);
    }

    // Each word that begins so, and its stem.
    function* beginning(start) {
      for (let at = -1; (at = lines.indexOf(` ${start}`, at + 1)) >= 0; )
        yield [lines.slice(at + 1, lines.indexOf(" ", at + 1)), line(at)];
    }

    const all = () =>
      lines.split("\n").flatMap((one) => one.slice(1, one.indexOf(" /")).split(" "));
    return { ...part, lengths, mean, stem, beginning, stop, folds, all };
  }

  // ── questions ────────────────────────────────────────────────────────────────────────────────

  // As Python's NFKC and casefold(), letter by letter.
  function folded(text) {
    if (!/[^\0-\x7f]/.test(text)) return text.toLowerCase();
    let found = "";
    for (const letter of text.replace(/(\p{M}{30})\p{M}+/gu, "$1").normalize("NFKC"))
      found += words.folds.get(letter) ?? letter.toLowerCase();
    return found;
  }

  const terms = (text) => (folded(text).match(WORD) ?? []).filter((word) => !words.stop.has(word));

  // A question's words without those by which it only asks, if it has any other.
  function askedTerms(text) {
    const topic = text.replace(ASKING, " ");
    const topical = terms(HOW_IT_WORKS.exec(topic)?.[1] ?? topic);
    return topical.length ? topical : terms(text);
  }

  // The question, and what it was read as: a last word that no paper has is one that is still being
  // typed, if any word begins with it; of several the one that most papers have.
  function finished(text) {
    const typed = folded(UNFINISHED.exec(text)?.[0] ?? "");
    if (!typed || words.stem(typed) || words.stop.has(typed)) return [text, []];
    if (byName(typed).length) return [text, []];
    let best = "", most = 0;
    for (const [word, { counts }] of words.beginning(typed)) {
      const shorter = counts.size === most && word.length < best.length;
      if (counts.size > most || shorter) [best, most] = [word, counts.size];
    }
    return best ? [text.replace(UNFINISHED, best), [[typed, best]]] : [text, []];
  }

  // ── answers ──────────────────────────────────────────────────────────────────────────────────

  // BM25 as ssm_search/ranking/okapi.py has it; a word that is asked for twice counts twice.
  function bm25(asked) {
    const { lengths, mean, k1, b } = words, scores = new Float64Array(lengths.length);
    for (const { counts } of asked.map(words.stem).filter(Boolean)) {
      const idf = Math.log(1 + (lengths.length - counts.size + 0.5) / (counts.size + 0.5));
      for (const [row, count] of counts) {
        const norm = k1 * (1 - b + (b * lengths[row]) / mean);
        scores[row] += (idf * count) / (count + norm);
      }
    }
    return scores;
  }

  // The rows by whoever has this family name; none if it is a word to more papers, as "long" is.
  const byName = (word) => window.ssmWishes?.family(word) ?? [];

  // What a family name among other words adds to its papers: as much as a word that they alone have,
  // once.
  function withNames(asked, scores) {
    for (const word of asked) {
      const rows = byName(word);
      if (!rows.length) continue;
      const idf = Math.log(1 + (scores.length - rows.length + 0.5) / (rows.length + 0.5));
      for (const row of rows) scores[row] += idf / (1 + words.k1);
    }
    return scores;
  }

  function standardized(scores) {
    const mean = scores.reduce((sum, one) => sum + one, 0) / scores.length;
    const variance = scores.reduce((sum, one) => sum + (one - mean) ** 2, 0) / scores.length;
    const spread = Math.sqrt(variance);
    return scores.map((one) => (spread < 1e-6 ? 0 : (one - mean) / spread));
  }

  // The k best of some rows, or of all, each with its reasons; what was used for it, whether the
  // list has nothing about the question, and what its words were read as.
  function rank(text, { k = 10, rows = null } = {}) {
    const used = ready(), typed = text.trim(), allowed = Array.from(rows ?? papers.keys());
    const none = { hits: [], total: allowed.length, used, nothing: false, read: [] };
    if (used === "none" || !/[\p{L}\p{N}]/u.test(typed)) return none;
    const [asked, read] = finished(text.slice(0, MOST_TEXT));
    const sought = askedTerms(asked), literal = withNames(sought, bm25(sought));
    let scores = literal;
    if (used === "meaning") {
      const meant = standardized(meaning.late(asked)), { share } = meaning;
      scores = standardized(literal).map((one, row) => (1 - share) * one + share * meant[row]);
    }
    const named = new Set(allowed.filter((row) => papers[row].id === typed));
    const found = allowed.filter((row) => meaning || literal[row] > 0 || named.has(row));
    const hits = best(found, scores, named, k).map((row) => (
      { row, score: scores[row], ...why(row, sought) }));
    const isMet = (word) => words.stem(word) || byName(word).length || near(word).length;
    const met = sought.filter(isMet);
    const nothing = met.length < words.least * sought.length && !named.size;
    return { ...none, hits, nothing, read };
  }

  // The k rows with the highest scores, those that were named before them.
  function best(rows, scores, named, k) {
    const least = Float64Array.from(rows, (row) => scores[row]).sort().at(-k) ?? -Infinity;
    return rows
      .filter((row) => scores[row] >= least || named.has(row))
      .sort((a, b) => named.has(b) - named.has(a) || scores[b] - scores[a] || a - b)
      .slice(0, k);
  }

  // The k rows most like some rows and least like others, as Rocchio (1971) weighs them in
  // ssm_search/ranking/fusion.py; none before meaning is there.
  function recommend(liked, disliked, { k = 10, rows = null } = {}) {
    if (!meaning || !liked.length) return [];
    const scores = new Float64Array(papers.length), picked = new Set([...liked, ...disliked]);
    const add = (all, share) =>
      all.forEach((row) => standardized(meaning.like(row)).forEach((one, at) => {
        scores[at] += (share * one) / all.length;
      }));
    add(liked, 1);
    add(disliked, -meaning.dislike);
    const allowed = Array.from(rows ?? papers.keys()).filter((row) => !picked.has(row));
    return best(allowed, scores, new Set(), k);
  }

  const near = (word) => meaning?.near(word, words.all) ?? [];

  // The question's words that a paper has, those in its title and those in its authors' names; of
  // the others, as far as there is a piece for them, the paper's word that comes nearest.
  function why(row, asked) {
    const title = new Set(terms(papers[row].title)), found = [], in_title = [], by = [];
    for (const word of new Set(asked)) {
      const stem = words.stem(word);
      if (byName(word).includes(row)) {
        found.push([word, ""]);
        by.push(word);
      } else if (stem?.counts.has(row)) {
        found.push([word, ""]);
        if (stem.forms.some((form) => title.has(form))) in_title.push(word);
      } else {
        const nearest = near(word).find((one) => words.stem(one).counts.has(row));
        if (nearest) found.push([word, nearest]);
      }
    }
    return { words: found, in_title, ...(by.length && { by }) };
  }

  // ── files ────────────────────────────────────────────────────────────────────────────────────

  // The text of a file of some papers: what ssm_search/views/export.py writes of them. Of what the
  // list does not have an entry stands in place of a row.
  async function exported(form, rows) {
    if (!exports) throw new Error("exports.js has not been loaded");
    exports.entries ??= await inflated(exports.packed);
    const { head, join, foot, suffix } = exports.forms[form];
    const entries = rows.map((row) => exports.entries[form][row] ?? row);
    const made = form === "bibtex" ? withLetters(entries) : entries;
    return { name: `papers${suffix}`, text: head + made.join(join) + foot };
  }

  async function inflated(text) {
    const stream = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  }

  // a, b, …, z, aa, ab, …
  function letters(count) {
    const last = String.fromCharCode(97 + (count % 26));
    return count < 26 ? last : letters(Math.floor(count / 26) - 1) + last;
  }

  // BibTeX's entries, with these behind the keys that several have.
  function withLetters(entries) {
    const keys = entries.map((entry) => /\{(.*),/.exec(entry)[1]);
    const used = new Map(), twice = new Set(keys.filter((key, at) => keys.indexOf(key) !== at));
    return entries.map((entry, at) => {
      const nth = used.get(keys[at]) ?? 0;
      used.set(keys[at], nth + 1);
      const letter = twice.has(keys[at]) ? letters(nth) : "";
      return entry.replace(`{${keys[at]},`, () => `{${keys[at]}${letter},`);
    });
  }

  // The rows that have all words of a text, in whatever form; of a text without a word none.
  function having(text) {
    const [first, ...others] = terms(text).map((word) => words.stem(word)?.counts ?? new Map());
    const rows = first ? [...first.keys()] : [];
    return new Set(rows.filter((row) => others.every((one) => one.has(row))));
  }

  // All forms of some words, as they count as one: "images" and "Image".
  const forms = (some) =>
    new Set(some.map(folded).flatMap((word) => [word, ...(words?.stem(word)?.forms ?? [])]));

  return {
    add, ready, rank, recommend, having, exported,
    folded, forms,
    get papers() { return papers; },
    row: (id) => papers.findIndex((paper) => paper.id === id),
    related: (row, k = 10) => (papers[row]?.related ?? []).slice(0, k),
    has_exports: () => exports !== null,
    inside: { terms, askedTerms, bm25, meaning: () => meaning, stem: (word) => words.stem(word) }, // for tests
  };
})();
