// What can be done to chosen jobs, in one or in many: stop those that go on, run again those that have ended.
import { html, useState } from "../vendor/preact_htm.js";
import { call } from "../api.js";
import { hasEnded, kind } from "../job_text.js";
import { learn } from "../live.js";
import { each } from "../loading.js";
import { Confirm } from "../parts/confirm.js";
import { ProblemBox } from "../parts/problem_box.js";
import { t } from "../words.js";

const canStop = (job) => !hasEnded(job) && job.status !== "stopping";
const canRetryFailed = (job) => ["preload", "save", "check"].includes(kind(job)) && ["partial", "failed"].includes(job.status) && job.progress.failed.files > 0;

const ACTS = {
  stop: { fits: canStop, tone: "danger", send: (job) => call("POST", `jobs/${job.id}/cancel`) },
  retryFailed: { fits: canRetryFailed, tone: "", send: (job) => call("POST", `jobs/${job.id}/retry`, { body: { failed: true } }) },
  retry: { fits: (job) => hasEnded(job) && kind(job) !== "ls" && kind(job) !== "stat", tone: "", send: (job) => call("POST", `jobs/${job.id}/retry`) },
};

export function JobActions({ jobs, onDone, isOne = false }) {
  const [asked, setAsked] = useState(null);
  const [problems, setProblems] = useState([]);
  if (!isOne && !jobs.length && !problems.length) return null;
  const run = async () => {
    const made = [];
    const failed = await each(asked.jobs, async (job) => made.push(await ACTS[asked.name].send(job)));
    learn(made);
    if (failed.length && isOne) throw failed[0].problem;
    setProblems(failed);
    onDone(made);
  };
  return html`<div class=${isOne ? "actions" : "actions bulk"} aria-live="polite">
    ${!isOne && jobs.length > 0 && html`<span>${t("chosen", { count: jobs.length })}</span>`}
    ${Object.entries(ACTS).map(([name, act]) => {
      const fitting = jobs.filter(act.fits);
      if (!fitting.length) return null;
      const label = isOne ? t(`act.${name}`) : `${t(`act.${name}`)} (${fitting.length})`;
      return html`<button class=${act.tone} onClick=${() => setAsked({ name, jobs: fitting })}>${label}</button>`;
    })}
    ${problems.map(({ thing, problem }) => html`<${ProblemBox} problem=${{ ...problem, what: `${thing.id}: ${problem.what}` }} />`)}
    ${problems.length > 0 && html`<button class="plain" onClick=${() => setProblems([])}>${t("close")}</button>`}
    ${asked && html`<${Confirm} title=${t(`act.${asked.name}`)} action=${t(`act.${asked.name}`)} tone=${ACTS[asked.name].tone} act=${run} onClose=${() => setAsked(null)}>
      <p>${t(`act.${asked.name}.ask`, { count: asked.jobs.length })}</p>
    <//>`}
  </div>`;
}
