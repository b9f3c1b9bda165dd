// A button that copies a text. Where the browser offers no clipboard (plain http), it shows the text to be copied.
import { html, useState } from "../vendor/preact_htm.js";
import { t } from "../words.js";
import { Dialog } from "./dialog.js";

export function Copy({ text, label }) {
  const [state, setState] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState("copied");
      setTimeout(() => setState(""), 2000);
    } catch {
      setState("shown");
    }
  };
  return html`<button onClick=${copy} data-copies=${text}>${state === "copied" ? t("copied") : label}</button>
    ${state === "shown" && html`<${Dialog} title=${label} onClose=${() => setState("")}>
      <pre class="copyable" tabindex="0">${text}</pre>
      <div class="actions"><button onClick=${() => setState("")} autofocus>${t("close")}</button></div>
    <//>`}`;
}
