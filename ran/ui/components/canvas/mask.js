// Shapes as they hide, in SVG. The mask's brightness is the hidden share: a shape brightens what was
// there up to its own share, an eraser dims it, as Python's mask does it in the same order.

const SOFT_STEPS = 12; // rings that stand for a soft edge's straight slope

const grey = (level) => `rgb(${[0, 0, 0].fill(Math.round(255 * level)).join()})`;

function inMask(shape) {
  const group = make("g", { style: `mix-blend-mode:${shape.erase ? "multiply" : "lighten"}` });
  if (shape.kind === "sticker") {
    group.append(stickerParts(shape, (part) => ({ fill: grey(part.share) })));
    return group;
  }
  group.append(...layers(shape, (share) => grey(shape.erase ? 1 - share : share)));
  return group;
}

// The colours under the mask where stickers show their own look; all else is black.
function inLook(shape) {
  if (shape.kind === "sticker") return stickerParts(shape, (part) => ({ fill: part.colour }));
  const group = make("g");
  if (!shape.erase) group.append(...layers(shape, (share) => `rgb(0 0 0 / ${share})`));
  return group;
}

// A shape as elements from the outside in, each painted by the share that it hides up to there.
function layers(shape, paint) {
  if (shape.kind !== "stroke") {
    const filled = geometry(shape);
    filled.setAttribute("fill", paint(1));
    return [filled];
  }
  const rings = shape.softness > 0 ? SOFT_STEPS : 1;
  return Array.from({ length: rings }, (_, ring) => {
    const line = geometry(shape);
    const inward = rings > 1 ? (shape.softness * (ring + 0.5)) / rings : 0;
    line.setAttribute("stroke-width", shape.width * UNITS * (1 - inward));
    line.setAttribute("stroke", paint((ring + 1) / rings));
    return line;
  });
}
