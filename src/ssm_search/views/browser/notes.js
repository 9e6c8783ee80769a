// A reader's notes → the file of the papers that they are on, where ssm_search.views.export has them:
// annote in BibTeX, N1 in RIS, a last column in CSV and Markdown. And entries for papers of which
// nothing is known but what a reader kept.
//
//   ssmNotes.added(form, text, notes)   notes, "" for none, in the order of the papers of the text
//   ssmNotes.entry(form, {id, title, url})   as that module writes a paper with these alone
window.ssmNotes = (() => {
  const LATEX = {
    "\\": "\\textbackslash{}",
    "{": "\\textbraceleft{}", // BibTeX counts braces, whatever stands before them
    "}": "\\textbraceright{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
  };
  // White space, and what programs take for commands, as Python tells them.
  const printed = (text) => text.replace(/(?![ \t\n])[\p{C}\p{Z}]/gu, "");
  const line = (note) =>
    printed(note.replace(/[\p{Z}\t-\r\x1c-\x1f\x85]+/gu, " ")).replace(/ {2,}/g, " ").trim();
  const latex = (note) => line(note).replace(/[\\~^#%&_{}$]/g, (sign) => LATEX[sign] ?? `\\${sign}`);
  // A cell that a spreadsheet would take for a formula is given an apostrophe.
  const csv = (note) => {
    const text = printed(note).replace(/\n$/, "");
    const cell = /^[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  };
  const markdown = (note) =>
    line(note)
      .replace(/&(?=#?[\p{L}\p{N}_]+;)/gu, "&amp;")
      .replaceAll("<", "&lt;")
      .replace(/[\\`*[\]|]|(?<![\p{L}\p{N}_])_|_(?![\p{L}\p{N}_])|~(?=~)/gu, "\\$&");

  // Each end of an entry with what the next note makes before it.
  const beforeEnds = (text, end, notes, made) => {
    let at = 0;
    return text.replace(end, (found) => {
      const note = notes[at++] ?? "";
      return (note.trim() && made(note)) + found;
    });
  };
  // Each line with a cell more: the first ones with heads, the others with notes.
  const withColumn = (text, heads, notes, made) =>
    text
      .split("\n")
      .map((one, at) => one && made(one, at < heads.length ? heads[at] : (notes[at - heads.length] ?? "")))
      .join("\n");

  const added = (form, text, notes) => {
    if (!notes.some((note) => note.trim())) return text;
    switch (form) {
      case "bibtex":
        return beforeEnds(text, /^\}$/gm, notes, (note) => `      annote={${latex(note)}},\n`);
      case "ris":
        return beforeEnds(text, /^ER {2}- /gm, notes, (note) => `N1  - ${line(note)}\r\n`);
      case "csv":
        return withColumn(text, ["note"], notes, (row, note) => `${row},${csv(note)}`);
      case "markdown":
        return withColumn(text, ["Note", "---"], notes, (row, note) =>
          note === "---" ? `${row}---|` : `${row} ${markdown(note)} |`
        );
      default:
        return text;
    }
  };
  const KEY_WORDS = 4; // of a title, in the key of an entry
  const key = (title) => {
    const words = title.toLowerCase().normalize("NFKD").split(/\s+/);
    const plain = words.map((word) => word.replace(/[^a-z0-9]/g, "")).filter(Boolean);
    return plain.slice(0, KEY_WORDS).join("") || "untitled";
  };
  const quoted = (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  const address = (url) =>
    url.trim().replace(/[^A-Za-z0-9%/:=&?~#+!$,;@*._-]+/g, (odd) =>
      Array.from(new TextEncoder().encode(odd), quoted).join("")
    );
  const ENTRIES = {
    bibtex: ({ title, url }) =>
      [`@misc{${key(title)},`, `      title={${latex(title)}},`, url && `      url={${address(url)}},`, "}\n"]
        .filter(Boolean)
        .join("\n"),
    ris: ({ title, url }) =>
      ["TY  - GEN", `TI  - ${line(title)}`, url && `UR  - ${line(url)}`, "ER  - \r\n"].filter(Boolean).join("\r\n"),
    csv: ({ id, title, url }) => `${csv(line(id))},${csv(line(title))},,,,,${csv(line(url))},,,\n`,
    json: ({ id, title, url }) => JSON.stringify({ id, title, url }, null, 1).replace(/^/gm, " "),
    markdown: ({ title, url }) =>
      `| ${url ? `[${markdown(title)}](${address(url)})` : markdown(title)} |  |  |  |  |  |\n`,
  };
  const entry = (form, paper) => ENTRIES[form](paper);
  return { added, entry };
})();
