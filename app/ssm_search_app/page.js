// What the browser adds: buttons on cards, the address, the map's clicks. No library, no request.
window.ssm = (() => {
  const say = (text) => {
    let box = document.getElementById("ssm-said");
    if (!box) {
      box = document.createElement("p");
      box.id = "ssm-said";
      box.setAttribute("role", "status");
      document.body.append(box);
    }
    box.textContent = text;
    clearTimeout(say.timer);
    say.timer = setTimeout(() => (box.textContent = ""), 2500);
  };

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Browsers keep the clipboard from pages without https that are not on this machine.
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    say("Copied");
  };

  const save = ({ name, text }) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  // What is picked is worked out here, so that none of several quick presses is lost.
  let picks;
  let pressed = false;
  const presses = [];
  const pick = (kept) => {
    picks ??= kept ?? {};
    for (const { act, id } of presses.splice(0)) {
      const was = picks[act]?.includes(id);
      const others = (ids = []) => ids.filter((one) => act !== "clear" && one !== id);
      picks = { like: others(picks.like), dislike: others(picks.dislike) };
      if (picks[act] && !was) picks[act].push(id);
    }
    return picks;
  };

  const cards = (element, trigger, server) => {
    element.addEventListener("click", async (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      const { act, copy: text, export: form } = button.dataset;
      if (text) await copy(text);
      if (form) {
        const ids = [...element.querySelectorAll(".card")].map((card) => card.dataset.id);
        save(await server.export({ form, ids }));
      }
      if ("open" in button.dataset) {
        const abstract = button.closest(".card").querySelector(".abstract");
        abstract.hidden = !abstract.hidden;
        button.setAttribute("aria-expanded", !abstract.hidden);
      }
      const picked = act && act !== "keep"; // what is kept is no business of the server
      if (picked) presses.push({ act, id: button.closest("[data-id]")?.dataset.id });
      if (picked) trigger("click");
      pressed = Boolean(picked);
    });
  };

  const examples = (element, trigger) => {
    element.addEventListener("click", (event) => {
      const { query } = event.target.closest("button")?.dataset ?? {};
      if (query) trigger("click", { query });
    });
  };

  // Each card's buttons say what is picked; those too of answers that were asked for before.
  let shown;
  const mark = () => {
    if (!shown) return;
    for (const card of document.querySelectorAll(".card")) {
      for (const act of ["like", "dislike"]) {
        const is = (shown[act] ?? []).includes(card.dataset.id);
        card.querySelector(`[data-act=${act}]`)?.setAttribute("aria-pressed", is);
      }
    }
  };

  // After picks changed anywhere, the cards say so; on a phone, where the recommendations stand far
  // below, a link leads there.
  const press = (picks) => {
    shown = picks ?? {};
    const count = (picks?.like ?? []).length + (picks?.dislike ?? []).length;
    let jump = document.getElementById("ssm-jump");
    if (!jump) {
      jump = document.createElement("a");
      jump.id = "ssm-jump";
      jump.href = "#aside";
      jump.onclick = (event) => {
        event.preventDefault();
        document.getElementById("aside").scrollIntoView({ behavior: "smooth" });
      };
      document.body.append(jump);
    }
    // The card or the chip whose button had the focus may be gone.
    if (pressed && document.activeElement === document.body) {
      document.querySelector("#aside h2")?.focus({ preventScroll: true });
    }
    pressed = false;
    jump.hidden = !count;
    jump.textContent = `${count} picked: see what to read next`;
    mark();
  };

  // While somebody types, the address is replaced; after a pause, "back" returns to what was.
  let typed = 0;
  const remember = (address) => {
    const now = Date.now();
    const target = location.pathname + address;
    if (target !== location.pathname + location.search) {
      const how = now - typed < 2000 ? "replaceState" : "pushState";
      history[how](null, "", target);
    }
    typed = now;
  };
  // Who opens a link to a search is not shown the newest papers first.
  if (location.search) document.documentElement.classList.add("arriving");
  const arrive = (_, picks) => [location.search, picks];
  const arrived = () => document.documentElement.classList.remove("arriving");

  const hear = (trigger) => {
    addEventListener("popstate", () => trigger("input"));
    document.addEventListener("input", ({ target }) => {
      if (target.closest("#q")) setTimeout(() => trigger("edit"));
    });
    const listen = () => {
      mark();
      const plot = document.querySelector("#map .js-plotly-plot");
      if (!plot?.on || plot.heard) return;
      plot.heard = true;
      plot.on("plotly_click", ({ points }) => {
        if (points[0]?.customdata) trigger("select", { id: points[0].customdata });
      });
    };
    new MutationObserver(listen).observe(document.body, { childList: true, subtree: true });
  };

  return { arrive, arrived, cards, examples, hear, pick, press, remember };
})();
