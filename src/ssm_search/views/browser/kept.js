// Papers that a reader keeps, with notes, and what the list had at the last visit: in this
// browser's own storage, and nowhere else. What is stored there may be anything, and is checked.
//
//   ssmKept.listen()                 once: "Keep" works on every card, and each says what is kept
//   ssmKept.show(element, exporter)  the kept papers; exporter({form, ids, papers}) → {name, text}
//                                    and said, which is shown, of what the file lacks
//   ssmKept.keyHere(name)            the key of localStorage under which this address has its own
//   ssmKept.all() · has(id) · toggle(paper) · note(id, text) · clear() · newIds(ids) · save(file)
//   "ssm:kept" on window after each change; its detail.problem says what went wrong, or is "",
//   its detail.said what a press on "Keep" did, for those who do not see it
window.ssmKept = (() => {
  // Pages at other addresses of this host share its storage, and are of other lists.
  const keyHere = (name) => `${name} ${location.pathname.replace(/[^/]*$/, "")}`;
  const KEY = keyHere("ssm-search-kept");
  const UNREAD = keyHere("ssm-search-kept-unread"); // what we could not read, before it is written over
  const VERSION = 1;
  const MOST = 500; // papers
  const MOST_BYTES = 200_000; // of all of them: the page's server reads 250,000 at once
  const LENGTHS = { id: 300, title: 500, url: 2_000, facts: 500, note: 5_000, at: 30 };
  const MOST_OF_FILE = 2_000_000; // bytes of a backup that is read
  const REFUSED =
    "This browser does not store it: what you keep is lost when this page is closed. " +
    "Take it along first.";
  const FULL = "There is no room for more. Take along what is kept, then remove some of it.";

  // ── what is kept ─────────────────────────────────────────────────────────────────────────

  const text = (value, most) => {
    const cut = typeof value === "string" ? value.slice(0, most) : "";
    return cut.toWellFormed?.() ?? cut; // half of a character, which no file can hold
  };
  const checkedPaper = (value) => {
    const paper = {};
    for (const [name, most] of Object.entries(LENGTHS)) paper[name] = text(value?.[name], most);
    if (!/^https?:\/\//i.test(paper.url)) paper.url = "";
    paper.title ||= paper.id;
    return paper;
  };
  // The papers of JSON as it is stored, or null if it is none of ours.
  const read = (json) => {
    let value;
    try {
      value = JSON.parse(json);
    } catch {
      return null;
    }
    if (value?.version !== VERSION || !Array.isArray(value.papers)) return null;
    const byId = new Map();
    for (const one of value.papers.slice(0, MOST).map(checkedPaper)) {
      if (one.id && !byId.has(one.id)) byId.set(one.id, one);
    }
    return [...byId.values()];
  };

  let stored = null; // the JSON that `papers` were read from
  let papers = [];
  let refused = false; // what is kept is in this page alone
  const all = () => {
    if (refused) return papers;
    let json = null;
    try {
      json = localStorage.getItem(KEY);
    } catch {
      // Some browsers refuse to be asked; `keep` says so.
    }
    if (json !== stored) {
      stored = json;
      papers = read(json ?? "") ?? [];
    }
    return papers;
  };
  const tell = (problem = "", said = "") =>
    dispatchEvent(new CustomEvent("ssm:kept", { detail: { problem, said } }));

  const written = (kept) => JSON.stringify({ version: VERSION, papers: kept });
  const size = (json) => new TextEncoder().encode(json).length;
  // Whether it was taken; what is less than before always is.
  const keep = (next, said) => {
    const json = written(next);
    const isMore = json.length > written(papers).length;
    if (isMore && (next.length > MOST || size(json) > MOST_BYTES)) {
      tell(FULL);
      return false;
    }
    papers = next;
    try {
      if (stored && read(stored) === null) localStorage.setItem(UNREAD, stored);
      localStorage.setItem(KEY, json);
      stored = json;
      refused = false;
    } catch {
      refused = true;
    }
    tell(refused ? REFUSED : "", said);
    return true;
  };

  const has = (id) => all().some((one) => one.id === id);
  const toggle = (paper) => {
    const without = all().filter((one) => one.id !== paper.id);
    if (without.length < papers.length) return keep(without, "No longer kept") && false;
    const added = checkedPaper({ ...paper, note: "", at: new Date().toISOString() });
    return added.id !== "" && keep([...papers, added], "Kept");
  };
  const note = (id, words) =>
    keep(all().map((one) => (one.id === id ? checkedPaper({ ...one, note: words }) : one)));
  const clear = () => keep([]);
  // Papers of a backup: those that are not here, and notes of those that have none.
  const add = (others) => {
    const notes = new Map(others.map((one) => [one.id, one.note]));
    const here = all().map((one) => ({ ...one, note: one.note || notes.get(one.id) || "" }));
    return keep([...here, ...others.filter((one) => !has(one.id))]);
  };

  // ── cards ────────────────────────────────────────────────────────────────────────────────

  const paperOf = (card) => {
    const link = card.querySelector("h3 a");
    const facts = [...card.querySelectorAll(".authors, .facts > span:not([title], .new)")];
    return {
      id: card.dataset.id,
      title: (card.querySelector("h3")?.textContent ?? "").trim().replace(/\s+/g, " "),
      url: link?.href ?? "",
      facts: facts.map((one) => one.textContent.trim()).join(" · "),
    };
  };
  const mark = () => {
    const ids = new Set(all().map((one) => one.id));
    for (const button of document.querySelectorAll(".card [data-act=keep][aria-pressed]")) {
      const is = String(ids.has(button.closest(".card").dataset.id));
      if (button.getAttribute("aria-pressed") !== is) button.setAttribute("aria-pressed", is);
    }
  };
  const listen = () => {
    document.addEventListener("click", ({ target }) => {
      const card = target.closest?.("[data-act=keep]")?.closest(".card[data-id]");
      if (card) toggle(paperOf(card));
    });
    addEventListener("ssm:kept", mark);
    new MutationObserver(mark).observe(document.body, { childList: true, subtree: true });
    mark();
  };
  addEventListener("storage", ({ key }) => {
    if (key === KEY || key === null) tell(); // another tab of this browser; null: cleared
  });

  // ── the list of them ─────────────────────────────────────────────────────────────────────

  const made = (name, properties = {}, ...children) => {
    const { data = {}, label, ...others } = properties;
    const element = Object.assign(document.createElement(name), others);
    Object.assign(element.dataset, data);
    if (label) element.setAttribute("aria-label", label);
    element.append(...children);
    return element;
  };
  const button = (text, data, label) =>
    made("button", { type: "button", textContent: text, data, label });
  const save = ({ name, text: content }) => {
    const file = new Blob([content], { type: "text/plain;charset=utf-8" });
    const link = made("a", { href: URL.createObjectURL(file), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
  };
  const FORMS = { bibtex: "BibTeX", csv: "CSV", markdown: "Markdown", ris: "RIS" };

  const row = (paper) => {
    const title = paper.url
      ? made("a", { href: paper.url, target: "_blank", rel: "noopener noreferrer" }, paper.title)
      : paper.title;
    const area = made("textarea", {
      value: paper.note,
      maxLength: LENGTHS.note,
      rows: 1,
      placeholder: "A note of your own",
      label: `Note on ${paper.title}`,
      dir: "auto",
    });
    area.addEventListener("input", () => {
      area.toggleAttribute("data-unsaved", !note(paper.id, area.value));
    });
    const remove = button("Remove", { act: "keep" }, `Remove ${paper.title}`);
    return made(
      "li",
      { className: "card", tabIndex: -1, data: { id: paper.id } },
      made("h3", { dir: "auto" }, title),
      made("p", { className: "facts", dir: "auto", textContent: paper.facts }),
      area,
      made("p", { className: "actions" }, remove),
    );
  };

  const show = (element, exporter) => {
    const line = made("p", { className: "line", role: "status" });
    const undo = made("p", { className: "undo", hidden: true });
    const list = made("ol", { className: "answers", label: "Kept papers" });
    const take = made("p", { className: "export" }, "Take these along: ");
    for (const [form, name] of Object.entries(FORMS)) take.append(button(name, { export: form }));
    const own = made("p", { className: "actions" });
    const file = made("input", { type: "file", accept: ".json", hidden: true });
    const [backUp, restore, removeAll] = ["Back up", "Restore a backup…", "Remove all"].map(
      (name) => button(name),
    );
    own.append(backUp, restore, removeAll, file);
    element.classList.add("kept");
    element.replaceChildren(line, undo, list, take, own);

    let removed = []; // [place, paper] of what was removed last
    const draw = (problem = "") => {
      const kept = all();
      const count = `${kept.length} ${kept.length === 1 ? "paper is" : "papers are"} kept`;
      const told =
        problem ||
        (refused && REFUSED) ||
        (kept.length
          ? `${count}, in this browser alone.`
          : "Nothing is kept yet. Press Keep on a paper that you want to come back to.");
      if (line.textContent !== told) line.textContent = told;
      const ids = new Set(kept.map((one) => one.id));
      for (const one of [...list.children]) if (!ids.has(one.dataset.id)) one.remove();
      const rows = new Map([...list.children].map((one) => [one.dataset.id, one]));
      kept.forEach((paper, place) => {
        const now = rows.get(paper.id) ?? row(paper);
        const area = now.querySelector("textarea");
        const isTyped = area === document.activeElement || area.hasAttribute("data-unsaved");
        if (!isTyped && area.value !== paper.note) area.value = paper.note;
        if (list.children[place] !== now) list.insertBefore(now, list.children[place] ?? null);
      });
      undo.hidden = !removed.length;
      take.hidden = removeAll.hidden = backUp.hidden = !kept.length;
    };
    const takeAway = (ids) => {
      removed = [...all().entries()].filter(([, one]) => ids.has(one.id));
      const what = removed.length === 1 ? `“${removed[0][1].title}”` : `${removed.length} papers`;
      undo.replaceChildren(`Removed ${what}. `, button("Undo", { undo: "" }, `Undo: keep ${what}`));
      keep(all().filter((one) => !ids.has(one.id)));
      undo.querySelector("button").focus();
    };
    const bringBack = () => {
      const next = [...all()];
      for (const [place, one] of removed) if (!has(one.id)) next.splice(place, 0, one);
      const [, first] = removed[0];
      if (!keep(next)) return;
      removed = [];
      draw();
      [...list.children].find((one) => one.dataset.id === first.id)?.focus();
    };
    const takeAlong = async (form) => {
      const told = all().map(({ id, title, url, note }) => ({ id, title, url, note }));
      try {
        const file = await exporter({ form, ids: told.map((one) => one.id), papers: told });
        save(file);
        draw(file.said);
      } catch (error) {
        draw(`This could not be written: ${error.message ?? error}`);
      }
    };

    element.addEventListener("click", (event) => {
      const pressed = event.target.closest("button");
      if (!pressed || !element.contains(pressed)) return;
      event.stopPropagation(); // what listens for cards elsewhere has no part in it
      const { act, export: form } = pressed.dataset;
      if (act === "keep") takeAway(new Set([pressed.closest(".card").dataset.id]));
      else if (form) takeAlong(form);
      else if (pressed.dataset.undo !== undefined) bringBack();
      else if (pressed === backUp) save({ name: "kept-papers.json", text: written(all()) });
      else if (pressed === restore) file.click();
      else if (pressed === removeAll) takeAway(new Set(all().map((one) => one.id)));
    });
    file.addEventListener("change", async () => {
      const [chosen] = file.files;
      const found = chosen?.size <= MOST_OF_FILE ? read(await chosen.text()) : null;
      file.value = "";
      const before = all().length;
      if (!found) draw("This is no backup of kept papers; expected a file from “Back up”.");
      else if (add(found)) draw(`${all().length - before} of ${found.length} papers were added.`);
    });
    addEventListener("ssm:kept", ({ detail }) => draw(detail.problem));
    draw();
  };

  // ── what is new ──────────────────────────────────────────────────────────────────────────

  const VISIT_ENDS = 30 * 60_000; // ms of quiet; what Google Analytics calls a session, too
  const VISIT = keyHere("ssm-search-visit");
  const OTHER_LIST = 0.5; // of what was there, so much is gone: it is another list at this address
  const visit = () => {
    try {
      const { at, now, before } = JSON.parse(localStorage.getItem(VISIT)) ?? {};
      if (Number.isFinite(at) && typeof now === "string") {
        return { at, now, before: typeof before === "string" ? before : null };
      }
    } catch {
      // Refused, or written by others: a first visit.
    }
    return null;
  };
  const remember = (told) => {
    try {
      localStorage.setItem(VISIT, JSON.stringify(told));
    } catch {
      // Nothing of the reader's is lost: the next visit is the first again.
    }
  };
  // A visit goes on while something is pressed; that is noted at most once a minute.
  let heard = 0;
  const hear = () => {
    const told = Date.now() - heard > 60_000 && visit();
    if (!told) return;
    heard = Date.now();
    remember({ ...told, at: heard });
  };
  for (const sign of ["keydown", "pointerdown"]) addEventListener(sign, hear, true);
  // The ids that were not on the list at the last visit; none at the first one.
  const newIds = (ids) => {
    if (!ids.length) return new Set(); // a corpus that is too large to tell
    const last = visit();
    const now = ids.join("\n");
    const isNext = last && Math.abs(Date.now() - last.at) > VISIT_ENDS;
    const before = last ? (isNext ? last.now : last.before) : null;
    const old = new Set(before?.split("\n"));
    const here = ids.filter((id) => old.has(id)).length;
    const isOther = before !== null && here < old.size * OTHER_LIST;
    remember({ at: Date.now(), now, before: isOther ? null : before });
    return new Set(before === null || isOther ? [] : ids.filter((id) => !old.has(id)));
  };

  return { all, clear, has, keyHere, listen, newIds, note, save, show, toggle };
})();
