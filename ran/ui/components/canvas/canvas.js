// The drawing over the face: tools, history, selection. Shapes go to Python, never pixels.

const STEP = 0.002; // a stroke's points lie at least so far apart
const REACH = 1.9; // face sides; Python refuses what lies beyond 2
const SMALLEST = 0.01; // of a rectangle's or ellipse's side
const NUDGE = 0.01;
const VIEWS = new WeakMap();

class View {
  constructor(root) {
    this.root = root;
    this.face = root.querySelector(".face");
    this.note = root.querySelector(".note");
    this.draft = null; // the shape under the pointer, or the polygon's corners so far
    this.drag = null; // what a pointer that went down on a shape or handle does
    this.listen();
    this.speak = spoken(root);
  }

  update(data, send) {
    this.data = data;
    this.send = send;
    this.speak(data.words);
    const drawing = drawingOf(data.seed);
    if (drawing !== this.drawing) [this.drawing, this.draft, this.drag] = [drawing, null, null];
    this.render();
  }

  listen() {
    for (const button of this.root.querySelectorAll("[data-tool]")) {
      button.onclick = () => this.choose(button.dataset.tool);
    }
    for (const button of this.root.querySelectorAll("[data-act]")) {
      button.onclick = () => this[button.dataset.act]();
    }
    const [size, soft] = this.root.querySelectorAll("input");
    size.oninput = () => { this.drawing.size = size.value / 100; };
    soft.onchange = () => { this.drawing.soft = soft.checked; };
    this.chips = this.root.querySelector(".chips");
    this.chips.replaceChildren(...Object.entries(ART).map(([name, art]) => {
      const chip = Object.assign(document.createElement("button"), { textContent: art.label });
      chip.className = "chip";
      chip.onclick = () => this.stick(name);
      return chip;
    }));
    this.face.onpointerdown = (event) => this.down(event);
    this.face.onpointermove = (event) => this.move(event);
    this.face.onpointerup = (event) => this.up(event);
    this.face.onpointercancel = () => { [this.draft, this.drag] = [null, null]; this.render(); };
    this.face.ondblclick = () => this.closePolygon();
    this.face.onkeydown = (event) => this.key(event);
  }

  // ---- history

  commit(shapes, said, selected = -1) {
    const refusal = tooMuch(shapes);
    if (refusal) {
      this.tell(refusal);
      this.render();
      return;
    }
    const drawing = this.drawing;
    drawing.past.push(drawing.shapes);
    drawing.future = [];
    [drawing.shapes, drawing.selected] = [shapes, selected];
    this.emit(said);
  }

  travel(from, to, said) {
    const drawing = this.drawing;
    if (!from.length) return;
    to.push(drawing.shapes);
    [drawing.shapes, drawing.selected] = [from.pop(), -1];
    this.emit(said);
  }

  undo() {
    if (this.draft?.kind === "polygon") { this.dropCorner(); return; }
    this.travel(this.drawing.past, this.drawing.future, say("Undone."));
  }

  // A polygon that is not closed yet loses its last corner; what is finished stays.
  dropCorner() {
    const points = this.draft.points.slice(0, -1);
    this.draft = points.length ? { ...this.draft, points } : null;
    const count = points.length;
    this.tell(count ? say("Corner taken back. {count} left.", { count }) : say("Polygon taken back."));
    this.render();
  }

  redo() { this.travel(this.drawing.future, this.drawing.past, say("Done again.")); }
  clear() { if (this.drawing.shapes.length) this.commit([], say("All cleared. Undo brings it back.")); }
  regions() { this.drawing.every = !this.drawing.every; this.render(); }

  emit(said) {
    this.tell(say("{what} {count} drawn.", { what: said, count: this.drawing.shapes.length }));
    this.render();
    this.send("drawing", { shapes: this.drawing.shapes });
  }

  tell(text) { this.note.textContent = text; }

  // ---- tools

  choose(tool) {
    [this.drawing.tool, this.drawing.selected, this.draft] = [tool, -1, null];
    this.tell(say(HELP[tool]));
    this.render();
  }

  point(event) {
    const place = this.face.getBoundingClientRect();
    const held = (value) => round(Math.min(REACH, Math.max(-REACH, value)));
    return [held((event.clientX - place.left) / place.width), held((event.clientY - place.top) / place.height)];
  }

  down(event) {
    if (!event.isPrimary || event.button !== 0) return;
    const { tool, size, soft } = this.drawing;
    const at = this.point(event);
    if (HELD.includes(tool)) { this.grab(event, at); return; }
    this.face.setPointerCapture(event.pointerId);
    if (tool === "polygon") {
      const corners = this.draft?.points ?? [];
      const first = corners[0];
      if (corners.length > 2 && Math.hypot(at[0] - first[0], at[1] - first[1]) < 0.03) this.closePolygon();
      else {
        this.draft = { kind: "polygon", points: [...corners, at] };
        this.renderTools();
      }
    } else if (tool === "brush" || tool === "eraser") {
      this.draft = { kind: "stroke", points: [at], width: size, softness: soft ? 0.6 : 0, erase: tool === "eraser" };
    } else {
      this.draft = { kind: tool, from: at, x0: at[0], y0: at[1], x1: at[0], y1: at[1], angle: 0 };
    }
    this.renderDraft();
  }

  move(event) {
    if (!event.isPrimary) return;
    if (this.drag) { this.dragTo(this.point(event)); return; }
    if (!this.draft || !this.face.hasPointerCapture(event.pointerId)) return;
    const seen = event.getCoalescedEvents?.() ?? [];
    for (const part of seen.length ? seen : [event]) extend(this.draft, this.point(part), STEP);
    this.renderDraft();
  }

  up(event) {
    if (!event.isPrimary) return;
    if (this.drag) { this.drop(); return; }
    const draft = this.draft;
    if (!draft || draft.kind === "polygon") return;
    this.draft = null;
    if (draft.from) {
      const { from, ...shape } = draft;
      if (shape.x1 - shape.x0 < SMALLEST || shape.y1 - shape.y0 < SMALLEST) { this.render(); return; }
      this.commit([...this.drawing.shapes, shape], say("{shape} drawn.", { shape: say(KINDS[shape.kind]) }));
    } else {
      this.commit([...this.drawing.shapes, draft], draft.erase ? say("Erased.") : say("Stroke drawn."));
    }
  }

  closePolygon() {
    const draft = this.draft;
    if (draft?.kind !== "polygon") return;
    const points = cornersApart(draft.points, STEP);
    this.draft = null;
    if (points.length < 3) this.render();
    else this.commit([...this.drawing.shapes, { kind: "polygon", points }], say("Polygon drawn."));
  }

  // ---- selection

  grab(event, at) {
    const target = event.target.closest("[data-index], .grip") ?? event.target;
    const index = target.dataset?.index === undefined ? -1 : Number(target.dataset.index);
    if (target.classList.contains("grip")) {
      this.drag = { from: at, before: this.drawing.shapes[this.drawing.selected], ...target.dataset };
    } else if (index >= 0) {
      this.drawing.selected = index;
      this.drag = { from: at, before: this.drawing.shapes[index] };
    } else {
      this.drawing.selected = -1;
    }
    if (this.drag) this.face.setPointerCapture(event.pointerId);
    this.render();
  }

  dragTo(at) {
    const { from, before, x, y, turn } = this.drag;
    let shape;
    if (turn) {
      const [cx, cy] = centre(before);
      const angle = (point) => (Math.atan2(point[1] - cy, point[0] - cx) * 180) / Math.PI;
      shape = turned(before, angle(at) - angle(from));
    } else if (x) shape = withCorner(before, { x, y }, at, from);
    else shape = moved(before, at[0] - from[0], at[1] - from[1]);
    this.drag.now = shape;
    this.render();
  }

  drop() {
    const now = this.drag.now;
    this.drag = null;
    if (now) this.replace(now, say("Changed."));
    else this.render();
  }

  replace(shape, said) {
    const { shapes, selected } = this.drawing;
    this.commit(shapes.map((old, index) => (index === selected ? shape : old)), said, selected);
  }

  // Put a sticker where it belongs on this face, or choose the one that lies there.
  stick(name) {
    const { shapes } = this.drawing;
    const sticker = { kind: "sticker", name, ...this.data.places[name] };
    const there = shapes.findIndex((shape) => shape.name === name && shape.x === sticker.x && shape.y === sticker.y);
    if (there >= 0) {
      this.drawing.selected = there;
      this.render();
    } else this.commit([...shapes, sticker], say("{sticker} put on.", { sticker: say(ART[name].label) }), shapes.length);
    this.face.focus();
  }

  remove() {
    this.commit(this.drawing.shapes.filter((_, index) => index !== this.drawing.selected), say("Removed."));
    this.face.focus();
  }

  mirror() {
    const shape = this.drawing.shapes[this.drawing.selected];
    if (shape?.kind === "sticker") this.replace({ ...shape, mirrored: !shape.mirrored }, say("Mirrored."));
  }

  key(event) {
    const { shapes, selected, tool } = this.drawing;
    const key = event.key;
    let used = true;
    if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "z") event.shiftKey ? this.redo() : this.undo();
    else if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "y") this.redo();
    else if ((event.ctrlKey || event.metaKey) && (key === "Delete" || key === "Backspace")) this.clear();
    else if (key === "Escape" && this.draft) { this.draft = null; this.render(); }
    else if (key === "Enter" && this.draft?.kind === "polygon") this.closePolygon();
    else if (key === "Enter" && (tool === "rectangle" || tool === "ellipse")) {
      const shape = { kind: tool, x0: 0.35, y0: 0.4, x1: 0.65, y1: 0.6, angle: 0 };
      this.drawing.tool = "select";
      this.commit([...shapes, shape], `${say("{shape} drawn.", { shape: say(KINDS[tool]) })} ${say(HELP.select)}`, shapes.length);
    } else if (selected >= 0) used = this.keyOnShape(key, shapes[selected]);
    else used = false;
    if (used) event.preventDefault();
  }

  keyOnShape(key, shape) {
    const steps = { ArrowLeft: [-NUDGE, 0], ArrowRight: [NUDGE, 0], ArrowUp: [0, -NUDGE], ArrowDown: [0, NUDGE] };
    if (steps[key]) this.replace(moved(shape, ...steps[key]), say("Moved."));
    else if (key === "+" || key === "=") this.replace(scaled(shape, 1.1), say("Larger."));
    else if (key === "-") this.replace(scaled(shape, 1 / 1.1), say("Smaller."));
    else if (key === "[") this.replace(turned(shape, -5), say("Turned."));
    else if (key === "]") this.replace(turned(shape, 5), say("Turned."));
    else if (key === "m" || key === "M") this.mirror();
    else if (key === "Delete" || key === "Backspace") this.remove();
    else if (key === "Escape") { this.drawing.selected = -1; this.render(); }
    else return false;
    return true;
  }

  // ---- drawing it all

  shown() {
    const { shapes, selected } = this.drawing;
    return this.drag?.now ? shapes.map((old, index) => (index === selected ? this.drag.now : old)) : shapes;
  }

  fill(name, children) { this.root.querySelector(name).replaceChildren(...children); }

  render() {
    const { data, drawing } = this;
    const shapes = this.shown();
    this.face.setAttribute("aria-label", data.label);
    this.face.classList.toggle("select", HELD.includes(drawing.tool));
    this.picture(".clean", data.clean);
    this.picture(".cover", data.cover);
    this.root.querySelector(".covering").setAttribute("opacity", data.opacity);
    this.fill(".fixed", data.fixed.map(inMask));
    this.fill(".drawn", shapes.map(inMask));
    this.fill(".looks", data.look ? [...data.fixed, ...shapes].map(inLook) : []);
    this.fill(".shapes", shapes.map((shape, index) => this.target(shape, index)));
    this.fill(".handles", drawing.selected >= 0 && shapes[drawing.selected] ? handles(shapes[drawing.selected]) : []);
    this.fill(".regions", regionMarks(data, drawing.every));
    this.renderDraft();
    this.renderTools();
  }

  picture(name, source) {
    const image = this.root.querySelector(name);
    if (image.getAttribute("href") !== source) image.setAttribute("href", source);
  }

  renderDraft() {
    const draft = this.draft;
    const line = draft?.kind === "polygon" && draft.points.length < 3;
    this.fill(".draft", draft && !line ? [inMask(draft)] : []);
    this.fill(".look-draft", draft && !line && this.data.look ? [inLook(draft)] : []);
    this.fill(".pending", draft?.kind === "polygon" ? cornerMarks(draft.points) : []);
  }

  target(shape, index) {
    const made = geometry(shape);
    made.dataset.index = index;
    return made;
  }

  renderTools() {
    const { tool, past, future, shapes, size, soft, every } = this.drawing;
    for (const button of this.root.querySelectorAll("[data-tool]")) {
      button.setAttribute("aria-pressed", button.dataset.tool === tool);
    }
    const act = (name) => this.root.querySelector(`[data-act=${name}]`);
    act("undo").disabled = !past.length && this.draft?.kind !== "polygon";
    act("redo").disabled = !future.length;
    act("clear").disabled = !shapes.length;
    act("regions").setAttribute("aria-pressed", every);
    const brushes = tool === "brush" || tool === "eraser";
    for (const label of this.root.querySelectorAll(".options label")) label.hidden = !brushes;
    this.chips.hidden = tool !== "sticker";
    const chosen = shapes[this.drawing.selected];
    act("mirror").hidden = chosen?.kind !== "sticker";
    act("remove").hidden = !chosen;
    const [sizes, softs] = this.root.querySelectorAll("input");
    [sizes.value, softs.checked] = [Math.round(size * 100), soft];
  }
}

export default function ({ data, parentElement, setStateValue }) {
  if (!VIEWS.has(parentElement)) VIEWS.set(parentElement, new View(parentElement));
  VIEWS.get(parentElement).update(data, setStateValue);
}
