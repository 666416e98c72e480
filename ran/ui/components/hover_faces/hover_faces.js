// The face of the point under the pointer, beside it. The charts are Streamlit's: what is asked of
// them is their own event, plotly_hover, which names the point.

const GAP = 18; // pixels between pointer and face
const HEARD = new WeakSet(); // charts whose events are listened to
const SHOWN = new WeakMap(); // by mount: what it shows
let current = null; // the one that is on the page

class Shown {
  constructor(root) {
    this.box = root.querySelector(".hover-face");
    [this.image, this.words] = [this.box.querySelector("img"), this.box.querySelector("span")];
  }

  show({ points, event }) {
    const face = this.data.faces[points?.[0]?.customdata?.[0]];
    if (!face || !event) return this.hide();
    [this.image.src, this.words.textContent] = [face.source, face.name];
    this.box.hidden = false;
    const { width, height } = this.box.getBoundingClientRect();
    // Below and to the right, where Plotly's own words are not; back inside at the window's edges.
    const left = event.clientX + GAP + width > innerWidth ? event.clientX - GAP - width : event.clientX + GAP;
    const top = Math.min(event.clientY + GAP, innerHeight - height - 4);
    [this.box.style.left, this.box.style.top] = [`${Math.max(4, left)}px`, `${Math.max(4, top)}px`];
  }

  hide() { this.box.hidden = true; }
}

function listen(event) {
  const chart = event.target.closest?.(".js-plotly-plot");
  if (!chart?.on || HEARD.has(chart) || !current?.data.charts.some((key) => chart.closest(`.st-key-${key}`))) return;
  HEARD.add(chart);
  chart.on("plotly_hover", (found) => current?.show(found));
  chart.on("plotly_unhover", () => current?.hide());
}

export default function ({ data, parentElement }) {
  if (!SHOWN.has(parentElement)) SHOWN.set(parentElement, new Shown(parentElement));
  const shown = SHOWN.get(parentElement);
  shown.data = data;
  current = shown;
  document.addEventListener("pointerover", listen, true); // once, however often it is asked for
  return () => {
    shown.hide();
    if (current === shown) current = null;
    document.removeEventListener("pointerover", listen, true);
  };
}
