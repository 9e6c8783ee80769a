// Search among the papers of a list without a server: BM25 over their words and, once it is there,
// what a table of the encoder's word pieces knows of meaning. It knows no page: add() is given what
// ssm_search/site/data.py writes, which says what each part holds and where its numbers come from.
window.ssmSearch = (() => {
  "use strict";
  const MOST_TEXT = 4000; // characters of a question that are looked at
  const MOST_PIECES = 254; // as many as the encoder reads
  const KEPT_PIECES = 256; // of earlier questions: to type a letter changes the last word alone
  const LETTERS = "\\p{L}\\p{N}_"; // Python's \w
  const WORD = new RegExp(`[${LETTERS}]{2,}`, "gu");
  const UNFINISHED = new RegExp(`[${LETTERS}]{3,}$`, "u");
  const NO_LETTER = `[^${LETTERS}]`;
  const ASKING = new RegExp(
    `^${NO_LETTER}*(?:(?:can|could)\\s+you\\s+)?(?:please\\s+)?` +
      "(?:explain|(?:tell|teach|show)\\s+me(?:\\s+more)?)\\s+" +
      `|(?<![${LETTERS}])(?:vs|versus)(?![${LETTERS}-])`, "giu");
  const HOW_IT_WORKS = new RegExp(
    `^(${NO_LETTER}*how\\s+(?:can|do|does|did)\\s.*[${LETTERS}])\\s+works?${NO_LETTER}*$`, "isu");
  const PUNCTUATION = /[\p{White_Space}\p{P}!-/:-@[-`{-~]+/u;
  const CHINESE = /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;
  const data = { papers: [], words: null, meaning: null, exports: null };

  function add(part) {
    if (part.papers) data.papers = part.papers;
    if (part.words) data.words = readWords(part.words);
    if (part.meaning) data.meaning = readMeaning(part.meaning);
    if (part.exports) data.exports = part.exports;
    window.dispatchEvent(new CustomEvent("ssm:data", { detail: Object.keys(part) }));
  }

  const ready = () =>
    !data.papers.length || !data.words ? "none" : data.meaning ? "meaning" : "words";

  // ── bytes ────────────────────────────────────────────────────────────────────────────────────

  function bytes(text) {
    const binary = atob(text);
    const found = new Uint8Array(binary.length);
    for (let at = 0; at < found.length; at++) found[at] = binary.charCodeAt(at);
    return found;
  }

  function numbers(text) {
    const found = [];
    let number = 0, scale = 1;
    for (const byte of bytes(text)) {
      number += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) {
        found.push(number);
        number = 0;
        scale = 1;
      }
    }
    return found;
  }

  // ── words ────────────────────────────────────────────────────────────────────────────────────

  function readWords(part) {
    const words = { ...part, folds: new Map(Object.entries(part.folds)), of: [], stems: new Map() };
    words.stop = new Set(part.stop.split(" "));
    words.lengths = numbers(part.lengths);
    words.mean = words.lengths.reduce((sum, one) => sum + one, 0) / words.lengths.length;
    for (const group of part.stems ? part.stems.split(",") : []) {
      const [stem, ...forms] = group.split(" ");
      const whole = forms.map((form) => stem.slice(0, stem.length - parseInt(form[0], 36)) + form.slice(1));
      for (const word of whole) words.stems.set(word, words.of.length);
      words.of.push({ words: whole, rows: [], counts: [] });
    }
    const list = numbers(part.postings);
    let at = 0;
    for (const stem of words.of) {
      let row = -1;
      for (let left = list[at++]; left > 0; left--) {
        row += list[at++];
        stem.rows.push(row);
        stem.counts.push(list[at++]);
      }
    }
    return words;
  }

  function folded(text) {
    let found = "";
    const shallow = text.replace(/(\p{M}{30})\p{M}+/gu, "$1");
    for (const one of shallow.normalize("NFKC")) found += data.words.folds.get(one) ?? one.toLowerCase();
    return found;
  }

  const wordsOf = (text) => folded(text).match(WORD) ?? [];
  const terms = (text) => wordsOf(text).filter((word) => !data.words.stop.has(word));

  // A question's words, without those by which it only asks, if it has any other.
  function askedTerms(text) {
    const topic = text.replace(ASKING, " ");
    const topical = terms(HOW_IT_WORKS.exec(topic)?.[1] ?? topic);
    return topical.length ? topical : terms(text);
  }

  // The question with its last word finished, if no paper has it and more begin with it.
  function finished(text) {
    const typed = folded(UNFINISHED.exec(text)?.[0] ?? "");
    if (!typed || data.words.stems.has(typed) || data.words.stop.has(typed)) return [text, []];
    let best = "", most = 0;
    for (const [word, stem] of data.words.stems) {
      if (!word.startsWith(typed)) continue;
      const having = data.words.of[stem].rows.length;
      if (having > most || (having === most && word.length < best.length)) [best, most] = [word, having];
    }
    return best ? [text.replace(UNFINISHED, best), [[typed, best]]] : [text, []];
  }

  // BM25 as ssm_search.index.bm25 has it; a word that is asked twice counts twice.
  function bm25(asked) {
    const { lengths, mean, k1, b, of, stems } = data.words;
    const scores = new Float64Array(lengths.length);
    for (const word of asked) {
      const stem = of[stems.get(word)];
      if (!stem) continue;
      const having = stem.rows.length;
      const idf = Math.log(1 + (lengths.length - having + 0.5) / (having + 0.5));
      stem.rows.forEach((row, at) => {
        const norm = k1 * (1 - b + (b * lengths[row]) / mean);
        scores[row] += (idf * stem.counts[at]) / (stem.counts[at] + norm);
      });
    }
    return scores;
  }

  // ── meaning ──────────────────────────────────────────────────────────────────────────────────

  function readMeaning(part) {
    const meaning = { ...part, size: Math.ceil(part.width / 4), cache: new Map() };
    meaning.numbers = new Map(part.pieces.split(" ").map((piece, number) => [piece, number]));
    for (const name of ["table", "codes", "weights"]) meaning[name] = bytes(part[name]);
    meaning.counts = numbers(part.counts);
    meaning.known = meaning.weights.length;
    return meaning;
  }

  const coordinate = (codes, at, size, d) =>
    data.meaning.levels[(codes[at * size + (d >> 2)] >> (2 * (d & 3))) & 3];

  // What each value of each byte of a code adds to a sum over coordinates.
  function sums(of) {
    const { size, width, levels } = data.meaning;
    const table = new Float32Array(size * 256);
    for (let d = 0; d < width; d++)
      for (let value = 0; value < 256; value++)
        table[(d >> 2) * 256 + value] += of(d, levels[(value >> (2 * (d & 3))) & 3]);
    return table;
  }

  function total(table, codes, at) {
    const { size } = data.meaning;
    let sum = 0;
    for (let byte = 0, first = at * size; byte < size; byte++) sum += table[byte * 256 + codes[first + byte]];
    return sum;
  }

  function lengthsOf(codes) {
    const squares = sums((_, level) => level * level);
    return Float32Array.from({ length: codes.length / data.meaning.size }, (_, at) => Math.sqrt(total(squares, codes, at)));
  }

  // A piece's products with every code, and the largest cosine with any word of each paper.
  function piece(number) {
    const { table, codes, counts, size, cache } = data.meaning;
    if (cache.has(number)) return cache.get(number);
    data.meaning.lengths ??= lengthsOf(codes);
    data.meaning.tableLengths ??= lengthsOf(table);
    const length = data.meaning.tableLengths[number];
    const products = sums((d, level) => (coordinate(table, number, size, d) * level) / length);
    const nearest = new Float32Array(counts.length);
    let at = 0;
    counts.forEach((count, row) => {
      let most = -1;
      for (const end = at + count; at < end; at++)
        most = Math.max(most, total(products, codes, at) / data.meaning.lengths[at]);
      nearest[row] = most;
    });
    if (cache.size >= KEPT_PIECES) cache.clear();
    cache.set(number, { products, nearest });
    return cache.get(number);
  }

  // The numbers of a text's pieces, cut as BERT's tokenizer for lower case does; -1 for none.
  function pieces(text) {
    const clean = text.replace(/[\0\ufffd]|(?![\t\n\r])\p{C}/gu, "").replace(CHINESE, " $& ");
    let plain = "";
    for (const one of clean.normalize("NFD").replace(/\p{Mn}/gu, "")) plain += one.toLowerCase();
    return plain.split(PUNCTUATION).filter(Boolean).flatMap(cut).slice(0, MOST_PIECES);
  }

  function cut(word) {
    const letters = Array.from(word), found = [];
    if (letters.length > 100) return [-1];
    for (let start = 0; start < letters.length; ) {
      let end = letters.length, number;
      for (; end > start; end--) {
        const name = (start ? "##" : "") + letters.slice(start, end).join("");
        if ((number = data.meaning.numbers.get(name)) !== undefined) break;
      }
      if (number === undefined) return [-1];
      found.push(number);
      start = end;
    }
    return found;
  }

  // Late interaction: the mean of the cosines of a question's pieces, by their weights.
  function late(text) {
    const { known, weights, counts } = data.meaning;
    const scores = new Float64Array(counts.length);
    const asked = pieces(text).filter((number) => number >= 0 && number < known && weights[number]);
    const all = asked.reduce((sum, number) => sum + weights[number], 0);
    for (const number of asked) {
      const { nearest } = piece(number);
      for (let row = 0; row < scores.length; row++) scores[row] += (weights[number] / all) * nearest[row];
    }
    return scores;
  }

  // ── answers ──────────────────────────────────────────────────────────────────────────────────

  function standardized(scores) {
    const mean = scores.reduce((sum, one) => sum + one, 0) / scores.length;
    const spread = Math.sqrt(scores.reduce((sum, one) => sum + (one - mean) ** 2, 0) / scores.length);
    return spread < 1e-6 ? scores.map(() => 0) : scores.map((one) => (one - mean) / spread);
  }

  function rank(text, { k = 10, rows = null } = {}) {
    const [asked, read] = finished(text.slice(0, MOST_TEXT));
    const used = ready(), allowed = Array.from(rows ?? data.papers.keys());
    if (used === "none" || !/[\p{L}\p{N}]/u.test(asked))
      return { hits: [], total: allowed.length, used, nothing: false, read: [] };
    const words = askedTerms(asked), literal = bm25(words);
    const known = words.some((word) => data.words.stems.has(word));
    let scores = literal, nothing = !known;
    if (used === "meaning") {
      const raw = late(asked), share = data.meaning.share;
      const near = standardized(raw);
      scores = standardized(literal).map((one, row) => (1 - share) * one + share * near[row]);
      nothing = !known && Math.max(...raw) < data.meaning.nothing;
    }
    const typed = text.trim();
    const exact = new Set(allowed.filter((row) => data.papers[row].id === typed));
    const found = allowed.filter((row) => used === "meaning" || literal[row] > 0 || exact.has(row));
    found.sort((one, other) => exact.has(other) - exact.has(one) || scores[other] - scores[one] || one - other);
    const hits = found.slice(0, k).map((row) => ({ row, score: scores[row], ...reasons(row, words) }));
    return { hits, total: allowed.length, used, nothing: nothing && !exact.size, read };
  }

  // The question's words that a paper has, those in its title too; of the others, as far as the
  // encoder has a piece for them, the paper's word that comes nearest.
  function reasons(row, asked) {
    const { stems, of } = data.words, words = [];
    const title = new Set(terms(data.papers[row].title).map((word) => stems.get(word)));
    const own = stemsOf(row);
    for (const word of new Set(asked)) {
      const stem = stems.get(word);
      if (own.has(stem)) words.push([word, ""]);
      else if (data.meaning) {
        const near = nearestWord(word, own);
        if (near) words.push([word, near]);
      }
    }
    const inTitle = words.filter(([word, near]) => !near && title.has(stems.get(word)));
    return { words, in_title: inTitle.map(([word]) => word) };
  }

  function stemsOf(row) {
    if (!data.words.byRow) {
      data.words.byRow = data.words.lengths.map(() => new Set());
      data.words.of.forEach((stem, number) => stem.rows.forEach((one) => data.words.byRow[one].add(number)));
    }
    return data.words.byRow[row];
  }

  function nearestWord(word, stems) {
    const { numbers, known, weights, table } = data.meaning;
    const asked = numbers.get(word);
    if (!(asked < known) || !weights[asked]) return "";
    const { products } = piece(asked);
    let found = "", most = data.meaning.near;
    for (const stem of stems) {
      const name = data.words.of[stem].words.find((one) => numbers.get(one) < known);
      if (!name) continue;
      const cosine = total(products, table, numbers.get(name)) / data.meaning.tableLengths[numbers.get(name)];
      if (cosine >= most) [found, most] = [name, cosine];
    }
    return found;
  }

  const related = (row, k = 10) => (data.papers[row]?.related ?? []).slice(0, k);

  // The text of a file of these papers: what ssm_search.views.export writes of them.
  async function exported(form, rows) {
    if (!data.exports) throw new Error("the exports have not been loaded");
    data.exports.entries ??= await inflated(data.exports.packed);
    const { head, join, foot, suffix } = data.exports.forms[form];
    const entries = rows.map((row) => data.exports.entries[form][row]);
    const made = form === "bibtex" ? withLetters(entries) : entries;
    return { name: `papers${suffix}`, text: head + made.join(join) + foot };
  }

  async function inflated(text) {
    const stream = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  }

  // BibTeX's keys with a, b, c … behind those that several have.
  function withLetters(entries) {
    const key = (entry) => /\{(.*),/.exec(entry)[1], times = new Map(), used = new Map();
    for (const entry of entries) times.set(key(entry), (times.get(key(entry)) ?? 0) + 1);
    return entries.map((entry) => {
      const one = key(entry), nth = used.get(one) ?? 0;
      used.set(one, nth + 1);
      const letter = times.get(one) > 1 ? String.fromCharCode(97 + (nth % 26)) : "";
      return entry.replace(`{${one},`, () => `{${one}${letter},`);
    });
  }

  return {
    add, ready, rank, related, exported,
    get papers() { return data.papers; },
    row: (id) => data.papers.findIndex((paper) => paper.id === id),
    has_exports: () => data.exports !== null,
    parts: { terms, askedTerms, bm25, pieces, late }, // for tests, and those who look inside
  };
})();
