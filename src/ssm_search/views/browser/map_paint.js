// How the map is painted: its dots, which map_dots.js has, the answers, ranks and names, on a canvas; and
// which dots are near a place.
window.ssmMapPaint = (() => {
  const LOOK_CLOSER = [1, 2, 4.5]; // zooms, from which names of a finer level are shown
  const ROOM = 26_000; // pixels of the map for each name: 30 on a wide screen, 8 on a phone
  const LINE = 16; // characters of a name, beyond which it is broken where there is a space
  const [HIGH, GAP] = [16, 4]; // pixels: of a line, and around all of them
  const BESIDE = [0, -22, 22, -34, 34]; // pixels from its place that a name may stand above or below
  const ASIDE = [0, -0.35, 0.35]; // and to its sides, of its width: it still reaches over its place
  const HALO = 0.7; // opacity: the dots below a name are seen, and do not hide it
  const LARGER = 1.5; // an answer's dot
  const ASKED = 12; // pixels: the radius of the question
  const RANK = 9; // pixels: half of the square that the number of an answer takes
  const FONT = "system-ui, sans-serif";
  const { counted, dots, radiusOf, sprite } = window.ssmMapDots;

  // Rows by the cell of a grid that they lie in, so that a pointer asks a few and not all.
  const grid = ({ x, y }) => {
    const side = Math.max(1, Math.ceil(Math.sqrt(x.length / 2)));
    const cell = (at) => Math.min(side - 1, Math.max(0, Math.floor(at * side)));
    const cells = new Map();
    x.forEach((_, row) => {
      const key = cell(y[row]) * side + cell(x[row]);
      if (!cells.has(key)) cells.set(key, []);
      cells.get(key).push(row);
    });
    return function* near(atX, atY, reach) {
      for (let down = cell(atY - reach); down <= cell(atY + reach); down++) {
        for (let right = cell(atX - reach); right <= cell(atX + reach); right++) {
          yield* cells.get(down * side + right) ?? [];
        }
      }
    };
  };

  // Words with a halo, to be read above dots.
  const write = (pen, text, x, y, { ink, paper }) => {
    pen.lineJoin = "round";
    pen.lineWidth = 4;
    pen.strokeStyle = paper;
    pen.globalAlpha = HALO;
    pen.strokeText(text, x, y);
    pen.globalAlpha = 1;
    pen.fillStyle = ink;
    pen.fillText(text, x, y);
  };

  const ring = (pen, x, y, radius, colour) => {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.lineWidth = 3;
    pen.strokeStyle = colour;
    pen.stroke();
  };

  const overlapping = (box) => ([left, top, right, bottom]) =>
    box[0] < right && box[2] > left && box[1] < bottom && box[3] > top;
  const square = ([x, y], half) => [x - half, y - half, x + half, y + half];

  // By the groups of a region's papers, and how many each has.
  const isMostlyHidden = ({ groups = [] }, hidden) => {
    const count = (some) => some.reduce((sum, [, papers]) => sum + papers, 0);
    return 2 * count(groups.filter(([group]) => hidden.has(group))) > count(groups);
  };

  // The signs of answers of each heading, made once for a size.
  const answerSigns = (map, size) => {
    const { ratio } = map;
    const key = [size, ratio].join();
    if (map.signs?.key === key) return map.signs;
    const all = map.data.groups.map((one) => sprite(one, size, { ratio, line: 2 }));
    return (map.signs = Object.assign(all, { key }));
  };

  // Writes the ranks of answers, the best first: above its sign, to its right, to its left, below it,
  // where it hides no sign, or else none of a better answer; where there is a rank before it, nowhere.
  // Gives the boxes that they take.
  const ranked = (map, seen, signed, size, colours) => {
    map.pen.font = `bold 13px ${FONT}`;
    map.ranked = []; // those that are to be read
    const taken = [];
    const off = size + RANK;
    for (const [at, { row, rank }] of seen.entries()) {
      const [right, down] = map.place(row);
      const places = [[0, -off], [off, 0], [-off, 0], [0, off]];
      const boxes = places.map(([x, y]) => square([right + x, down + y], RANK));
      const isFree = (signs) => (box) => ![...taken, ...signs].some(overlapping(box));
      const box = boxes.find(isFree(signed)) ?? boxes.find(isFree(signed.slice(0, at)));
      if (!box) continue;
      taken.push(box);
      map.ranked.push(rank);
      write(map.pen, String(rank), box[0] + RANK, box[1] + RANK, colours);
    }
    return taken;
  };

  // A name in one line, or in two that are about even, parted after a comma if that will do.
  const broken = (name) => {
    const spaces = [...name.matchAll(/ /g)].map(({ index }) => index);
    if (name.length <= LINE || !spaces.length) return [name];
    const uneven = (at) => Math.abs(2 * at - name.length) - (name[at - 1] === "," ? LINE : 0);
    const at = spaces.reduce((best, one) => (uneven(one) < uneven(best) ? one : best));
    return [name.slice(0, at), name.slice(at + 1)];
  };

  // Where a name might stand that belongs to this place of the canvas, the nearest first.
  const spots = (map, lines, right, down) => {
    const half = Math.max(...lines.map((one) => map.pen.measureText(one).width)) / 2 + GAP;
    const high = (lines.length * HIGH) / 2 + GAP / 2;
    return BESIDE.flatMap((by) =>
      ASIDE.map((aside) => {
        const middle = Math.min(Math.max(right + 2 * half * aside, half), map.width - half);
        return [middle - half, down + by - high, middle + half, down + by + high];
      }),
    );
  };

  // Names of regions where there is room, over as few dots as may be: the finest that this zoom shows
  // first, then by papers.
  const names = (map, colours, taken) => {
    const { pen, width, height, data, hidden, zoom } = map;
    const level = LOOK_CLOSER.filter((from) => zoom >= from).length - 1;
    const shown = data.regions.filter((one) => one.level <= level && !isMostlyHidden(one, hidden));
    shown.sort((one, other) => other.level - one.level || other.papers - one.papers);
    const written = new Set();
    const reach = radiusOf(map); // of a dot beside a name into it
    for (const { name, x, y } of shown) {
      if (written.size >= (width * height) / ROOM) break;
      const [right, down] = map.on(x, y);
      const isSeen = right >= 0 && right <= width && down >= 0 && down <= height;
      if (!isSeen || written.has(name)) continue;
      const lines = broken(name);
      let [spot, least] = [null, Infinity];
      for (const box of spots(map, lines, right, down)) {
        if (box[1] < 0 || box[3] > height || taken.some(overlapping(box))) continue;
        const covered = counted(map, box.map((one, side) => (side < 2 ? one - reach : one + reach)));
        if (covered < least) [spot, least] = [box, covered];
      }
      if (!spot) continue;
      taken.push(spot);
      written.add(name);
      const first = (spot[1] + spot[3] - (lines.length - 1) * HIGH) / 2;
      lines.forEach((one, at) => write(pen, one, (spot[0] + spot[2]) / 2, first + at * HIGH, colours));
    }
    map.names = [...written];
  };

  // Paints all, and says whether the dots are as sharp as can be.
  const paint = (map) => {
    const { canvas, pen, width, height, data, hidden, ranks } = map;
    const ratio = (map.ratio = Math.min(window.devicePixelRatio || 1, 3));
    const [wide, high] = [width, height].map((one) => Math.round(one * ratio));
    if (canvas.width !== wide) canvas.width = wide;
    if (canvas.height !== high) canvas.height = high;
    const look = getComputedStyle(canvas);
    const colours = { ink: look.color, paper: look.backgroundColor };
    pen.setTransform(1, 0, 0, 1, 0, 0);
    const isSharp = dots(map, colours.paper);
    const radius = radiusOf(map);
    const size = radius * LARGER + 1;

    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const seen = map.found.filter(({ row }) => !hidden.has(data.group[row]));
    const signs = answerSigns(map, size);
    for (const { row } of [...seen].reverse()) {
      const sign = signs[data.group[row]];
      const side = sign.width / ratio;
      const [right, down] = map.place(row);
      pen.drawImage(sign, right - side / 2, down - side / 2, side, side);
    }
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    if (map.asked) {
      const [right, down] = map.on(...map.asked);
      ring(pen, right, down, ASKED, colours.ink);
      ring(pen, right, down, 2, colours.ink);
    }
    for (const row of new Set([map.picked, map.at])) {
      if (row >= 0) ring(pen, ...map.place(row), (ranks.has(row) ? size : radius) + 4, colours.ink);
    }
    const signed = seen.map(({ row }) => square(map.place(row), size));
    if (map.asked) signed.push(square(map.on(...map.asked), ASKED));
    const taken = [...signed, ...ranked(map, seen, signed, size, colours)];
    pen.font = `600 13px ${FONT}`;
    names(map, colours, taken);
    return isSharp;
  };

  return { grid, paint, sprite };
})();
