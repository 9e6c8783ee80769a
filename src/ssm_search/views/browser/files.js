// What a site loads when it is needed, and the papers that a reader takes along, as a file or copied.
//
//   ssmFiles.load(source)                    a script, once; again where it did not come
//   ssmFiles.exporter({form, ids, papers})   {name, text, said}; of papers that are kept, with notes
//   ssmFiles.copy(text)                      to the clipboard
window.ssmFiles = (() => {
  const { element } = window.ssmCards;
  const { ssmSearch: search } = window;

  const loading = {};
  const load = (source) =>
    (loading[source] ??= new Promise((done, failed) => {
      const script = element("script", { src: source });
      script.onload = done;
      script.onerror = () => {
        delete loading[source];
        failed(new Error(`${source} did not come; try again`));
      };
      document.head.append(script);
    }));
  // Of what is kept, papers have notes; the list may have some of them no more.
  const exporter = async ({ form, ids, papers = [] }) => {
    await Promise.all([load("data/exports.js"), load("scripts/notes.js")]);
    const kept = new Map(papers.map((paper) => [paper.id, paper]));
    const lost = papers.filter(({ id }) => search.row(id) < 0);
    const entries = ids.map((id) => {
      const row = search.row(id);
      return row < 0 ? window.ssmNotes.entry(form, kept.get(id)) : row;
    });
    const { name, text } = await search.exported(form, entries);
    const lostTitles = lost.map(({ title }) => `“${title}”`).join(", ");
    const said = lost.length
      ? `The list has them no more, so of these it says only what is kept: ${lostTitles}.`
      : "";
    const noted = ids.map((id) => kept.get(id)?.note ?? "");
    return { name, text: window.ssmNotes.added(form, text, noted), said };
  };

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Browsers keep the clipboard from pages without https that are not on this machine.
      const area = document.body.appendChild(element("textarea"));
      area.value = text;
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };

  return { load, exporter, copy };
})();
