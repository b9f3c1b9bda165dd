// Changes of a job that has not ended: its name, its priority, and the limits that it follows while it runs.
import { html, useState } from "../vendor/preact_htm.js";
import { Problem, call } from "../api.js";
import { hasEnded, kind } from "../job_text.js";
import { learn } from "../live.js";
import { Confirm } from "../parts/confirm.js";
import { t } from "../words.js";

const MOVING = ["preload", "save"];
const COUNTING = [...MOVING, "check"];
const UNITS = { "": 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12, KI: 2 ** 10, MI: 2 ** 20, GI: 2 ** 30, TI: 2 ** 40 };

export function JobChange({ job }) {
  const [isOpen, setOpen] = useState(false);
  if (hasEnded(job)) return null;
  return html`<button onClick=${() => setOpen(true)}>${t("change")}</button>
    ${isOpen && html`<${Form} job=${job} onClose=${() => setOpen(false)} />`}`;
}

function Form({ job, onClose }) {
  const [given, setGiven] = useState({});
  const field = (name) => ({ name, value: given[name] ?? shown(job[name]), onInput: (event) => setGiven({ ...given, [name]: event.target.value.trim() }) });
  const change = async () => {
    const body = Object.fromEntries(Object.entries(given).map(([name, text]) => [name, READ[name](text)]));
    if (Object.keys(body).length) learn([await call("PATCH", `jobs/${job.id}`, { body })]);
  };
  return html`<${Confirm} title=${t("change")} action=${t("change")} act=${change} onClose=${onClose}>
    <div class="fields">
      <label>${t("name")}<input ...${field("name")} maxlength="255" /></label>
      <label>${t("priority")}<input ...${field("priority")} inputmode="numeric" placeholder="0" /></label>
      ${MOVING.includes(kind(job)) && html`<label>${t("bandwidth")}<input ...${field("bandwidth")} placeholder="100MiB" /></label>`}
      ${COUNTING.includes(kind(job)) && html`<label>${t("concurrency")}<input ...${field("concurrency")} inputmode="numeric" placeholder=${t("limits.any")} /></label>`}
    </div>
    <p class="muted">${t("change.what")}</p>
  <//>`;
}

const shown = (value) => (value === null ? "" : String(value));
const number = (text) => (text === "" ? null : Number.isInteger(Number(text)) ? Number(text) : refuse(text, t("change.number")));
const READ = { name: (text) => text || null, priority: number, concurrency: number, bandwidth };

// Bytes per second of `100MiB`, `1GB` or plain digits; nothing is no limit.
function bandwidth(text) {
  if (text === "") return null;
  const found = /^(\d+(?:\.\d+)?)\s*([KMGT]I?)?B?(?:\/s)?$/i.exec(text);
  return found ? Math.round(Number(found[1]) * UNITS[(found[2] ?? "").toUpperCase()]) : refuse(text, t("change.size"));
}

function refuse(text, cure) {
  throw new Problem({ what: t("change.refused", { text }), cure });
}
