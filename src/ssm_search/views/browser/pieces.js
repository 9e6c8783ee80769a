// What a table of an encoder's word pieces knows of meaning, in place of the encoder itself: the
// pieces of a question meet the words of papers. ssmPieces.read() is given what
// ssm_search/site/data.py writes as "meaning", and gives what asks it.
window.ssmPieces = (() => {
  "use strict";
  const MOST_PIECES = 254; // of a question: as many as the encoder reads
  const MOST_LETTERS = 100; // of a word, which is cut into pieces in time with their square
  const KEPT = 256; // pieces of earlier questions: to type a letter changes the last word alone
  // Of a paper that others are to be like: of ten such papers .365 are under one of its headings by 24
  // words, .355 by 16, .370 by all, .387 by the whole program (376 papers of 7 lists; ± .03).
  const MOST_WORDS = 24;
  const BETWEEN = /[\p{White_Space}\p{P}!-/:-@[-`{-~]+/u;
  const CHINESE = new RegExp(
    "[\\u4e00-\\u9fff\\u3400-\\u4dbf\\uf900-\\ufaff\\u{20000}-\\u{2a6df}\\u{2a700}-\\u{2b81f}" +
      "\\u{2b820}-\\u{2ceaf}\\u{2f800}-\\u{2fa1f}]", "gu");

  function bytes(text) {
    const binary = atob(text);
    const found = new Uint8Array(binary.length);
    for (let at = 0; at < found.length; at++) found[at] = binary.charCodeAt(at);
    return found;
  }

  // Whole numbers of seven bits a byte, the lowest first; the high bit says that more come.
  function varints(text) {
    const found = [];
    let number = 0, scale = 1;
    for (const byte of bytes(text)) {
      number += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) {
        found.push(number);
        [number, scale] = [0, 1];
      }
    }
    return found;
  }

  function read(part) {
    const { width, levels } = part;
    const size = Math.ceil(width / 4); // bytes of a vector: two bits a coordinate
    const pieces = part.pieces.split(" ");
    const numbers = new Map(pieces.map((piece, number) => [piece, number]));
    const weights = bytes(part.weights);
    const table = vectors(part.table);
    const papers = vectors(part.codes);
    const counts = varints(part.counts); // of words of each paper
    const kept = new Map(), alike = new Map();

    // For each byte of a code, what each value of it adds to a sum over coordinates.
    function sums(term) {
      const found = new Float32Array(size * 256);
      for (let d = 0; d < width; d++)
        for (let value = 0; value < 256; value++)
          found[(d >> 2) * 256 + value] += term(d, levels[(value >> (2 * (d & 3))) & 3]);
      return found;
    }

    function total(sums, codes, at) {
      let sum = 0, code = at * size;
      for (let byte = 0; byte < sums.length; byte += 256) sum += sums[byte + codes[code++]];
      return sum;
    }

    function vectors(text) {
      const codes = bytes(text), squares = sums((d, level) => level * level);
      const lengths = new Float32Array(codes.length / size);
      for (let at = 0; at < lengths.length; at++)
        lengths[at] = Math.sqrt(total(squares, codes, at));
      return { codes, lengths };
    }

    const cosine = (products, of, at) => total(products, of.codes, at) / of.lengths[at];

    // What a vector adds up with codes to cosines, and the largest with any word of each paper.
    function meet(of, number) {
      const own = (d) => levels[(of.codes[number * size + (d >> 2)] >> (2 * (d & 3))) & 3];
      const products = sums((d, level) => (own(d) * level) / of.lengths[number]);
      const nearest = new Float32Array(counts.length);
      let at = 0;
      counts.forEach((count, row) => {
        let most = -1;
        for (const end = at + count; at < end; at++)
          most = Math.max(most, cosine(products, papers, at));
        nearest[row] = most;
      });
      return { products, nearest };
    }

    function piece(number) {
      if (kept.size >= KEPT) kept.clear();
      if (!kept.has(number)) kept.set(number, meet(table, number));
      return kept.get(number);
    }

    // The numbers of a text's pieces, cut as BERT's tokenizer for lower case does; -1 for a word
    // that it does not know. Marks between words are left out.
    function cut(text) {
      const clean = text.replace(/[\0\ufffd]|(?![\t\n\r])\p{C}/gu, "").replace(CHINESE, " $& ");
      let lower = "";
      const bare = clean.normalize("NFD").replace(/\p{Mn}/gu, "");
      for (const letter of bare) lower += letter.toLowerCase();
      return lower.split(BETWEEN).filter(Boolean).flatMap(cutWord).slice(0, MOST_PIECES);
    }

    function cutWord(word) {
      const letters = Array.from(word), found = [];
      if (letters.length > MOST_LETTERS) return [-1];
      for (let start = 0, end; start < letters.length; start = end) {
        const longest = letters.slice(start).map((_, left) => letters.length - left);
        const name = (last) => (start ? "##" : "") + letters.slice(start, last).join("");
        end = longest.find((last) => numbers.has(name(last)));
        if (end === undefined) return [-1];
        found.push(numbers.get(name(end)));
      }
      return found;
    }

    // Late interaction with each paper: the mean of the cosines of a text's pieces with the words
    // that come nearest to them there, by the pieces' weights.
    function late(text) {
      const scores = new Float64Array(counts.length);
      const asked = cut(text).filter((number) => weights[number] > 0);
      const all = asked.reduce((sum, number) => sum + weights[number], 0);
      for (const number of asked) {
        const { nearest } = piece(number), share = weights[number] / all;
        for (let row = 0; row < scores.length; row++) scores[row] += share * nearest[row];
      }
      return scores;
    }

    // How near each paper is to one of them: the mean of the cosines of its first words, which are
    // those of its title and then of its abstract, with the words that come nearest to them there.
    function like(row) {
      if (!alike.has(row)) {
        const start = counts.slice(0, row).reduce((sum, one) => sum + one, 0);
        const asked = Math.min(counts[row], MOST_WORDS), scores = new Float64Array(counts.length);
        for (let at = start; at < start + asked; at++)
          meet(papers, at).nearest.forEach((near, other) => (scores[other] += near / asked));
        if (alike.size >= KEPT) alike.clear();
        alike.set(row, scores);
      }
      return alike.get(row);
    }

    // The words of the papers that are near to a word, the nearest first; all() has all of them.
    let known = null; // those that are pieces, and their numbers
    const found = new Map();
    function near(word, all) {
      const number = numbers.get(word);
      if (!(weights[number] > 0)) return [];
      if (!found.has(word)) {
        known ??= all().map((one) => [one, numbers.get(one)]).filter(([, at]) => weights[at] > 0);
        const { products } = piece(number), close = [];
        for (const [one, at] of known) {
          const how = cosine(products, table, at);
          if (how >= part.near) close.push([how, one]);
        }
        if (found.size >= KEPT) found.clear();
        found.set(word, close.sort((a, b) => b[0] - a[0]).map(([, one]) => one));
      }
      return found.get(word);
    }

    return { late, like, near, cut, share: part.share, dislike: part.dislike };
  }

  return { read, bytes, varints };
})();
