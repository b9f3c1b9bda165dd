// Every other figure and fact of a job, as `avio job show` has them.
import { html } from "../vendor/preact_htm.js";
import { amount, count, moment, size, speed } from "../format.js";
import { averageOf, hasEnded, kind } from "../job_text.js";
import { Name, printable } from "../names.js";
import { href } from "../router.js";
import { t } from "../words.js";

const OF_THE_PATH = ["alluxioUri", "paths", "alluxioUriEncoded", "fromFileList", "filtersEncoded"];
const link = (id) => html`<a class="mono" href=${href(`jobs/${id.split(":")[0]}`)}>${id}</a>`;

export function Facts({ job }) {
  return html`<div class="card"><h2 class="pad">${t("facts")}</h2>
    <dl class="facts">${rows(job).filter(([, value]) => value !== null && value !== "").map(([name, value]) => html`<div><dt>${name}</dt>
      <dd>${value}</dd></div>`)}</dl>
  </div>`;
}

function rows(job) {
  const { progress, params } = job;
  const isCheck = kind(job) === "check";
  return [
    [t("col.id"), html`<span class="mono">${job.id}</span>`],
    [t("name"), job.name && html`<${Name} text=${job.name} />`],
    ...(params.paths ?? []).slice(0, 50).map((path) => [t("path"), html`<${Name} text=${path} />`]),
    [t("col.uid"), String(job.uid)],
    [t("reason"), job.reason],
    [t("phase"), job.phase && !hasEnded(job) ? t(`phase.${job.phase}`) : null],
    [t("fig.total"), `${progress.total.complete ? "" : "≥"}${amount(progress.total)}`],
    [t("fig.done"), amount(progress.done)],
    [t("fig.skipped"), amount(progress.skipped)],
    [t("fig.shared"), amount(progress.shared)],
    [t("fig.kept"), amount(progress.kept)],
    [t("fig.failed"), amount(progress.failed)],
    [t("fig.leftout"), count(progress.filesLeftOut)],
    [t("fig.repaired"), count(progress.filesRepaired)],
    [t("fig.different"), isCheck ? amount(progress.different) : null],
    [t("fig.bucket"), isCheck ? amount(progress.onlyInBucket) : null],
    [t("fig.cache"), isCheck ? amount(progress.onlyInCache) : null],
    [t("fig.wire"), size(progress.bytesWire)],
    [t("fig.inflight"), hasEnded(job) ? null : `${count(progress.inFlight)} · ${size(progress.bytesInFlight)}`],
    [t("fig.average"), averageOf(job)],
    [t("fig.verified"), job.verified ? amount(job.verified) : "-"],
    [t("limits"), `${job.bandwidth === null ? t("limits.none") : speed(job.bandwidth)} · ${job.concurrency === null ? t("limits.any") : t("limits.files", { count: job.concurrency })}`],
    [t("priority"), String(job.priority)],
    [t("labels"), printable(Object.entries(job.labels).map(([name, value]) => `${name}=${value}`).join(", "))],
    ...Object.entries(params).filter(([name, value]) => !OF_THE_PATH.includes(name) && value !== null && value !== false)
      .map(([name, value]) => [html`<span class="mono small">${name}</span>`, html`<span class="mono small">${printable([].concat(value).join("\u2003"))}</span>`]),
    [t("localpath"), job.localPath && html`<span class="mono small"><${Name} text=${job.localPath} /></span>`],
    [t("node"), job.node && printable(job.node)],
    [t("attempt"), String(job.attempt)],
    [t("started"), job.startTime && moment(job.startTime)],
    [t("updated"), moment(job.updateTime)],
    [t("finished"), job.finishTime && moment(job.finishTime)],
    [t("notbefore"), job.at && moment(job.at)],
    ...job.after.map((id) => [t("after"), link(id)]),
    [t("retryof"), job.retryOf && link(job.retryOf)],
    [t("schedule"), job.scheduleId && html`<a class="mono" href=${href("schedules")}>${job.scheduleId}</a>`],
    [t("version"), String(job.version)],
  ];
}
