// Schedules in words: what they order, when next, how the newest job ended; pause, resume, run now, delete.
import { html, useState } from "../vendor/preact_htm.js";
import { call, get } from "../api.js";
import { moment } from "../format.js";
import { learn } from "../live.js";
import { useLoad } from "../loading.js";
import { Name, printable } from "../names.js";
import { Badge } from "../parts/badge.js";
import { Confirm } from "../parts/confirm.js";
import { LoadState, ProblemBox } from "../parts/problem_box.js";
import { go, href } from "../router.js";
import { t, word } from "../words.js";
import { TYPES, subject } from "../job_text.js";

export function Schedules() {
  const load = useLoad((signal) => get("schedules", { pageSize: 200 }, signal), [], 10);
  const [state, setState] = useState({ problem: null, doomed: null });
  const found = load.data?.schedules ?? [];
  const act = (doing) => doing.then(load.reload, (problem) => setState({ problem, doomed: null }));
  const run = async (each) => {
    const job = await call("POST", `schedules/${each.id}/run`);
    learn([job]);
    go(`jobs/${job.id}`);
  };
  return html`<section>
    <div class="title"><h1>${t("view.schedules")}</h1></div>
    <${LoadState} load=${load} /><${ProblemBox} problem=${state.problem} onClose=${() => setState({ problem: null, doomed: null })} />
    ${load.data && !found.length && html`<div class="card"><p class="empty">${t("schedules.none")} <code>avio schedule create</code></p></div>`}
    ${found.length > 0 && html`<div class="card scroll"><table class="stack"><thead><tr><th>${t("name")}</th>
      <th>${t("col.status")}</th><th>${t("col.job")}</th><th>${t("when")}</th><th>${t("last")}</th>
      <th><span class="hidden">${t("actions")}</span></th></tr></thead>
      <tbody>${found.map((each) => html`<${Row} key=${each.id} each=${each}
        onPause=${() => act(call("PATCH", `schedules/${each.id}`, { body: { paused: each.status === "active" } }))}
        onRun=${() => act(run(each))} onDelete=${() => setState({ problem: null, doomed: each })} />`)}</tbody></table></div>`}
    ${load.data?.nextPageToken && html`<p class="muted pad">${t("schedules.more")}</p>`}
    ${state.doomed && html`<${Confirm} title=${t("delete")} action=${t("delete")} tone="danger" onClose=${() => setState({ problem: null, doomed: null })}
      act=${() => call("DELETE", `schedules/${state.doomed.id}`).then(load.reload)}><p>${t("schedules.delete", { name: printable(state.doomed.name || state.doomed.id) })}</p><//>`}
  </section>`;
}

function Row({ each, onPause, onRun, onDelete }) {
  const { path, list, more } = subject(each);
  const last = each.lastJob;
  return html`<tr>
    <td><b><${Name} text=${each.name || each.id.slice(-6)} /></b></td>
      <td data-label=${t("col.status")}><${Badge} kind="schedule" name=${each.status} /></td>
    <td class="what" data-label=${t("col.job")}><span>
      <span class="kind">${word("type", TYPES[each.type])}</span>${path === null ? t("filelist", { list: printable(list) }) : html`<${Name} text=${path} />`}
      ${more > 0 && html` ${t("paths.more", { more })}`}
    </span></td>
    <td data-label=${t("when")}><div>${printable(each.summary)}
      <div class="muted small mono">${each.cron} ${each.timezone}</div>
      ${each.message && html`<div class="note warn">${printable(each.message)}</div>`}
      </div></td>
    <td data-label=${t("last")}>${last ? html`<${Last} job=${last} />` : "-"}</td>
    <td><span class="actions">
      <button onClick=${onRun}>${t("run.now")}</button>
      <button onClick=${onPause}>${t(each.status === "active" ? "pause" : "resume")}</button>
      <button class="danger" onClick=${onDelete}>${t("delete")}</button>
    </span></td>
  </tr>`;
}

const Last = ({ job }) => html`<span>
  <a href=${href(`jobs/${job.id}`)}><${Badge} kind="status" name=${job.status} /></a>
  <span class="muted num"> ${moment(job.finishTime ?? job.createTime)}</span>
</span>`;
