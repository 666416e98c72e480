// The shelf in this tab's own storage: a reload begins a new session, which asks for it once.

const SHELF = "ran-shelf";
const ASKED = new WeakSet();

export default function ({ data, parentElement, setStateValue }) {
  const { shelf, asks } = data;
  try {
    if (asks) {
      if (ASKED.has(parentElement)) return;
      ASKED.add(parentElement);
      const kept = sessionStorage.getItem(SHELF);
      if (kept) setStateValue("kept", kept);
    } else if (shelf) {
      sessionStorage.setItem(SHELF, shelf);
    } else {
      sessionStorage.removeItem(SHELF);
    }
  } catch {
    // A browser that keeps nothing, or has no room: the shelf then lives for the visit alone.
  }
}
