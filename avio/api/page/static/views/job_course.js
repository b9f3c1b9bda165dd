// The course of a job: its phases on one line, and its attempts with nodes and movers.
import { html } from "../vendor/preact_htm.js";
import { duration, moment, size } from "../format.js";
import { hasEnded } from "../job_text.js";
import { printable } from "../names.js";
import { Badge } from "../parts/badge.js";
import { t, word } from "../words.js";

export function Timeline({ job }) {
  const parts = [{ phase: "queued", seconds: job.queueSeconds ?? (Date.now() - new Date(job.createTime)) / 1000 }];
  for (const each of job.phases) parts.push(each);
  const isOpen = !hasEnded(job);
  const last = parts[parts.length - 1];
  const all = parts.reduce((sum, each) => sum + each.seconds, 0) || 1;
  return html`<div class="card pad"><h2>${t("timeline")}</h2>
    <ol class="timeline">${parts.map((each) => html`
      <li class=${`${each.phase} ${isOpen && each === last ? "now" : ""}`} style=${`flex-grow:${Math.max(0.08, each.seconds / all).toFixed(3)}`}>
        <span class="line"></span><b>${word("phase", each.phase)}</b><span class="num muted">${each.seconds < 10 ? `${each.seconds.toFixed(1)}s` : duration(each.seconds)}</span>
      </li>`)}
      ${!isOpen && html`<li class="end"><span class="line"></span><${Badge} kind="status" name=${job.status} /><span class="num muted">${moment(job.finishTime)}</span></li>`}
    </ol>
  </div>`;
}

export function Attempts({ job }) {
  const attempts = job.attempts ?? [];
  return html`<div class="card"><h2 class="pad">${t("attempts")}</h2>
    ${!attempts.length && html`<p class="empty">${t("attempts.none")}</p>`}
    ${attempts.length > 0 && html`<div class="scroll"><table>
      <thead><tr><th class="num narrow">${t("attempt")}</th><th>${t("node")}</th><th class="num">${t("started")}</th>
        <th class="num">${t("ran")}</th><th>${t("outcome")}</th></tr></thead>
      <tbody>${attempts.map((each) => html`<${Attempt} key=${each.attempt} attempt=${each} />`)}</tbody>
    </table></div>`}
  </div>`;
}

function Attempt({ attempt }) {
  const end = attempt.endTime ? new Date(attempt.endTime) : new Date();
  const movers = attempt.movers ?? [];
  return html`<tr>
      <td class="num">${attempt.attempt}</td><td>${printable(attempt.node)}</td><td class="num">${moment(attempt.startTime)}</td>
      <td class="num">${duration((end - new Date(attempt.startTime)) / 1000)}</td>
      <td>${attempt.outcome ? html`<${Badge} kind="status" name=${attempt.outcome} />` : t("outcome.open")}</td>
    </tr>
    ${movers.map((mover, number) => html`<tr class="sub muted"><td></td>
      <td colspan="4">${t("mover", { number: number + 1, files: mover.files, bytes: size(mover.bytes), cpu: (mover.cpuMs / 1000).toFixed(1) })}</td>
    </tr>`)}`;
}
