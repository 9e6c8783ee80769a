// The dots of a map: their signs, and all of them as one picture, which is moved while somebody looks
// around and made again where that does not do.
window.ssmMapDots = (() => {
  const DENSE = 0.13; // a dot's radius, of the side of the square that each would have to itself
  const [LEAST, MOST] = [1.5, 7]; // of that radius, in pixels
  const WIDER = 1.15; // a sign with corners, which looks smaller than a circle
  const FADED = 0.4; // opacity of papers that do not answer
  const FAINTEST = 0.15; // of those, where so many lie on each other that they would hide the answers
  const EDGE = "#767676"; // 4.5 : 1 on white, 4.6 : 1 on black
  const ARM = [[1, 3], [1, 1], [3, 1], [3, -1], [1, -1], [1, -3]];
  const ROUND = 1.5; // the sides of the picture, of those of what is seen
  const MOST_BLUR = 1.4; // enlarged beyond this, a picture is made again though somebody moves
  const CELL = 8; // pixels of the side of a square whose dots are counted, for names to go elsewhere

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

  // The pixels of a sign that are not empty, to be laid over others: where each lies in a picture of
  // this width, its colour times its opacity, and what it leaves of the colour below, in 256ths; the
  // first of them, `solid`, leave nothing.
  const stamp = (canvas, stride) => {
    const { width, height } = canvas;
    const dots = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    const found = [];
    for (let pixel = 0; pixel < width * height; pixel++) {
      const [red, green, blue, alpha] = dots.subarray(4 * pixel, 4 * pixel + 4);
      if (!alpha) continue;
      const part = (one) => Math.round((one * alpha) / 255);
      const at = (Math.floor(pixel / width) - height / 2) * stride + (pixel % width) - width / 2;
      const colour = part(red) | (part(green) << 8) | (part(blue) << 16) | 0xff000000;
      found.push([at, colour, alpha === 255 ? 0 : 255 - alpha]);
    }
    found.sort((one, other) => one[2] - other[2]);
    const [at, colour, left] = [0, 1, 2].map((part) => Int32Array.from(found, (one) => one[part]));
    return { at, colour, left, solid: found.filter(([, , left]) => !left).length };
  };

  // A colour of CSS as a pixel.
  const coloured = (colour) => {
    const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return new Uint32Array(pen.getImageData(0, 0, 1, 1).data.buffer)[0];
  };

  // How large a dot should be: of many papers small, and not as much larger as one looks closer.
  const due = ({ width, height, data, zoom }) =>
    DENSE * Math.sqrt((width * height) / Math.max(data.x.length, 1)) * zoom ** 0.75;
  const radiusOf = (map) => Math.round(4 * Math.min(Math.max(due(map), LEAST), MOST)) / 4;

  // An empty picture for a size of the canvas.
  const blank = ({ canvas, ratio }) => {
    const [width, height] = [canvas.width, canvas.height].map((one) => Math.ceil(one * ROUND));
    const picture = Object.assign(document.createElement("canvas"), { width, height });
    const pen = picture.getContext("2d", { alpha: false });
    const image = pen.createImageData(width, height);
    const size = [canvas.width, canvas.height, ratio].join();
    const wide = Math.ceil(width / (CELL * ratio)) + 1; // one column and row of none
    const high = Math.ceil(height / (CELL * ratio)) + 1;
    return { size, picture, pen, image, wide, high, counts: new Int32Array(wide * high) };
  };

  // What the looks of all dots hang on, but how close one looks.
  const looks = ({ version, ratio }, paper) => [version, ratio, paper].join();

  // All dots around what is seen in one picture, laid on pixel by pixel; and how many lie above and
  // left of the corner of each cell. Time of the page's thread, in Chromium without a graphics card, on
  // 811 × 610 points of two pixels each way: 14 ms of 10,000 dots, 23 of 50,000; to move the picture 4,
  // to enlarge it 8. Drawn anew at each step, as before, 10,000 took 12 ms and 50,000 took 64.
  const fill = (layer, map, paper) => {
    const { data, hidden, ranks, ratio, scales } = map;
    const { x, y, group } = data;
    const { image, counts, wide, high } = layer;
    const { width, height } = image;
    const radius = radiusOf(map);
    const faded = Math.max(FADED * Math.min(due(map) / LEAST, 1), FAINTEST);
    const opacity = map.found.length ? faded : 1;
    const line = radius < 3 ? 0.5 : 1;
    const stamps = data.groups.map((one) => stamp(sprite(one, radius, { ratio, opacity, line }), width));
    const isShown = data.groups.map((_, at) => !hidden.has(at));
    const skipped = new Uint8Array(x.length);
    for (const row of ranks.keys()) skipped[row] = 1;
    const pixels = new Int32Array(image.data.buffer);
    pixels.fill(coloured(paper));
    counts.fill(0);
    const pad = Math.ceil((radius * WIDER + 1) * ratio) + 2; // so that no dot reaches over the edge
    const [across, along] = scales.map((one) => one * ratio);
    const left = width / 2 - map.x * across;
    const top = height / 2 - map.y * along;
    const cell = CELL * ratio;
    for (let row = 0; row < x.length; row++) {
      const right = Math.round(x[row] * across + left);
      const down = Math.round(y[row] * along + top);
      if (right < pad || down < pad || right >= width - pad || down >= height - pad) continue;
      if (!isShown[group[row]] || skipped[row]) continue;
      counts[(Math.floor(down / cell) + 1) * wide + Math.floor(right / cell) + 1]++;
      const { at, colour, left: leaves, solid } = stamps[group[row]];
      const middle = down * width + right;
      for (let one = 0; one < solid; one++) pixels[middle + at[one]] = colour[one];
      for (let one = solid; one < at.length; one++) {
        const pixel = middle + at[one];
        const below = pixels[pixel];
        const redBlue = (((below & 0xff00ff) * leaves[one]) >>> 8) & 0xff00ff;
        const green = (((below & 0x00ff00) * leaves[one]) >>> 8) & 0x00ff00;
        pixels[pixel] = colour[one] + redBlue + green;
      }
    }
    for (let down = 1; down < high; down++) {
      for (let right = 1, sum = 0; right < wide; right++) {
        sum += counts[down * wide + right];
        counts[down * wide + right] = sum + counts[(down - 1) * wide + right];
      }
    }
    layer.pen.putImageData(image, 0, 0);
    Object.assign(layer, { looks: looks(map, paper), scales, x: map.x, y: map.y, edge: 2 * pad });
  };

  // Where the picture lies on the canvas, in its pixels: left, top, width and height.
  const laid = (layer, { canvas, ratio, scales, x, y }) => {
    const larger = scales.map((one, axis) => one / layer.scales[axis]);
    const [wide, high] = [layer.image.width * larger[0], layer.image.height * larger[1]];
    const left = canvas.width / 2 + (layer.x - x) * scales[0] * ratio - wide / 2;
    const top = canvas.height / 2 + (layer.y - y) * scales[1] * ratio - high / 2;
    return [left, top, wide, high];
  };

  // Whether the picture has all dots that are seen, and sharp enough: while somebody looks around, in
  // the end as sharp as can be.
  const isEnough = (layer, map) => {
    const larger = Math.max(...map.scales.map((one, axis) => one / layer.scales[axis]));
    if (map.isStill ? larger !== 1 : larger > MOST_BLUR) return false;
    const [left, top, wide, high] = laid(layer, map);
    const [[west, north], [east, south]] = [0, 1].map((end) =>
      map.on(map.bounds[0][end], map.bounds[1][end]).map((one) => one * map.ratio),
    );
    return (
      left + layer.edge <= Math.max(0, west) &&
      top + layer.edge <= Math.max(0, north) &&
      left + wide - layer.edge >= Math.min(map.canvas.width, east) &&
      top + high - layer.edge >= Math.min(map.canvas.height, south)
    );
  };

  // Draws all dots but the answers', and says whether as sharp as can be.
  const dots = (map, paper) => {
    const { canvas, ratio, pen } = map;
    const size = [canvas.width, canvas.height, ratio].join();
    if (map.layer?.size !== size) map.layer = blank(map);
    const { layer } = map;
    if (layer.looks !== looks(map, paper) || !isEnough(layer, map)) fill(layer, map, paper);
    const [left, top, wide, high] = laid(layer, map);
    pen.fillStyle = paper;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    if (wide === layer.image.width) pen.drawImage(layer.picture, Math.round(left), Math.round(top));
    else pen.drawImage(layer.picture, left, top, wide, high);
    return wide === layer.image.width;
  };

  // How many dots lie in a box of the canvas, by cells; in pixels of the page.
  const counted = (map, box) => {
    const { layer, ratio } = map;
    const { counts, wide, high } = layer;
    const [left, top, across, along] = laid(layer, map);
    const at = (place, start, length, cells, whole) => {
      const cell = ((place * ratio - start) / length) * (whole / (CELL * ratio));
      return Math.min(Math.max(Math.round(cell), 0), cells - 1);
    };
    const [west, east] = [box[0], box[2]].map((x) => at(x, left, across, wide, layer.image.width));
    const [north, south] = [box[1], box[3]].map((y) => at(y, top, along, high, layer.image.height));
    const above = (down, right) => counts[down * wide + right];
    return above(south, east) - above(north, east) - above(south, west) + above(north, west);
  };

  return { counted, dots, radiusOf, sprite };
})();
