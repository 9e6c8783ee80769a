// How the map is painted: signs, ranks and names, on a canvas; and which dots are near a place.
window.ssmMapPaint = (() => {
  const LOOK_CLOSER = [1, 2, 4.5]; // zooms, from which names of a finer level are shown
  const ROOM = 26_000; // pixels of the map for each name: 30 on a wide screen, 8 on a phone
  const BESIDE = [0, -22, 22, -34, 34]; // pixels from its place that a name may stand above or below
  const DENSE = 0.13; // a dot's radius, of the side of the square that each would have to itself
  const [LEAST, MOST] = [1.8, 7]; // of that radius, in pixels
  const WIDER = 1.15; // a sign with corners, which looks smaller than a circle
  const LARGER = 1.5; // an answer's dot
  const FADED = 0.4; // opacity of papers that do not answer
  const EDGE = "#767676"; // 4.5 : 1 on white, 4.6 : 1 on black
  const FONT = "system-ui, sans-serif";
  const ARM = [[1, 3], [1, 1], [3, 1], [3, -1], [1, -1], [1, -3]];

  // The corners of a sign around (0, 0), within a circle of 1; none of a circle.
  const corners = (symbol) => {
    const ring = (count, inner, turn = 0) =>
      Array.from({ length: inner ? 2 * count : count }, (_, at) => {
        const angle = turn - Math.PI / 2 + (2 * Math.PI * at) / (inner ? 2 * count : count);
        const far = inner && at % 2 ? inner : 1;
        return [far * Math.cos(angle), far * Math.sin(angle)];
      });
    const half = ARM.map(([x, y]) => [x / 3.2, y / 3.2]);
    const cross = [...half, ...half.map(([x, y]) => [-x, -y])];
    const r = Math.SQRT1_2;
    return {
      square: ring(4, 0, Math.PI / 4),
      diamond: ring(4, 0),
      cross,
      x: cross.map(([x, y]) => [r * (x - y), r * (x + y)]),
      triangle: ring(3, 0),
      pentagon: ring(5, 0),
      star: ring(5, 0.45),
    }[symbol];
  };

  // A sign, drawn once for all papers of a heading.
  const sprite = ({ symbol, colour }, radius, { ratio, opacity = 1, line = 1 }) => {
    const half = Math.ceil((radius + line) * ratio) + 1;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 2 * half;
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.translate(half, half);
    pen.scale(ratio, ratio);
    const points = corners(symbol);
    if (points) for (const [x, y] of points) pen.lineTo(x * radius * WIDER, y * radius * WIDER);
    else pen.arc(0, 0, radius, 0, 2 * Math.PI);
    pen.closePath();
    pen.globalAlpha = opacity;
    pen.fillStyle = colour;
    pen.fill();
    pen.lineWidth = line;
    pen.strokeStyle = EDGE;
    pen.stroke();
    return canvas;
  };

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

  // The pixels of a sign that are not empty, to be laid over others: where each lies in a picture of
  // this width, its colour times its opacity, and what it leaves of the colour below, in 256ths.
  const stamp = (canvas, stride) => {
    const { width, height } = canvas;
    const dots = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    const [at, colour, left] = [[], [], []];
    for (let pixel = 0; pixel < width * height; pixel++) {
      const [red, green, blue, alpha] = dots.subarray(4 * pixel, 4 * pixel + 4);
      if (!alpha) continue;
      const part = (one) => Math.round((one * alpha) / 255);
      at.push((Math.floor(pixel / width) - height / 2) * stride + (pixel % width) - width / 2);
      colour.push(part(red) | (part(green) << 8) | (part(blue) << 16));
      left.push(alpha === 255 ? 0 : 255 - alpha);
    }
    return [at, colour, left].map((all) => Int32Array.from(all));
  };

  // All dots in one picture, laid on pixel by pixel: 10,000 take 2 ms so, as copies of a canvas 31
  // (Chromium without a graphics card, 817 × 610 pixels).
  const dots = (map, { image, pad, paper, stamps }) => {
    const { data, hidden, ranks } = map;
    const { x, y, group } = data;
    const { width, height } = image;
    const pixels = new Uint32Array(image.data.buffer);
    pixels.fill(paper);
    const scale = map.scale * map.ratio;
    const left = width / 2 - map.x * scale;
    const top = height / 2 - map.y * scale;
    for (let row = 0; row < x.length; row++) {
      const right = Math.round(x[row] * scale + left);
      const down = Math.round(y[row] * scale + top);
      if (right < pad || down < pad || right >= width - pad || down >= height - pad) continue;
      if (hidden.has(group[row]) || ranks.has(row)) continue;
      const [at, colour, leaves] = stamps[group[row]];
      const middle = down * width + right;
      for (let one = 0; one < at.length; one++) {
        const pixel = middle + at[one];
        const below = pixels[pixel];
        const redBlue = (((below & 0xff00ff) * leaves[one]) >>> 8) & 0xff00ff;
        const green = (((below & 0x00ff00) * leaves[one]) >>> 8) & 0x00ff00;
        pixels[pixel] = (colour[one] + redBlue + green) | 0xff000000;
      }
    }
  };

  // What is made once for a size of the canvas, and once more for a size of the dots.
  const prepared = (map, radius, paper) => {
    const { canvas, ratio, pen } = map;
    const pad = Math.ceil((MOST * WIDER + 1) * ratio) + 2; // so that no dot reaches over the edge
    const size = [canvas.width, canvas.height, pad].join();
    if (map.made?.size !== size) {
      const image = pen.createImageData(canvas.width + 2 * pad, canvas.height + 2 * pad);
      map.made = { size, pad, image };
    }
    const look = [radius, map.found.length > 0, paper].join();
    if (map.made.look !== look) {
      const all = (size, how) => map.data.groups.map((group) => sprite(group, size, how));
      const opacity = map.found.length ? FADED : 1;
      const plain = all(radius, { ratio, opacity, line: radius < 3 ? 0.5 : 1 });
      const stamps = plain.map((one) => stamp(one, map.made.image.width));
      const answers = all(radius * LARGER + 1, { ratio, line: 2 });
      Object.assign(map.made, { look, stamps, answers, paper: coloured(paper) });
    }
    return map.made;
  };

  // A colour of CSS as a pixel.
  const coloured = (colour) => {
    const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return new Uint32Array(pen.getImageData(0, 0, 1, 1).data.buffer)[0];
  };

  // Words with a halo, to be read above dots.
  const write = (pen, text, x, y, { ink, paper }) => {
    pen.lineJoin = "round";
    pen.lineWidth = 4;
    pen.strokeStyle = paper;
    pen.strokeText(text, x, y);
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

  // How many dots that are shown a box lies over, or touches.
  const covered = (map, [left, top, right, bottom]) => {
    const { data, hidden, scale, width, height } = map;
    const [west, east] = [left - MOST, right + MOST].map((at) => (at - width / 2) / scale + map.x);
    const [north, south] = [top - MOST, bottom + MOST].map((at) => (at - height / 2) / scale + map.y);
    let count = 0;
    for (const row of map.near((west + east) / 2, (north + south) / 2, (east - west) / 2)) {
      const [x, y] = [data.x[row], data.y[row]];
      const isUnder = x > west && x < east && y > north && y < south;
      if (isUnder && !hidden.has(data.group[row])) count++;
    }
    return count;
  };

  // Names of regions where there is room, over as few dots as may be: the finest that this zoom shows
  // first, then by papers.
  const names = (map, colours, taken) => {
    const { pen, width, height, data, hidden, zoom } = map;
    const level = LOOK_CLOSER.filter((from) => zoom >= from).length - 1;
    const shown = data.regions.filter((one) => one.level <= level && !isMostlyHidden(one, hidden));
    shown.sort((one, other) => other.level - one.level || other.papers - one.papers);
    const written = new Set();
    for (const { name, x, y } of shown) {
      if (written.size >= (width * height) / ROOM) break;
      const [right, down] = map.on(x, y);
      const half = pen.measureText(name).width / 2 + 4;
      const middle = Math.min(Math.max(right, half), width - half);
      const boxes = BESIDE.map((by) => [middle - half, down + by - 10, middle + half, down + by + 10]);
      const isFree = (box) => box[1] >= 0 && box[3] <= height && !taken.some(overlapping(box));
      const free = boxes.filter(isFree).map((one) => [covered(map, one), one]);
      const [, box] = free.reduce((best, one) => (one[0] < best[0] ? one : best), [Infinity]);
      const isSeen = right >= 0 && right <= width && down >= 0 && down <= height;
      if (!box || !isSeen || written.has(name)) continue;
      taken.push(box);
      written.add(name);
      write(pen, name, middle, box[1] + 10, colours);
    }
    map.names = [...written];
  };

  const paint = (map) => {
    const { canvas, pen, width, height, data, hidden, ranks } = map;
    const ratio = (map.ratio = Math.min(window.devicePixelRatio || 1, 3));
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide) canvas.width = wide;
    if (canvas.height !== high) canvas.height = high;
    const look = getComputedStyle(canvas);
    const colours = { ink: look.color, paper: look.backgroundColor };
    const own = DENSE * Math.sqrt((width * height) / Math.max(data.x.length, 1));
    const radius = Math.min(Math.max(own * map.zoom ** 0.75, LEAST), MOST);
    const made = prepared(map, Math.round(radius * 4) / 4, colours.paper);
    dots(map, made);
    pen.putImageData(made.image, -made.pad, -made.pad);
    const seen = map.found.filter(({ row }) => !hidden.has(data.group[row]));
    for (const { row } of [...seen].reverse()) {
      const sign = made.answers[data.group[row]];
      const [right, down] = map.place(row).map((one) => Math.round(one * ratio));
      pen.drawImage(sign, right - sign.width / 2, down - sign.height / 2);
    }

    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const size = radius * LARGER + 1;
    if (map.asked) {
      const [right, down] = map.on(...map.asked);
      ring(pen, right, down, 12, colours.ink);
      ring(pen, right, down, 2, colours.ink);
    }
    for (const row of new Set([map.picked, map.at])) {
      if (row >= 0) ring(pen, ...map.place(row), (ranks.has(row) ? size : radius) + 4, colours.ink);
    }
    const taken = [];
    pen.font = `bold 13px ${FONT}`;
    for (const { row, rank } of seen) {
      const [right, down] = map.place(row);
      const box = [right - 9, down - size - 18, right + 9, down - size];
      if (!taken.some(overlapping(box))) write(pen, String(rank), right, down - size - 9, colours);
      taken.push(box);
    }
    taken.push(...seen.map(({ row }) => square(map.place(row), size)));
    pen.font = `600 13px ${FONT}`;
    names(map, colours, taken);
  };

  return { grid, paint, sprite };
})();
