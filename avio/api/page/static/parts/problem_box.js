// An error of the API in its three parts: what, why, what to do.
import { html } from "../vendor/preact_htm.js";
import { printable } from "../names.js";
import { t } from "../words.js";

export function ProblemBox({ problem, onClose }) {
  if (!problem) return null;
  const { what = problem.message, why = [], cure = "", reason = "", requestId = "" } = problem;
  return html`<div class="problem" role="alert">
    <p class="what"><b>${printable(what)}</b></p>
    ${why.length > 0 && html`<ul>${why.map((each) => html`<li>${printable(each)}</li>`)}</ul>`}
    ${cure && html`<p><span class="muted">${t("problem.cure")}</span> ${printable(cure)}</p>`}
    ${(reason || requestId) && html`<p class="muted small mono">${[reason, requestId && `${t("problem.request")} ${requestId}`].filter(Boolean).join(" · ")}</p>`}
    ${onClose && html`<button class="plain close" onClick=${onClose} aria-label=${t("close")}>×</button>`}
  </div>`;
}

// What a view shows of a load that failed or has not come: the problem, and since when the figures are old.
export function LoadState({ load }) {
  if (load.problem) return html`<${ProblemBox} problem=${load.problem} />`;
  return load.data ? null : html`<p class="muted pad" role="status">${t("loading")}</p>`;
}
