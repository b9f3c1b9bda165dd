// Starts the page: draws it, and again when the address, the session or the language changes.
import { html, render } from "./vendor/preact_htm.js";
import { App } from "./app.js";
import { applyTheme } from "./theme.js";

applyTheme();
render(html`<${App} />`, document.getElementById("page"));
