// What a job leaves: errors by reason, failed files, its log, its report.
import { html, useEffect, useState } from "../vendor/preact_htm.js";
import { get, send } from "../api.js";
import { count } from "../format.js";
import { hasEnded, kind } from "../job_text.js";
import { useLoad } from "../loading.js";
import { Name, printable } from "../names.js";
import { ProblemBox } from "../parts/problem_box.js";
import { t } from "../words.js";

const SHOWN = 100;
const TAIL_BYTES = 64 << 10;
const MAX_DOWNLOAD = 256 << 20;

export function Errors({ job }) {
  if (!job.errors.length) return null;
  return html`<div class="card pad"><h2>${t("errors")}</h2>${job.errors.map((group) => html`
    <div class="errors" key=${group.reason}>
      <p><b class="mono">${group.reason}</b> × ${count(group.count)} <span class="muted">${t(group.retryable ? "errors.retry" : "errors.final")}</span></p>
      ${group.hint && html`<p>${printable(group.hint)}</p>`}
      <ul class="mono small">${group.samples.map((path) => html`<li><${Name} text=${path} /></li>`)}</ul>
    </div>`)}
  </div>`;
}

export function Failures({ job }) {
  const failed = job.progress.failed.files;
  const load = useLoad(async (signal) => (failed ? get(`jobs/${job.id}/failures`, { pageSize: SHOWN }, signal) : { failures: [] }), [job.id, failed > 0]);
  useEffect(() => { if (failed) load.reload(); }, [failed]);
  const found = load.data?.failures ?? [];
  if (!failed) return null;
  return html`<div class="card"><h2 class="pad">${t("failures")}</h2>
    <${ProblemBox} problem=${load.problem} />
    <div class="scroll"><table><thead><tr><th>${t("path")}</th><th>${t("reason")}</th><th>${t("why")}</th>
      <th class="num">${t("tries")}</th></tr></thead>
    <tbody>${found.map((each) => html`<tr key=${each.path}>
      <td class="mono small"><${Name} text=${each.path} /></td><td class="mono small">${each.reason}</td>
        <td><bdi>${printable(each.message)}</bdi></td><td class="num">${each.tries}</td>
    </tr>`)}</tbody></table></div>
    ${load.data?.nextPageToken && html`<p class="pad muted">${t("failures.more")}</p>`}
  </div>`;
}

export function Log({ job }) {
  const [wanted, setWanted] = useState(false);
  const load = useLoad(async (signal) => (wanted ? tail(job.id, signal) : ""), [job.id, wanted, job.status]);
  const isMissing = load.problem?.status === 404;
  return html`<div class="card pad"><h2>${t("log")}</h2>
    ${!wanted && html`<button onClick=${() => setWanted(true)}>${t("log.show")}</button>`}
    ${wanted && isMissing && html`<p class="muted">${printable(load.problem.what)}</p>`}
    ${wanted && !isMissing && html`<${ProblemBox} problem=${load.problem} />`}
    ${wanted && load.data && html`<pre class="log" tabindex="0" aria-label=${t("log")}>${load.data}</pre>`}
  </div>`;
}

// The last lines of the log, with at most TAIL_BYTES of memory for it.
async function tail(id, signal) {
  const response = await send("GET", `jobs/${id}/log`, { signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let [text, isCut] = ["", false];
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    text += value;
    if (text.length > TAIL_BYTES) [text, isCut] = [text.slice(-TAIL_BYTES), true];
  }
  return isCut ? `${t("log.cut")}\n${text.slice(text.indexOf("\n") + 1)}` : text;
}

export function Download({ job }) {
  const [state, setState] = useState({ isBusy: false, problem: null });
  if (!hasEnded(job)) return null;
  const parts = ["report", "log", ...(["ls", "stat", "plan"].includes(kind(job)) ? ["result"] : [])];
  const save = async (part) => {
    setState({ isBusy: true, problem: null });
    const problem = await download(job.id, part).then(() => null, (error) => error);
    setState({ isBusy: false, problem });
  };
  return html`<div class="actions">
    ${parts.map((part) => html`<button disabled=${state.isBusy} onClick=${() => save(part)}>${t(`download.${part}`)}</button>`)}
    <${ProblemBox} problem=${state.problem} onClose=${() => setState({ isBusy: false, problem: null })} />
  </div>`;
}

// A link could not send the token: the text is fetched, and handed to the browser as a file.
async function download(id, part) {
  const response = await send("GET", `jobs/${id}/${part}`);
  const pieces = [];
  let bytes = 0;
  const reader = response.body.getReader();
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    bytes += value.length;
    if (bytes > MAX_DOWNLOAD) {
      await reader.cancel();
      throw { what: t("download.large"), cure: `avio ${part === "log" ? "log" : "report"} ${id}` };
    }
    pieces.push(value);
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(pieces));
  link.download = `${id}.${part === "log" ? "log" : `${part}.jsonl`}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
