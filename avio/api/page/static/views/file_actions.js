// What can be ordered for a path: preload, save, free.
import { html } from "../vendor/preact_htm.js";
import { t } from "../words.js";

export function Actions({ entry, act }) {
  return html`<span class="actions">${["preload", "save", "free"].map((verb) => html`
    <button class=${verb === "free" ? "danger" : ""} onClick=${() => act({ verb, entry })}>${t(`verb.${verb}`)}</button>`)}</span>`;
}
