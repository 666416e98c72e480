// The frames of a film in one row. The chosen one is brought into view when another is chosen; the
// page itself is never scrolled.

const STRIPS = new WeakMap();

class Strip {
  constructor(root) {
    this.row = root.querySelector(".film");
    this.speak = spoken(root);
    this.row.onclick = (event) => {
      const frame = event.target.closest("button");
      if (frame) this.choose(Number(frame.dataset.place));
    };
  }

  update({ frames, chosen, words }, choose) {
    this.choose = choose;
    this.speak(words);
    const sent = JSON.stringify([frames, words]);
    const isNew = sent !== this.sent;
    if (isNew) this.row.replaceChildren(...frames.flatMap((frame) => drawn(frame)));
    this.sent = sent;
    for (const frame of this.row.querySelectorAll("button")) {
      const isChosen = Number(frame.dataset.place) === chosen;
      frame.setAttribute("aria-pressed", isChosen);
      if (isChosen && (isNew || chosen !== this.chosen)) this.bringIntoView(frame);
    }
    this.chosen = chosen;
  }

  bringIntoView(frame) {
    const [row, seen] = [this.row.getBoundingClientRect(), frame.getBoundingClientRect()];
    if (seen.left < row.left || seen.right > row.right) {
      this.row.scrollLeft += seen.left - row.left - (row.width - seen.width) / 2;
    }
  }
}

function drawn({ source, time, place, cut }) {
  const frame = document.createElement(place === null ? "div" : "button");
  frame.className = place === null ? "frame faceless" : "frame";
  const image = document.createElement("img");
  image.src = source;
  image.alt = place === null ? say("No face at {time}", { time }) : say("The face at {time}", { time });
  const words = document.createElement("div");
  words.textContent = place === null ? say("{time}, no face", { time }) : time;
  if (place !== null) [frame.type, frame.dataset.place] = ["button", place];
  frame.append(image, words);
  if (!cut) return [frame];
  const mark = document.createElement("div");
  [mark.className, mark.textContent] = ["cut", say("cut")];
  return [mark, frame];
}

export default function ({ data, parentElement, setTriggerValue }) {
  if (!STRIPS.has(parentElement)) STRIPS.set(parentElement, new Strip(parentElement));
  STRIPS.get(parentElement).update(data, (place) => setTriggerValue("chosen", place));
}
