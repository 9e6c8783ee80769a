// Cards of papers as a site shows them. What a list says goes in as text, never as markup, and links
// lead to the web or nowhere.
window.ssmCards = (() => {
  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.flat().filter((one) => one !== "" && one !== undefined));
    return made;
  };

  // Gives an element these children, and moves none that need not move.
  const place = (parent, children) => {
    const wanted = new Set(children);
    for (const one of [...parent.childNodes]) if (!wanted.has(one)) one.remove();
    children.forEach((one, at) => {
      if (parent.childNodes[at] !== one) parent.insertBefore(one, parent.childNodes[at] ?? null);
    });
  };

  const isWeb = (url) => /^https?:\/\//i.test(url);
  const link = (text, url) =>
    isWeb(url)
      ? element("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text)
      : text;

  const WORD = /[\p{L}\p{N}\p{M}]+/gu;
  // The words of a text that answered, in whatever form, marked.
  const marked = (text, words) => {
    const { folded, forms } = window.ssmSearch;
    const wanted = forms(words);
    const pieces = [];
    let start = 0;
    for (const found of wanted.size ? text.matchAll(WORD) : []) {
      if (!wanted.has(folded(found[0]))) continue;
      pieces.push(text.slice(start, found.index), element("mark", {}, found[0]));
      start = found.index + found[0].length;
    }
    return [...pieces, text.slice(start)];
  };

  const NAMED = 3; // authors, before it says that there are others
  const MOST_NAMED = 50; // where the pointer rests; some papers have three thousand
  // Whoever was asked for, and the first ones as far as there is room, in the paper's order.
  const authors = (paper, most = NAMED, asked = []) => {
    if (!paper.authors.length) return "";
    const isAsked = (at) => asked.includes(paper.authors[at]);
    const places = [...paper.authors.keys()].sort((a, b) => isAsked(b) - isAsked(a) || a - b);
    const named = places.slice(0, most).sort((a, b) => a - b);
    const made = named.flatMap((at, nth) => {
      const before = at > (named[nth - 1] ?? -1) + 1 ? (nth ? ", …, " : "…, ") : nth ? ", " : "";
      return [before, isAsked(at) ? element("mark", {}, paper.authors[at]) : paper.authors[at]];
    });
    if (named.at(-1) < paper.authors.length - 1) made.push(" et al.");
    const title = paper.authors.slice(0, MOST_NAMED).join(", ");
    return element("p", { class: "authors", dir: "auto", title }, made);
  };

  // In menus and addresses, where a heading "A > B" is not "B" below "A".
  const headingName = (path) =>
    path.map((name) => name.replace(/(?<!\S)\\*>(?!\S)/g, "\\$&")).join(" > ");
  const facts = (paper, more, isNew) => {
    const headings = paper.categories.map((path) =>
      element("a", { href: `#${new URLSearchParams({ category: headingName(path) })}` }, path.join(" › "))
    );
    const all = [...more, paper.year_text, paper.venue, ...headings].filter(Boolean);
    return element(
      "p",
      { class: "facts" },
      isNew ? element("span", { class: "new" }, "new") : "",
      all.map((one) => element("span", { dir: "auto" }, one))
    );
  };

  // The words of the question that are not marked in the title: found elsewhere in the paper, or
  // close to one of its words.
  const why = ({ words, in_title: inTitle, by = [] }) => {
    const elsewhere = words.filter(([asked, found]) => !found && ![...inTitle, ...by].includes(asked));
    const near = words.filter(([, found]) => found);
    return [
      elsewhere.length && `abstract: ${elsewhere.map(([asked]) => asked).join(", ")}`,
      near.length && `close: ${near.map((pair) => pair.join(" ≈ ")).join(", ")}`,
    ]
      .filter(Boolean)
      .join("; ");
  };

  const address = (paper) => `#${new URLSearchParams({ paper: paper.id })}`;
  const actions = (paper, own) =>
    element(
      "p",
      { class: "actions" },
      [
        ["pdf", paper.pdf_url],
        ["code", paper.code_url],
        ...(paper.links ?? []),
      ]
        .filter(([, url]) => isWeb(url) && url !== paper.url)
        .map(([name, url]) => link(name, url)),
      own ? "" : element("a", { href: address(paper) }, "related"),
      element("a", { href: `#${new URLSearchParams({ tab: "map", paper: paper.id })}` }, "map"),
      [
        ["like", "More"],
        ["dislike", "Less"],
      ].map(([act, name]) =>
        element(
          "button",
          { type: "button", "data-act": act, title: `${name} like this`, "aria-pressed": String(window.ssmPicks.all()[act].includes(paper.id)) },
          name,
          element("span", { class: "sr" }, " like this")
        )
      ),
      element("button", { type: "button", "data-act": "keep", "aria-pressed": "false" }, "Keep"),
      element("button", { type: "button", "data-copy": "bibtex" }, element("span", { class: "sr" }, "Copy "), "BibTeX")
    );

  // One paper. options: hit, what answered; marks, facts that come first; isNew; own, on its own page; most authors;
  // asked, those whose papers are asked for.
  const card = (paper, { hit, marks = [], isNew, name = "li", own = false, most, asked } = {}) => {
    const words = hit ? hit.words.map(([asked, found]) => found || asked) : [];
    const title = marked(paper.title, words);
    const reason = hit ? why(hit) : "";
    const url = isWeb(paper.url) ? paper.url : address(paper);
    const outside = isWeb(paper.url) ? { target: "_blank", rel: "noopener noreferrer" } : {};
    return element(
      name,
      { class: "card", "data-id": paper.id, tabindex: "-1" },
      element(
        "h3",
        { dir: "auto" },
        element("a", { href: url, ...outside }, title)
      ),
      authors(paper, most, asked),
      facts(paper, marks, isNew),
      reason ? element("p", { class: "why", dir: "auto" }, reason) : "",
      actions(paper, own)
    );
  };

  const FORMS = { bibtex: "BibTeX", ris: "RIS", csv: "CSV", json: "JSON", markdown: "Markdown" };
  const exportLine = () =>
    element(
      "p",
      { class: "export" },
      "Take these along: ",
      Object.entries(FORMS).map(([form, name]) =>
        element("button", { type: "button", "data-export": form }, name)
      )
    );

  return { element, card, exportLine, headingName, place };
})();
