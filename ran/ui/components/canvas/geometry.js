// Shapes in face units (0 to 1) -> SVG, and what can be done to one shape. No state lives here.

const SVG = "http://www.w3.org/2000/svg";
const UNITS = 1000; // of the drawing's viewBox in one face side

function make(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const round = (value) => Math.round(value * 1e5) / 1e5;
const scaledUp = (points) => points.map(([x, y]) => `${round(x * UNITS)},${round(y * UNITS)}`).join(" ");

// A sticker's parts from the bottom up, each with the attributes that `paint` gives it.
function stickerParts(sticker, paint) {
  const { x, y, size, angle, mirrored } = sticker;
  const across = (mirrored ? -size : size) * UNITS;
  const place = `translate(${x * UNITS} ${y * UNITS}) rotate(${angle}) scale(${across / FINE} ${(size * UNITS) / FINE})`;
  const parts = ART[sticker.name].parts.map((part) =>
    make("path", { d: `${part.path}z`, "fill-rule": "evenodd", ...paint(part) }));
  return make("g", { transform: place }, ...parts);
}

// The shape's geometry as one SVG element without paint.
function geometry(shape) {
  if (shape.kind === "sticker") return stickerParts(shape, () => ({}));
  if (shape.kind === "stroke") {
    const points = shape.points.length > 1 ? shape.points : [shape.points[0], shape.points[0]];
    return make("polyline", {
      points: scaledUp(points), fill: "none", "stroke-width": shape.width * UNITS,
      "stroke-linecap": "round", "stroke-linejoin": "round",
    });
  }
  if (shape.kind === "polygon") {
    return make("polygon", { points: scaledUp(shape.points), "fill-rule": "evenodd" });
  }
  const [x0, y0, x1, y1] = [shape.x0, shape.y0, shape.x1, shape.y1].map((edge) => edge * UNITS);
  const turn = `rotate(${shape.angle ?? 0} ${(x0 + x1) / 2} ${(y0 + y1) / 2})`;
  if (shape.kind === "rectangle") {
    return make("rect", { x: x0, y: y0, width: x1 - x0, height: y1 - y0, transform: turn });
  }
  return make("ellipse", {
    cx: (x0 + x1) / 2, cy: (y0 + y1) / 2, rx: (x1 - x0) / 2, ry: (y1 - y0) / 2, transform: turn,
  });
}

function bounds(shape) {
  if (shape.kind === "sticker") {
    const [across, down] = [shape.size / 2, (shape.size * ART[shape.name].aspect) / 2];
    return { x0: shape.x - across, y0: shape.y - down, x1: shape.x + across, y1: shape.y + down };
  }
  if (!shape.points) return { x0: shape.x0, y0: shape.y0, x1: shape.x1, y1: shape.y1 };
  const reach = shape.kind === "stroke" ? shape.width / 2 : 0;
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of shape.points) {
    [x0, y0, x1, y1] = [Math.min(x0, x), Math.min(y0, y), Math.max(x1, x), Math.max(y1, y)];
  }
  return { x0: x0 - reach, y0: y0 - reach, x1: x1 + reach, y1: y1 + reach };
}

function centre(shape) {
  const edges = bounds(shape);
  return [(edges.x0 + edges.x1) / 2, (edges.y0 + edges.y1) / 2];
}

// Every change returns a new shape: histories keep the old one.
function changed(shape, place) {
  if (shape.kind === "sticker") {
    const [x, y] = place(shape.x, shape.y).map(round);
    return { ...shape, x, y };
  }
  if (shape.points) {
    return { ...shape, points: shape.points.map((point) => place(...point).map(round)) };
  }
  const [x0, y0] = place(shape.x0, shape.y0).map(round);
  const [x1, y1] = place(shape.x1, shape.y1).map(round);
  return { ...shape, x0, y0, x1, y1 };
}

const moved = (shape, dx, dy) => changed(shape, (x, y) => [x + dx, y + dy]);

// As the limit counts: the points of a stroke or polygon, those of a sticker's outlines.
function countPoints(shape) {
  return shape.kind === "sticker" ? ART[shape.name].count : shape.points?.length ?? 0;
}

function scaled(shape, factor) {
  const [cx, cy] = centre(shape);
  const grown = changed(shape, (x, y) => [cx + (x - cx) * factor, cy + (y - cy) * factor]);
  if (shape.kind === "sticker") return sized(shape, shape.size * factor);
  return shape.kind === "stroke" ? { ...grown, width: round(shape.width * factor) } : grown;
}

function turned(shape, degrees) {
  if (!shape.points) return { ...shape, angle: round(((shape.angle ?? 0) + degrees) % 360) };
  const [cx, cy] = centre(shape);
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return changed(shape, (x, y) => [
    cx + (x - cx) * cos - (y - cy) * sin, cy + (x - cx) * sin + (y - cy) * cos,
  ]);
}

// Python takes sizes over 0 and up to 4.
const sized = (sticker, size) => ({ ...sticker, size: round(Math.min(4, Math.max(0.02, size))) });

// The rectangle or ellipse with one corner dragged to a point, the opposite corner held where it
// is on the screen, turned or not; a sticker grows round its middle.
function withCorner(shape, corner, point, from) {
  if (shape.kind === "sticker") {
    const [far, near] = [point, from].map(([x, y]) => Math.hypot(x - shape.x, y - shape.y));
    return sized(shape, (shape.size * far) / near);
  }
  const angle = ((shape.angle ?? 0) * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [cx, cy] = centre(shape);
  const held = [corner.x === "x0" ? shape.x1 : shape.x0, corner.y === "y0" ? shape.y1 : shape.y0];
  const fixed = [
    cx + (held[0] - cx) * cos - (held[1] - cy) * sin, cy + (held[0] - cx) * sin + (held[1] - cy) * cos,
  ];
  const across = [point[0] - fixed[0], point[1] - fixed[1]];
  const width = Math.max(0.01, Math.abs(across[0] * cos + across[1] * sin));
  const height = Math.max(0.01, Math.abs(-across[0] * sin + across[1] * cos));
  const [sx, sy] = [corner.x === "x0" ? -1 : 1, corner.y === "y0" ? -1 : 1];
  const middle = [
    fixed[0] + (sx * width * cos - sy * height * sin) / 2,
    fixed[1] + (sx * width * sin + sy * height * cos) / 2,
  ];
  return {
    ...shape, x0: round(middle[0] - width / 2), y0: round(middle[1] - height / 2),
    x1: round(middle[0] + width / 2), y1: round(middle[1] + height / 2),
  };
}

// A double click sets its corner twice: the second is left out.
function cornersApart(points, step) {
  return points.filter((p, i) => !i || Math.hypot(p[0] - points[i - 1][0], p[1] - points[i - 1][1]) >= step);
}

// What is being drawn, after the pointer went to `at`: changed in place.
function extend(draft, at, step) {
  if (draft.kind === "stroke") {
    const last = draft.points.at(-1);
    if (Math.hypot(at[0] - last[0], at[1] - last[1]) >= step) draft.points.push(at);
  } else if (draft.from) {
    [draft.x0, draft.x1] = [draft.from[0], at[0]].sort((a, b) => a - b);
    [draft.y0, draft.y1] = [draft.from[1], at[1]].sort((a, b) => a - b);
  }
}
