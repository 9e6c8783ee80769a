// Papers that a reader of a site wants more of, or less, while the page is open: each card says so,
// and an address can carry them.
//
//   ssmPicks.all()               {like: [id, …], dislike: [id, …]}, in the order of picking
//   ssmPicks.toggle(act, id)     act is "like" or "dislike"; a paper is at most one of them
//   ssmPicks.read(text) · text() what an address says of them, and back; "" if there are none
//   ssmPicks.mark()              each card's buttons say what is picked
window.ssmPicks = (() => {
  const MOST = 50; // as many as the page of a server takes
  const MOST_ID = 300; // characters
  let picks = { like: [], dislike: [] };

  const all = () => picks;
  const toggle = (act, id) => {
    const was = picks[act].includes(id);
    const others = (ids) => ids.filter((one) => one !== id);
    picks = { like: others(picks.like), dislike: others(picks.dislike) };
    if (!was && picks.like.length + picks.dislike.length < MOST) picks[act].push(id);
    mark();
  };
  const mark = () => {
    for (const button of document.querySelectorAll(".card [data-act$=like]")) {
      const { id } = button.closest("[data-id]").dataset;
      button.setAttribute("aria-pressed", picks[button.dataset.act].includes(id));
    }
  };

  // "+2403.06977 -knots": a sign says which.
  const text = () =>
    [...picks.like.map((id) => ["+", id]), ...picks.dislike.map((id) => ["-", id])]
      .map(([sign, id]) => sign + encodeURIComponent(id))
      .join(" ");
  const read = (said) => {
    picks = { like: [], dislike: [] };
    for (const one of said.split(" ").filter((each) => /^[+-]./.test(each)).slice(0, MOST)) {
      let id = one.slice(1, MOST_ID);
      try {
        id = decodeURIComponent(id);
      } catch {
        // As it stands, then: no paper has it.
      }
      const act = one[0] === "+" ? "like" : "dislike";
      if (![...picks.like, ...picks.dislike].includes(id)) picks[act].push(id);
    }
    mark();
  };
  return { all, mark, read, text, toggle };
})();
