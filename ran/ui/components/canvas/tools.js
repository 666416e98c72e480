// The tools: what a visitor is told of each, and which draw what.

const HELP = {
  select: later("Choose a shape. Arrows move it, + and − scale it, [ and ] turn it, Delete removes it."),
  sticker: later("Choose a sticker. Arrows move it, + and − scale it, [ and ] turn it, M mirrors it."),
  brush: later("Draw over the face."),
  eraser: later("Draw to show the face again."),
  rectangle: later("Drag, or press Enter for one in the middle."),
  ellipse: later("Drag, or press Enter for one in the middle."),
  polygon: later("Click corners; double click or Enter closes, Escape drops it."),
};

const KINDS = { rectangle: later("rectangle"), ellipse: later("ellipse") };

const HELD = ["select", "sticker"]; // tools under which shapes can be taken hold of
