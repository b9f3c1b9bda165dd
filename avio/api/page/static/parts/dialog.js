// A dialog above the page: the browser keeps the keyboard inside, and Escape closes it.
import { html, useEffect, useRef } from "../vendor/preact_htm.js";

export function Dialog({ title, onClose, children }) {
  const box = useRef(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current.showModal();
    return () => before?.focus?.();
  }, []);
  return html`<dialog ref=${box} aria-label=${title} onClose=${onClose} onCancel=${onClose}>
    <h2>${title}</h2>
    ${children}
  </dialog>`;
}
