// The bar of a job: share by bytes; while the listing goes on the share is unknown, and totals are lower bounds.
import { html } from "../vendor/preact_htm.js";
import { percent } from "../format.js";
import { bytesOf, filesOf, hasEnded, kind } from "../job_text.js";
import { t } from "../words.js";

const MOVING = ["preload", "save", "check", "free", "plan", "ls", "stat"];

export function Bar({ job, isLarge = false }) {
  const share = job.progress.percent;
  const isOpen = job.status === "running" && share === null;
  const failed = job.progress.failed.files;
  const label = `${t("progress")}: ${percent(share)}`;
  if (!MOVING.includes(kind(job)) || (job.phase === null && !hasEnded(job))) return html`<span class="muted">-</span>`;
  return html`<div class=${`bar ${isLarge ? "large" : ""} ${isOpen ? "open" : ""} ${failed ? "marred" : ""} ${job.status}`}>
    <div class="track" role="progressbar" aria-label=${label} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${share ?? undefined}>
      <div class="fill" style=${`width:${share ?? 0}%`}></div>
    </div>
    <div class="told num"><b>${percent(share)}</b><span>${filesOf(job)} ${t("files")}</span><span>${bytesOf(job)}</span></div>
  </div>`;
}

// A bar of several parts, each with a share of `whole`.
export function PartsBar({ parts, whole, label }) {
  const width = (part) => (whole > 0 ? Math.max(0, Math.min(100, (100 * part) / whole)) : 0);
  return html`<div class="parts" role="img" aria-label=${label}>
    ${parts.map(({ kind: tone, bytes }) => html`<span class=${tone} style=${`width:${width(bytes)}%`}></span>`)}
  </div>`;
}
