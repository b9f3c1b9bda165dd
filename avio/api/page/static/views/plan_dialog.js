// A preload or a save of a path: its plan first, which moves nothing, then the order.
import { html, useEffect, useState } from "../vendor/preact_htm.js";
import { call, get } from "../api.js";
import { count } from "../format.js";
import { hasEnded } from "../job_text.js";
import { learn } from "../live.js";
import { Name, printable, spelled } from "../names.js";
import { Confirm } from "../parts/confirm.js";
import { ProblemBox } from "../parts/problem_box.js";
import { go } from "../router.js";
import { t } from "../words.js";
import { PlanFigures } from "./plan_figures.js";

const TYPE = { preload: 1, save: 2 };
const WAIT_SECONDS = 20;

export function PlanDialog({ verb, entry, onClose }) {
  const params = { ...spelled(entry.path, entry.isEncoded), fromFileList: false };
  const [state, setState] = useState({ job: null, problem: null });
  useEffect(() => {
    const until = new AbortController();
    planned(verb, params, until.signal, (job) => setState({ job, problem: null }))
      .catch((problem) => until.signal.aborted || setState((before) => ({ ...before, problem })));
    return () => until.abort();
  }, []);
  const { job, problem } = state;
  const order = async () => {
    const made = await call("POST", verb, { body: { params } });
    learn([made]);
    go(`jobs/${made.id}`);
  };
  return html`<${Confirm} title=${t(`verb.${verb}`)} action=${t(`verb.${verb}`)} act=${order} onClose=${onClose}>
    <p class="mono"><${Name} text=${entry.path} /></p>
    ${problem && html`<${ProblemBox} problem=${problem} /><p class="muted">${t("plan.without")}</p>`}
    ${!problem && !job?.plan && html`<p class="muted" role="status">
      ${job ? t("plan.listing", { count: count(job.progress.total.files) }) : t("plan.asked")}
      ${job?.status === "queued" && html` <bdi>${printable(job.message)}</bdi>`}
    </p>`}
    ${job && hasEnded(job) && !job.plan && html`<p class="note bad">${printable(job.message)}</p>`}
    ${job?.plan && html`<${PlanFigures} plan=${job.plan} />`}
  <//>`;
}

// Order the plan and follow it to its end; the plan of a closed dialog is cancelled.
async function planned(verb, params, signal, show) {
  let job = await call("POST", "plans", { body: { type: TYPE[verb], params }, signal });
  signal.addEventListener("abort", () => hasEnded(job) || call("POST", `jobs/${job.id}/cancel`).catch(() => {}));
  while (!hasEnded(job) && !signal.aborted) {
    show(job);
    job = await get(`jobs/${job.id}`, { wait: WAIT_SECONDS, ifVersion: job.version }, signal);
  }
  show(job.plan ? job : await get(`jobs/${job.id}`, {}, signal));
}
