// One job: where it stands, its phases and attempts, speed over time, errors, failed files, log, report.
import { html, useEffect } from "../vendor/preact_htm.js";
import { get } from "../api.js";
import { commandOf } from "../cli.js";
import { duration, moment, speed } from "../format.js";
import { elapsed, eta, hasEnded, kind, subject, waits } from "../job_text.js";
import { arrivals, jobOf, learn, pointsOf, pulse } from "../live.js";
import { useLoad, useNow } from "../loading.js";
import { Name, printable } from "../names.js";
import { Badge } from "../parts/badge.js";
import { Bar } from "../parts/bar.js";
import { SpeedChart } from "../parts/chart.js";
import { Copy } from "../parts/copy.js";
import { LoadState, ProblemBox } from "../parts/problem_box.js";
import { go, href } from "../router.js";
import { useStore } from "../store.js";
import { t, word } from "../words.js";
import { JobActions } from "./job_actions.js";
import { JobChange } from "./job_change.js";
import { Attempts, Timeline } from "./job_course.js";
import { Facts } from "./job_facts.js";
import { Download, Errors, Failures, Log } from "./job_left.js";
import { PlanFigures } from "./plan_figures.js";

export function Job({ id }) {
  useStore(pulse);
  useNow();
  const come = useStore(arrivals);
  const load = useLoad(async (signal) => {
    const job = await get(`jobs/${encodeURIComponent(id)}`, {}, signal);
    learn([job]);
    return job;
  }, [id]);
  useEffect(() => { if (load.data && !hasEnded(load.data)) load.reload(); }, [come]);
  if (!load.data) return html`<${LoadState} load=${load} />`;
  const job = { ...load.data, ...newest(id, load.data) };
  const points = pointsOf(id);
  const retried = (made) => (hasEnded(job) && made[0] && made[0].id !== id ? go(`jobs/${made[0].id}`) : load.reload());
  return html`<section class="job">
    <div class="title">
      <h1><${Heading} job=${job} /></h1><${Badge} kind="status" name=${job.status} />
      <${JobActions} jobs=${[job]} isOne=${true} onDone=${retried} />
      <${JobChange} job=${job} />
      ${commandOf(job) && html`<${Copy} text=${commandOf(job)} label=${t("copy.cli")} />`}
    </div>
    <${ProblemBox} problem=${load.problem} />
    ${job.message && html`<p class=${`message ${job.status}`}><bdi>${printable(job.message)}</bdi></p>`}
    <div class="card pad figures">
      <${Bar} job=${job} isLarge=${true} />
      <p class="pace num">
        <span><span class="muted">${t("speed")}</span> ${job.status === "running" ? paceOf(job) : "-"}</span>
        <span><span class="muted">${t("eta")}</span> ${eta(job)}</span>
        <span><span class="muted">${t("ran")}</span> ${elapsed(job)}</span>
        ${job.queueSeconds !== null && html`<span><span class="muted">${t("queued.for")}</span> ${duration(job.queueSeconds)}</span>`}
        <span><span class="muted">${t("col.created")}</span> ${moment(job.createTime)}</span>
      </p>
      ${waits(job) && html`<p class="note warn">${printable(waits(job))}</p>`}
    </div>
    ${job.plan && html`<${PlanFigures} plan=${job.plan} />`}
    <${Timeline} job=${job} />
    ${points.length > 1 && html`<div class="card pad"><h2>${t("chart")}</h2>
      <${SpeedChart} key=${id} points=${points} /><p class="muted small">${t("chart.since", { time: moment(new Date(points[0].time * 1000).toISOString()) })}</p></div>`}
    <${Errors} job=${job} />
    <${Failures} job=${job} />
    <${Attempts} job=${job} /><${Facts} job=${job} />
    <${Log} job=${job} /><${Download} job=${job} />
  </section>`;
}

// What the job is about; its path leads to the files there.
function Heading({ job }) {
  const { path, list, more, isEncoded } = subject(job);
  return html`<span class="kind">${word("type", kind(job))}</span>
    ${path === null ? t("filelist", { list: printable(list) }) : html`<a href=${href("files", { path, encoded: isEncoded ? "1" : "" })}><${Name} text=${path} /></a>`}
    ${more > 0 && html` <span class="muted">${t("paths.more", { more })}</span>`}`;
}

// The job as the stream knows it; of what it does not tell (attempts, plan) the answer of the call stays.
function newest(id, loaded) {
  const told = jobOf(id);
  return told && told.version >= loaded.version ? told : {};
}

function paceOf({ progress }) {
  const parts = [t("pace.now", { speed: speed(progress.speedBps) })];
  if (progress.averageBps) parts.push(t("pace.average", { speed: speed(progress.averageBps) }));
  if (progress.inFlight) parts.push(t("pace.inflight", { count: progress.inFlight }));
  return parts.join(" · ");
}
