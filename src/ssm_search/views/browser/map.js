// The map: a dot for each paper, near ones alike; with no library and no request. Drawn by
// map_dots.js and map_paint.js, which stand before it; looks as map.css says.
//
//   const map = ssmMap.draw(element, data, { text, pick, beside });
//   map.show(answers, question);  map.select(id);
//
// data: what ssm_search.maps.map_data gives. text: the map's name for those who do not see it.
// pick(id): a paper is picked; "" that none is any more. Without it the map shows a card of its own.
// beside: the element for the list of answers, and that card; by default one beside the map.
window.ssmMap = (() => {
  const REACH = 16; // pixels from a dot, within which the pointer means it
  const STILL = 5; // pixels that a pointer may move in a click
  const MOST_ZOOM = 60;
  const ANCHORS = 3; // best answers, between which the question is put: it has no place of its own
  const MARGIN = 28; // pixels around all papers
  const MOST_STRETCH = 1.5; // of one axis against the other, so that the map fills its box
  const REST = 120; // ms after the last move, when dots that were moved as a picture are drawn sharp
  const { grid, paint, sprite } = window.ssmMapPaint;
  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  const make = (tag, className, ...children) => {
    const one = document.createElement(tag);
    one.className = className;
    one.append(...children);
    return one;
  };

  class PaperMap {
    width = 0; // of the canvas, as it was last drawn
    height = 0;

    constructor(element, data, { text = "Map of papers", pick, beside } = {}) {
      Object.assign(this, { data, pick, beside, near: grid(data), hidden: new Set() });
      Object.assign(this, { at: -1, picked: -1, zoom: 1, x: 0.5, y: 0.5, pointers: new Map() });
      this.version = 0; // of what is drawn, but for where one looks
      this.rows = new Map(data.ids.map((id, row) => [id, row]));
      this.bounds = [data.x, data.y].map((all) =>
        all.reduce(([low, high], one) => [Math.min(low, one), Math.max(high, one)], [1, 0]),
      );
      this.build(element, text);
      this.listen();
      this.show(data.answers, data.question);
      this.reset();
    }

    // ── what stands where ──

    build(element, text) {
      this.canvas = make("canvas", "map-dots");
      this.canvas.tabIndex = 0;
      this.canvas.setAttribute("role", "application");
      this.canvas.setAttribute(
        "aria-label",
        `${text}: ${this.data.ids.length} papers. Arrow keys go from paper to paper, Enter opens ` +
          "one, plus and minus zoom, 0 shows all, Escape closes.",
      );
      this.pen = this.canvas.getContext("2d", { alpha: false });
      this.tip = make("div", "map-tip");
      this.tip.hidden = true;
      this.said = make("p", "map-said");
      this.said.setAttribute("role", "status");
      const zooms = [["+", "Zoom in", 1.6], ["−", "Zoom out", 1 / 1.6], ["all", "Show all", 0]];
      const buttons = zooms.map(([sign, name, factor]) => {
        const button = make("button", "", sign);
        button.type = "button";
        button.setAttribute("aria-label", name);
        button.onclick = () => (factor ? this.scaleBy(factor) : this.reset());
        return button;
      });
      this.legend = make("ul", "map-legend", ...this.data.groups.map((_, at) => this.heading(at)));
      this.legend.setAttribute("aria-label", "Headings");
      this.answers = make("ol", "map-answers");
      this.answers.setAttribute("aria-label", "Answers on the map");
      this.card = make("div", "map-card");
      const stage = make("div", "map-stage", this.canvas, this.tip, make("p", "map-zoom", ...buttons));
      element.replaceChildren(make("div", "map-main", stage, this.legend, this.said));
      element.classList.add("map");
      if (!this.beside) element.append((this.beside = make("div", "")));
      this.beside.classList.add("map-beside");
      const help = "Point at a dot to see its title, click it for the paper; drag to move, wheel or pinch to zoom.";
      this.beside.replaceChildren(this.card, this.pick ? "" : make("p", "map-help", help), this.answers);
      this.beside.addEventListener("keydown", ({ key }) => {
        if (key !== "Escape") return;
        const row = this.picked;
        this.choose(-1);
        this.canvas.focus();
        this.point(row, true);
      });
    }

    heading(at) {
      const group = this.data.groups[at];
      const sign = sprite(group, 6, { ratio: 2 });
      sign.setAttribute("aria-hidden", "true");
      const name = make("span", "", group.name);
      name.dir = "auto";
      const button = make("button", "", sign, name);
      button.type = "button";
      button.setAttribute("aria-pressed", "true");
      button.onclick = () => {
        const shows = this.hidden.delete(at) || !this.hidden.add(at);
        button.setAttribute("aria-pressed", shows);
        this.version++;
        this.redraw();
      };
      return make("li", "", button);
    }

    // ── answers, and what is picked ──

    show(answers = [], question = "") {
      const found = answers.map((one, at) => ({
        row: one.row ?? this.rows.get(one.id ?? one) ?? -1,
        rank: one.rank ?? at + 1,
      }));
      this.found = found.filter(({ row }) => row in this.data.ids);
      this.ranks = new Map(this.found.map(({ row, rank }) => [row, rank]));
      this.version++;
      const best = this.found.slice(0, ANCHORS).map(({ row }) => row);
      const middle = (all) => best.reduce((sum, row) => sum + all[row], 0) / best.length;
      this.asked = question && best.length ? [middle(this.data.x), middle(this.data.y)] : null;
      this.answers.replaceChildren(
        ...this.found.map(({ row, rank }) => {
          const button = make("button", "", this.data.titles[row]);
          button.type = "button";
          button.dir = "auto";
          button.onclick = () => this.choose(row);
          const item = make("li", "", button);
          item.value = rank;
          return item;
        }),
      );
      this.legend.querySelector(".map-asked")?.remove();
      if (this.asked) {
        const entry = make("li", "map-asked", `◎ your question, between its best answers`);
        entry.title = question;
        this.legend.append(entry);
      }
      this.redraw();
    }

    get chosen() {
      return this.data.ids[this.picked] ?? "";
    }

    select(id) {
      const row = this.rows.get(id) ?? -1;
      if (row !== this.picked) this.choose(row);
    }

    choose(row) {
      this.picked = row;
      this.tip.hidden = true;
      if (row >= 0) this.reveal(row);
      this.said.textContent = row < 0 ? "Closed" : `Opened: ${this.worded(row)}`;
      if (this.pick) this.pick(this.chosen);
      else this.card.replaceChildren(...(row >= 0 ? this.told(row, "h3") : []));
      if (row >= 0 && !this.pick) this.card.scrollIntoView({ block: "nearest" });
      this.redraw();
    }

    worded(row) {
      return `${this.data.titles[row]}. ${this.data.facts[row]}`;
    }

    // A paper in words: of links only those that lead to the web.
    told(row, tag) {
      const { titles, facts, links } = this.data;
      const title = make(tag, "", titles[row]);
      title.dir = "auto";
      if (tag === "h3" && /^https?:\/\//i.test(links[row] ?? "")) {
        const link = make("a", "", titles[row]);
        Object.assign(link, { href: links[row], target: "_blank", rel: "noopener noreferrer" });
        title.replaceChildren(link);
      }
      return [title, make("p", "", facts[row])];
    }

    point(row, aloud) {
      if (row === this.at) return;
      this.at = row;
      this.tip.hidden = row < 0;
      this.canvas.style.cursor = row < 0 ? "grab" : "pointer";
      if (row >= 0) this.tip.replaceChildren(...this.told(row, "b"));
      if (row >= 0 && aloud) {
        const rank = this.ranks.get(row);
        this.said.textContent = `${rank ? `Answer ${rank}: ` : ""}${this.worded(row)}`;
      }
      this.redraw();
    }

    // ── where one looks: x and y of the map in the middle of the canvas, and how close ──

    // Pixels for what is 1 wide on the map, and for what is 1 high. The map fills its box, unless one
    // axis would be stretched too much: which paper is left of or above which stays, and what is near
    // stays near; a circle becomes an ellipse. No axis of it has a meaning of its own.
    get scales() {
      const [across, along] = [this.width, this.height].map((side, axis) => {
        const [low, high] = this.bounds[axis];
        return Math.max((side - 2 * MARGIN) / Math.max(high - low, 0.01), 1);
      });
      const most = Math.min(across, along) * MOST_STRETCH;
      return [across, along].map((one) => Math.min(one, most) * this.zoom);
    }

    place(row) {
      return this.on(this.data.x[row], this.data.y[row]);
    }

    on(x, y) {
      const [across, along] = this.scales;
      return [(x - this.x) * across + this.width / 2, (y - this.y) * along + this.height / 2];
    }

    reset() {
      this.zoom = 1;
      this.moveTo(...this.bounds.map(([low, high]) => (low + high) / 2));
    }

    moveTo(x, y) {
      const within = (at, [low, high]) => Math.min(Math.max(at, low), high);
      this.x = within(x, this.bounds[0]);
      this.y = within(y, this.bounds[1]);
      // With all in sight, a finger scrolls the page.
      this.canvas.style.touchAction = this.zoom > 1 ? "none" : "pan-y";
      this.redraw();
    }

    moveBy(right, down) {
      const [across, along] = this.scales;
      this.moveTo(this.x - right / across, this.y - down / along);
    }

    // What lies at this place of the canvas stays there.
    scaleBy(factor, x = this.width / 2, y = this.height / 2) {
      const before = this.scales;
      this.zoom = Math.min(Math.max(this.zoom * factor, 1), MOST_ZOOM);
      if (this.zoom === 1) return this.reset();
      const by = this.scales.map((now, axis) => 1 / before[axis] - 1 / now);
      this.moveTo(this.x + (x - this.width / 2) * by[0], this.y + (y - this.height / 2) * by[1]);
    }

    reveal(row) {
      const [x, y] = this.place(row);
      const inside = x > 0 && y > 0 && x < this.width && y < this.height;
      if (this.width && !inside) this.moveTo(this.data.x[row], this.data.y[row]);
    }

    // The nearest dot within reach of a place of the canvas; -1 if there is none.
    under(x, y) {
      const [across, along] = this.scales;
      const mapX = (x - this.width / 2) / across + this.x;
      const mapY = (y - this.height / 2) / along + this.y;
      let best = -1;
      let least = REACH;
      for (const row of this.near(mapX, mapY, REACH / Math.min(across, along))) {
        const [right, down] = this.place(row);
        const far = Math.hypot(right - x, down - y);
        if (far < least && !this.hidden.has(this.data.group[row])) [best, least] = [row, far];
      }
      return best;
    }

    // Where the keyboard begins: at what is picked, the best answer, or the middle.
    first() {
      if (this.picked >= 0) return this.picked;
      if (this.found.length) return this.found[0].row;
      const [across, along] = this.scales;
      const { x, y } = this.data;
      const far = (row) => Math.hypot((x[row] - this.x) * across, (y[row] - this.y) * along);
      return x.reduce((best, _, row) => (far(row) < far(best) ? row : best), 0);
    }

    // From a dot to the nearest in a direction: what lies aside counts twice.
    step(right, down) {
      const from = this.at;
      if (from < 0) return this.point(this.first(), true);
      const { x, y, group } = this.data;
      const [across, along] = this.scales;
      let [best, least] = [from, Infinity];
      for (let row = 0; row < x.length; row++) {
        const [dx, dy] = [(x[row] - x[from]) * across, (y[row] - y[from]) * along];
        const ahead = dx * right + dy * down;
        const aside = Math.abs(dx * down) + Math.abs(dy * right);
        if (ahead <= 0 || aside > ahead || this.hidden.has(group[row])) continue;
        if (ahead + 2 * aside < least) [best, least] = [row, ahead + 2 * aside];
      }
      this.point(best, true);
      this.reveal(best);
    }

    // ── what one does ──

    listen() {
      const { canvas } = this;
      canvas.addEventListener("keydown", (event) => this.key(event));
      canvas.addEventListener("blur", () => this.point(-1));
      canvas.addEventListener("pointerdown", (event) => this.press(event));
      canvas.addEventListener("pointermove", (event) => this.drag(event));
      for (const over of ["pointerup", "pointercancel"]) {
        canvas.addEventListener(over, (event) => this.release(event));
      }
      canvas.addEventListener("pointerleave", () => this.point(-1));
      canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
      new ResizeObserver(() => this.redraw()).observe(canvas);
      // Whether a page is light or dark, it says by the system's wish or by a class.
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
      for (const root of [document.documentElement, document.body]) {
        new MutationObserver(() => this.redraw()).observe(root, { attributeFilter: ["class"] });
      }
    }

    key(event) {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const acts = {
        "+": () => this.scaleBy(1.6),
        "=": () => this.scaleBy(1.6),
        "-": () => this.scaleBy(1 / 1.6),
        0: () => this.reset(),
        Enter: () => this.at >= 0 && this.choose(this.at),
        Escape: () => (this.picked >= 0 ? this.choose(-1) : this.point(-1)),
      };
      const act = STEPS[event.key] ? () => this.step(...STEPS[event.key]) : acts[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    }

    press(event) {
      if (event.button) return;
      this.canvas.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
      this.moved = this.pointers.size > 1 ? STILL + 1 : 0;
    }

    drag(event) {
      const to = [event.offsetX, event.offsetY];
      const from = this.pointers.get(event.pointerId);
      if (!from) return this.point(this.under(...to));
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
      const [right, down] = [to[0] - from[0], to[1] - from[1]];
      this.pointers.set(event.pointerId, to);
      this.moved += Math.hypot(right, down);
      if (this.moved <= STILL) return;
      this.point(-1);
      if (!other) return this.moveBy(right, down);
      const apart = (one) => Math.hypot(one[0] - other[0], one[1] - other[1]) || 1;
      this.scaleBy(apart(to) / apart(from), (to[0] + other[0]) / 2, (to[1] + other[1]) / 2);
    }

    release(event) {
      const was = this.pointers.delete(event.pointerId);
      if (!was || event.type === "pointercancel" || this.moved > STILL) return;
      const row = this.under(event.offsetX, event.offsetY);
      if (row >= 0) this.choose(row);
    }

    // With all in sight, to zoom out scrolls the page.
    wheel(event) {
      const factor = Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016));
      if (factor < 1 && this.zoom === 1) return;
      event.preventDefault();
      this.scaleBy(factor, event.offsetX, event.offsetY);
    }

    // However often something changes, once for each picture of the screen; and once more in the end,
    // where the dots were not drawn anew for each move.
    redraw(isStill = false) {
      this.isStill = isStill;
      clearTimeout(this.rest);
      this.rest = null;
      this.frame ??= requestAnimationFrame(() => {
        this.frame = null;
        this.width = this.canvas.clientWidth;
        this.height = this.canvas.clientHeight;
        const isSharp = !this.width || !this.height || paint(this);
        if (!isSharp) this.rest = setTimeout(() => this.redraw(true), REST);
        this.tell();
      });
    }

    // The words on a dot stand above it, or below where there is no room.
    tell() {
      if (this.at < 0) return;
      const [x, y] = this.place(this.at);
      const { offsetWidth: wide, offsetHeight: high } = this.tip;
      this.tip.style.left = `${Math.max(0, Math.min(x - wide / 2, this.width - wide))}px`;
      this.tip.style.top = `${y - high - 14 > 0 ? y - high - 14 : y + 14}px`;
    }
  }

  return { draw: (element, data, options) => new PaperMap(element, data, options) };
})();
