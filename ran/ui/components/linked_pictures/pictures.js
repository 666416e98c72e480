// Pictures in a row with one ring at the same place in all of them, and each one's value there.

const HELP = later("Point at a picture or touch it to read its values; with the keyboard, use the arrow keys.");
const LEAP = 10; // cells a step with Shift held
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const VIEWS = new WeakMap();

class View {
  constructor(root) {
    this.linked = root.querySelector(".linked");
    this.speak = spoken(root);
    this.row = root.querySelector(".pictures");
    this.reading = root.querySelector(".reading");
    this.place = null; // of the ring in every picture, each way in [0, 1)
    this.marks = [];
    this.row.onpointermove = this.row.onpointerdown = (event) => this.point(event);
    this.row.onpointerleave = (event) => { if (event.pointerType === "mouse") this.move(null); };
    this.row.onkeydown = (event) => this.key(event);
    this.row.onblur = () => this.move(null);
  }

  update(data) {
    const sent = JSON.stringify(data);
    if (sent === this.sent) return;
    [this.sent, this.data] = [sent, data];
    this.speak(data.words);
    this.pictures = data.pictures.map((picture) => ({ ...picture, values: unpacked(picture) }));
    this.row.setAttribute("aria-label", data.label);
    this.row.style.setProperty("--most", data.most);
    this.marks = [];
    this.row.replaceChildren(...this.pictures.map((picture) => this.figure(picture)));
    this.move(this.place);
  }

  figure(picture) {
    const frame = make("div", "frame");
    const image = make("img", "");
    [image.src, image.alt, image.draggable] = [picture.source, picture.alt, false];
    const mark = { frame, ring: make("div", "ring"), tag: make("div", "tag") };
    this.marks.push(mark);
    frame.append(image, mark.ring, mark.tag);
    const figure = make("figure", "");
    const caption = make("figcaption", "");
    caption.textContent = picture.caption;
    figure.append(frame, caption);
    return figure;
  }

  point(event) {
    if (!event.isPrimary) return;
    const frame = event.target.closest?.(".frame");
    if (!frame) { if (event.pointerType === "mouse") this.move(null); return; }
    const seen = frame.getBoundingClientRect();
    this.move([(event.clientX - seen.left) / seen.width, (event.clientY - seen.top) / seen.height]);
  }

  key(event) {
    if (event.key === "Escape") { this.move(null); return; }
    const way = ARROWS[event.key];
    if (!way) return;
    event.preventDefault();
    const { columns, rows } = this.pictures[0];
    const cells = event.shiftKey ? LEAP : 1;
    const [x, y] = this.place ?? [0.5, 0.5];
    this.move(this.place ? [x + (way[0] * cells) / columns, y + (way[1] * cells) / rows] : [x, y]);
  }

  move(place) {
    this.place = place?.map((at) => Math.min(1 - 1e-6, Math.max(0, at))) ?? null;
    this.linked.classList.toggle("placed", this.place !== null);
    if (!this.place) { this.read(this.data.explains ? say(HELP) : ""); return; }
    const [x, y] = this.place;
    const said = this.pictures.map((picture, index) => {
      const { rows, columns, values } = picture;
      const text = written(values[Math.floor(y * rows) * columns + Math.floor(x * columns)], this.data.digits, picture.signed);
      const { ring, tag } = this.marks[index];
      [ring.style.left, ring.style.top, tag.style.top] = [`${100 * x}%`, `${100 * y}%`, `${100 * y}%`];
      // The tag stands where there is more room.
      [tag.style.left, tag.style.right] = x < 0.5 ? [`calc(${100 * x}% + 13px)`, "auto"] : ["auto", `calc(${100 - 100 * x}% + 13px)`];
      tag.textContent = text;
      return `${picture.name} ${text}`;
    });
    const [across, down] = [Math.round(100 * x), Math.round(100 * y)];
    const where = say("{across} % from the left, {down} % from the top:", { across, down });
    this.read(`${where} ${said.join(", ")} ${this.data.unit}`.trim());
  }

  read(text) { if (this.reading.textContent !== text) this.reading.textContent = text; }
}

function make(name, kind) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  return made;
}

function unpacked({ steps, step }) {
  const bytes = Uint8Array.from(atob(steps), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float64Array.from({ length: bytes.length / 2 }, (_, index) => view.getInt16(2 * index, true) * step);
}

// As ran.figures.signed: a true minus, and ± where nothing is left after rounding.
function written(value, digits, signed) {
  const size = Math.abs(value).toFixed(digits);
  if (Number(size) === 0) return signed ? `±${size}` : size;
  return value < 0 ? `−${size}` : signed ? `+${size}` : size;
}

export default function ({ data, parentElement }) {
  if (!VIEWS.has(parentElement)) VIEWS.set(parentElement, new View(parentElement));
  VIEWS.get(parentElement).update(data);
}
