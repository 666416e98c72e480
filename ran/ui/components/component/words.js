// What a component says, in the visitor's language: Python sends the texts that have another form.

let words = {};

const later = (text) => text;

function say(text, blanks = {}) {
  return (words[text] ?? text).replace(/\{(\w+)\}/g, (blank, name) => blanks[name] ?? blank);
}

// The texts of the markup: each says itself anew when the language changes.
function spoken(root) {
  const parts = [];
  for (const element of root.querySelectorAll("[aria-label], [title]")) {
    for (const name of ["aria-label", "title"]) {
      const text = element.getAttribute(name);
      if (text) parts.push(() => element.setAttribute(name, say(text)));
    }
  }
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode;
    const text = node.data.trim();
    if (/[A-Za-z]/.test(text) && !node.parentElement?.closest("style")) {
      const [before, after] = node.data.split(text);
      parts.push(() => { node.data = before + say(text) + after; });
    }
  }
  let last = "{}";
  return (sent) => {
    words = sent;
    const now = JSON.stringify(sent);
    if (now === last) return;
    last = now;
    for (const part of parts) part();
  };
}
