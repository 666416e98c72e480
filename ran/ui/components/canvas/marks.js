// What is drawn on top of the face for orientation: outlines of regions, handles of a selection.

function regionMarks(data, every) {
  const marks = [];
  const frame = (box, colour, halo, width) => {
    const edges = box.edges.map((edge) => Math.min(UNITS - 4, Math.max(4, edge * UNITS)));
    const place = { x: edges[0], y: edges[1], width: edges[2] - edges[0], height: edges[3] - edges[1] };
    marks.push(make("rect", { ...place, class: "halo", "stroke-width": halo }));
    marks.push(make("rect", { ...place, stroke: colour, "stroke-width": width }));
    return edges;
  };
  data.regions.forEach((box, index) => {
    if (every && index !== data.chosen) frame(box, box.colour, 2.5, 1);
  });
  const box = data.regions[data.chosen];
  const [x, y] = frame(box, box.colour, 5, 2.5);
  const tag = make("text", { x: x + 12, y: y + 30, fill: data.ink, style: "font-size:28px" }, box.text);
  const length = box.text.length * 14.5 + 24;
  marks.push(make("rect", { class: "tag", x, y, width: length, height: 44, style: `fill:${box.colour}` }), tag);
  return marks;
}

function handles(shape) {
  const [cx, cy] = centre(shape);
  const edges = bounds(shape);
  const [x0, y0, x1, y1] = [edges.x0, edges.y0, edges.x1, edges.y1].map((edge) => edge * UNITS);
  const group = make("g", { transform: `rotate(${shape.points ? 0 : shape.angle ?? 0} ${cx * UNITS} ${cy * UNITS})` });
  group.append(make("rect", { class: "frame", x: x0, y: y0, width: x1 - x0, height: y1 - y0 }));
  const grip = (x, y, data) => {
    const made = make("circle", { class: "grip", cx: x, cy: y, r: 14 });
    Object.assign(made.dataset, data);
    group.append(made);
  };
  if (!shape.points) {
    for (const [x, px] of [["x0", x0], ["x1", x1]]) {
      for (const [y, py] of [["y0", y0], ["y1", y1]]) grip(...reachable(shape, px, py), { x, y });
    }
  }
  grip(...reachable(shape, (x0 + x1) / 2, y0 - 50), { turn: "yes" });
  return [group];
}

// A sticker may be larger than the face: its grips then stand on the way to the corner, as far out
// as they can be seen.
function reachable(shape, x, y) {
  if (shape.kind !== "sticker") return [x, y];
  const [cx, cy, angle] = [shape.x * UNITS, shape.y * UNITS, (shape.angle * Math.PI) / 180];
  const [across, down] = [x - cx, y - cy];
  const way = [across * Math.cos(angle) - down * Math.sin(angle), across * Math.sin(angle) + down * Math.cos(angle)];
  const share = [cx, cy].map((middle, axis) => {
    const room = way[axis] > 0 ? UNITS - 24 - middle : middle - 24;
    return room > 0 && way[axis] ? room / Math.abs(way[axis]) : 1;
  });
  const part = Math.min(1, ...share);
  return [cx + part * across, cy + part * down];
}

// A polygon that is not closed yet: its line so far and its corners.
function cornerMarks(points) {
  const line = make("polyline", { points: scaledUp(points) });
  return [line, ...points.map(([x, y]) => make("circle", { cx: x * UNITS, cy: y * UNITS, r: 6 }))];
}
