// The table of jobs: one row each, with its bar; rows can be chosen.
import { html } from "../vendor/preact_htm.js";
import { age, moment, size } from "../format.js";
import { hasEnded, kind, left, subject, waits } from "../job_text.js";
import { Name, printable } from "../names.js";
import { Badge } from "../parts/badge.js";
import { Bar } from "../parts/bar.js";
import { href } from "../router.js";
import { t, word } from "../words.js";

export function JobTable({ rows, users, chosen, choose, isLoading }) {
  const isAdmin = Object.keys(users).length > 0;
  const areAll = rows.length > 0 && rows.every((job) => chosen.has(job.id));
  const chooseAll = () => choose(areAll ? new Set() : new Set(rows.map((job) => job.id)));
  const toggle = (id) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    choose(next);
  };
  if (!rows.length) return html`<p class="empty">${t(isLoading ? "loading" : "jobs.none")}</p>`;
  return html`<div class="scroll"><table class="jobs">
    <thead><tr>
      <th class="pick"><input type="checkbox" checked=${areAll} onChange=${chooseAll} aria-label=${t("choose.all")} /></th>
      <th>${t("col.status")}</th><th>${t("col.job")}</th><th class="barcol">${t("progress")}</th>
      <th class="num">${t("speed")}</th><th class="num">${t("col.left")}</th>
      ${isAdmin && html`<th>${t("col.user")}</th>`}<th class="num">${t("col.age")}</th><th class="wide">${t("col.id")}</th>
    </tr></thead>
    <tbody>${rows.map((job) => html`<${Row} key=${job.id} job=${job} user=${isAdmin && (users[job.uid] ?? String(job.uid))} isChosen=${chosen.has(job.id)} toggle=${toggle} />`)}</tbody>
  </table></div>`;
}

function Row({ job, user, isChosen, toggle }) {
  const isRunning = job.status === "running";
  return html`<tr class=${isChosen ? "chosen" : ""} data-job=${job.id}>
    <td class="pick"><input type="checkbox" checked=${isChosen} onChange=${() => toggle(job.id)} aria-label=${t("choose.one", { id: job.id })} /></td>
    <td class="status"><${Badge} kind="status" name=${job.status} /></td>
    <td class="what"><${Subject} job=${job} /><${Notes} job=${job} /></td>
    <td class="barcol figures"><${Bar} job=${job} /></td>
    <td class=${`num figures tempo ${isRunning ? "" : "none"}`} data-label=${t("speed")}>${isRunning ? `${size(job.progress.speedBps)}/s` : "-"}</td>
    <td class=${`num figures tempo ${isRunning ? "" : "none"}`} data-label=${t("col.left")}>${isRunning ? left(job) : "-"}</td>
    ${user && html`<td class="user muted"><${Name} text=${user} /></td>`}
    <td class="num muted age" title=${moment(job.createTime)}>${age(job.createTime)}</td>
    <td class="wide mono small muted">${job.id}</td>
  </tr>`;
}

// What a job is about: its type and path, as a link to the job.
export function Subject({ job }) {
  const { path, list, more } = subject(job);
  return html`<a class="subject" href=${href(`jobs/${job.id}`)}>
    <span class="kind">${word("type", kind(job))}</span>
    ${path === null ? html`<span>${t("filelist", { list: printable(list) })}</span>` : html`<${Name} text=${path} />`}
    ${more > 0 && html`<span class="muted">${t("paths.more", { more })}</span>`}
  </a>`;
}

function Notes({ job }) {
  const failed = job.progress.failed.files;
  const notes = [job.name && { tone: "muted", text: job.name }, { tone: "warn", text: waits(job) }];
  if (failed > 0) notes.push({ tone: "bad", text: t("failed.count", { count: failed }) });
  if (hasEnded(job) && job.status !== "succeeded" && job.message) notes.push({ tone: "muted", text: job.message });
  return html`${notes.filter((note) => note && note.text).map(({ tone, text }) => html`<div class=${`note ${tone}`}><bdi>${printable(text)}</bdi></div>`)}`;
}
