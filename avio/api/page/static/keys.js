// The keys of the page: one letter for each view, as long as nobody types into a field.
import { useEffect } from "./vendor/preact_htm.js";
import { go } from "./router.js";

export const KEYS = { j: "jobs", f: "files", c: "cache", n: "nodes", s: "schedules", m: "me", a: "admin" };

export function useKeys(showHelp) {
  useEffect(() => {
    const press = (event) => {
      const isTyping = event.target.closest?.("input, textarea, select, dialog");
      if (isTyping || event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.key === "?") showHelp();
      else if (event.key === "/") focus(event);
      else if (KEYS[event.key]) go(KEYS[event.key]);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}

function focus(event) {
  const field = document.querySelector("input[type=search]");
  if (!field) return;
  event.preventDefault();
  field.focus();
}
