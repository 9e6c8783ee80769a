// The tabs of the page, the map's above all: which one is open and what is picked on the map stand in
// the address, so that a link opens there.
Object.assign(window.ssm, (() => {
  const HOME = "search";
  const OURS = ["tab", "paper"];
  const tabs = () => [...document.querySelectorAll("#tabs [role=tab]")];
  const nameOf = (tab) => tab.textContent.trim().toLowerCase().replace(/\s*\(.*/, ""); // Kept (3)
  const told = (name) => new URLSearchParams(location.search).get(name) ?? "";
  const here = () => ({ tab: told("tab"), paper: told("paper") });

  // The address of a search, with the tab and the paper of a place, or of where one is now.
  const placed = (address, place = here()) => {
    const all = address.replace(/^\?/, "").split("&");
    const pairs = all.filter((pair) => pair && !OURS.includes(pair.split("=")[0]));
    for (const name of OURS) if (place[name]) pairs.push(`${name}=${encodeURIComponent(place[name])}`);
    return pairs.length ? `?${pairs.join("&")}` : "";
  };
  const question = () => placed(location.search, {});

  const goTo = (place) => {
    const address = placed(location.search, { ...here(), ...place });
    if (address !== location.search) history.pushState(null, "", location.pathname + address);
  };

  let isOpening = false; // by the address, which knows it already
  const open = (name) => {
    const tab = tabs().find((one) => nameOf(one) === (name || HOME));
    if (!tab || tab.getAttribute("aria-selected") === "true") return;
    isOpening = true;
    tab.click();
    isOpening = false;
  };

  addEventListener("click", ({ target }) => {
    const tab = target.closest?.("#tabs [role=tab]");
    if (!tab || isOpening) return;
    const name = nameOf(tab);
    goTo({ tab: name === HOME ? "" : name, paper: name === "map" ? (map?.chosen ?? "") : "" });
  });
  addEventListener("popstate", () => {
    open(told("tab"));
    if (told("tab") === "map") map?.select(told("paper"));
  });
  if (told("tab")) {
    const ready = new MutationObserver(() => {
      if (!tabs().length) return;
      ready.disconnect();
      open(told("tab"));
    });
    ready.observe(document, { childList: true, subtree: true });
  }

  let map;
  let shown; // answers
  // The answers on the map are those in the other tab: the same search, asked once.
  const showAnswers = () => {
    if (told("list") !== listed) return drawMap();
    const asked = document.querySelector("#q textarea")?.value ?? "";
    const cards = asked.trim() ? document.querySelectorAll("#answers .answers > .card") : [];
    const found = [...cards].map((card) => card.dataset.id);
    const line = document.querySelector("#answers .line")?.textContent;
    const box = document.getElementById("map-q");
    if (document.activeElement !== box) box.value = asked;
    const key = JSON.stringify([asked, found, line]);
    if (key === shown) return;
    shown = key;
    if (asked.trim() && line) document.querySelector(".map-line").textContent = line;
    map?.show(found, asked);
  };

  // Once, and again when another list is chosen.
  const drawMap = async () => {
    const list = (listed = told("list"));
    const room = document.querySelector(".map-here");
    try {
      const answer = await fetch(`map.json${list && `?list=${encodeURIComponent(list)}`}`);
      if (!answer.ok) throw new Error(answer.statusText);
      const data = await answer.json();
      if (list !== listed) return;
      map = window.ssmMap.draw(room, data, {
        text: `Map of ${document.querySelector("h1")?.textContent ?? "papers"}`,
        beside: document.getElementById("map-beside"),
        pick: (id) => {
          goTo({ paper: id });
          choose("select", { id });
        },
      });
    } catch (error) {
      room.textContent = `The map did not come (${error.message}); load the page again.`;
      return;
    }
    shown = null;
    showAnswers();
    if (told("paper")) map.select(told("paper"));
  };

  const openMap = (element, trigger) => {
    choose = trigger;
    const box = element.querySelector("#map-q");
    box.oninput = () => {
      const field = document.querySelector("#q textarea");
      field.value = box.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const answers = document.getElementById("answers");
    new MutationObserver(showAnswers).observe(answers, { childList: true, subtree: true });
    drawMap();
  };

  // On a phone the card stands below the map.
  const reveal = () => {
    document.querySelector("#chosen .card")?.scrollIntoView({ block: "nearest" });
  };

  return { openMap, placed, question, reveal };
})());
