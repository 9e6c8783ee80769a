// The tabs of the page, the map's above all: which one is open and what is picked on the map stand in
// the address, so that a link opens there.
Object.assign(window.ssm, (() => {
  const HOME = "search";
  const OURS = ["tab", "paper", "map"];
  const tabs = () => [...document.querySelectorAll("#tabs [role=tab]")];
  const nameOf = (tab) => tab.textContent.trim().toLowerCase().replace(/\s*\(.*/, ""); // Kept (3)
  const told = (name) => new URLSearchParams(location.search).get(name) ?? "";
  const here = () => Object.fromEntries(OURS.map((name) => [name, told(name)]));

  // The address of a search, with the tab and the paper of a place, or of where one is now.
  const placed = (address, place = here()) => {
    const all = address.replace(/^\?/, "").split("&");
    const pairs = all.filter((pair) => pair && !OURS.includes(pair.split("=")[0]));
    for (const name of OURS) if (place[name]) pairs.push(`${name}=${encodeURIComponent(place[name])}`);
    return pairs.length ? `?${pairs.join("&")}` : "";
  };
  const question = () => placed(location.search, {});

  // Some browsers take a hundred addresses in half a minute; the next one says where this was.
  const put = (how, address) => {
    try {
      history[how](null, "", address);
    } catch {
      // Answers come all the same.
    }
  };
  const goTo = (place) => {
    const address = placed(location.search, { ...here(), ...place });
    if (address !== location.search) put("pushState", location.pathname + address);
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
    const there = name === "map" ? { paper: map?.chosen ?? "", map: ownMap() } : { paper: "", map: "" };
    goTo({ tab: name === HOME ? "" : name, ...there });
  });
  addEventListener("popstate", () => {
    open(told("tab"));
    if (told("tab") !== "map") return;
    if (wanted() === listed) map?.select(told("paper"));
    else if (choose) drawMap();
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
  let listed; // whose map it is
  let choose; // tells the page which paper is chosen
  const menu = () => document.getElementById("map-list"); // of several lists
  // The map is of the list that is searched or, where all are, of the one chosen for it.
  const wanted = () => {
    const options = [...(menu()?.options ?? [])];
    const name = told("list") || told("map");
    const isCalled = (one) => [one.value, one.text, one.dataset.also].includes(name);
    return (options.find(isCalled) ?? options[0])?.value ?? "";
  };
  const ownMap = () => (!menu()?.selectedIndex || told("list") ? "" : menu().value);
  let shown; // answers
  // The answers on the map are those in the other tab: the same search, asked once.
  const showAnswers = () => {
    if (wanted() !== listed) return drawMap();
    const asked = document.querySelector("#q textarea")?.value ?? "";
    const cards = asked.trim() ? document.querySelectorAll("#answers .answers > .card") : [];
    const found = [...cards].map((card) => card.dataset.id);
    const line = document.querySelector("#answers .line")?.textContent;
    const box = document.getElementById("map-q");
    if (document.activeElement !== box) box.value = asked;
    const key = JSON.stringify([asked, found, line]);
    if (key === shown) return;
    shown = key;
    if (asked.trim() && line) {
      const off = map ? found.filter((id) => !map.rows.has(id)).length : 0;
      const where = menu() ? `${off === 1 ? "is" : "are"} on other lists` : "not on the map";
      const joint = line.trim().endsWith(".") ? " " : " · ";
      const said = off ? `${joint}${off} of the ${found.length} ${where}.` : "";
      document.querySelector(".map-line").textContent = line + said;
    }
    map?.show(found, asked);
  };

  // Once, and again when another list is chosen.
  const drawMap = async () => {
    const list = (listed = wanted());
    if (menu()) menu().value = list;
    const room = document.querySelector(".map-here");
    try {
      const answer = await fetch(`map.json${list && `?list=${encodeURIComponent(list)}`}`);
      if (!answer.ok) throw new Error(answer.statusText);
      const data = await answer.json();
      if (list !== listed) return;
      map = window.ssmMap.draw(room, data, {
        text: `Map of ${(menu()?.selectedOptions[0] ?? document.querySelector("h1"))?.textContent ?? "papers"}`,
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
    if (menu()) {
      menu().onchange = () => {
        if (told("list")) return window.ssm.choose(box.value, menu().value);
        goTo({ map: ownMap(), paper: "" });
        drawMap();
      };
    }
    window.ssm.there("#answers").then((answers) => {
      new MutationObserver(showAnswers).observe(answers, { childList: true, subtree: true });
    });
    drawMap();
  };

  // On a phone the card stands below the map.
  const reveal = () => {
    document.querySelector("#chosen .card")?.scrollIntoView({ block: "nearest" });
  };

  return { openMap, placed, put, question, reveal };
})());
