// What was drawn, and its history.

const LIMITS = { shapes: 500, points: 20000 };

// Drawings by token: they outlive the element, so leaving the page and coming back keeps undo.
const DRAWINGS = new Map();

function drawingOf(seed) {
  if (!DRAWINGS.has(seed.token)) {
    DRAWINGS.set(seed.token, {
      shapes: seed.shapes, past: [], future: [], tool: "brush", size: 0.12, soft: false,
      selected: -1, every: false,
    });
  }
  return DRAWINGS.get(seed.token);
}

// Why a drawing of these shapes is refused, or nothing; Python refuses the same.
function tooMuch(shapes) {
  const points = shapes.reduce((sum, shape) => sum + countPoints(shape), 0);
  if (shapes.length <= LIMITS.shapes && points <= LIMITS.points) return "";
  return say("At most {shapes} shapes and {points} points: clear or undo some.", LIMITS);
}
