// The worker nodes and the queue: who has which slots, who waits and why.
import { html } from "../vendor/preact_htm.js";
import { get } from "../api.js";
import { age, clock, moment } from "../format.js";
import { waits } from "../job_text.js";
import { jobOf, learn, pulse } from "../live.js";
import { useLoad } from "../loading.js";
import { Name, printable } from "../names.js";
import { Badge } from "../parts/badge.js";
import { LoadState } from "../parts/problem_box.js";
import { href } from "../router.js";
import { useStore } from "../store.js";
import { t } from "../words.js";
import { Subject } from "./job_table.js";

const EVERY_SECONDS = 5;
const SQUARES_MAX = 64; // slots of a node that are drawn

export function Nodes() {
  const load = useLoad((signal) => get("nodes", {}, signal), [], EVERY_SECONDS);
  const queue = useLoad(async (signal) => {
    const page = await get("jobs", { filter: "status:queued", pageSize: 100 }, signal);
    learn(page.jobs);
    return page;
  }, [], EVERY_SECONDS);
  const nodes = load.data?.nodes ?? [];
  const alive = nodes.filter((node) => node.state === "active");
  const sum = (name) => alive.reduce((all, node) => all + node[name], 0);
  return html`<section>
    <div class="title"><h1>${t("view.nodes")}</h1>
      ${load.data && html`<span class="num">${t("slots.of", { busy: sum("busy"), slots: sum("slots"), nodes: alive.length })}</span>`}
      ${load.at > 0 && html`<span class="muted num">${t("asof", { time: clock(new Date(load.at)) })}</span>`}
    </div>
    <${LoadState} load=${load} />
    <div class=${load.problem ? "card stale" : "card"}>
      ${load.data && !nodes.length && html`<p class="empty">${t("nodes.none")}</p>`}
      ${nodes.length > 0 && html`<div class="scroll"><table class="stack"><thead><tr><th>${t("node")}</th><th>${t("state")}</th>
        <th>${t("slots")}</th><th class="num">${t("seen")}</th><th class="num">${t("started")}</th><th>${t("view.jobs")}</th></tr>
        </thead>
        <tbody>${nodes.map((node) => html`<${Node} key=${node.name} node=${node} />`)}</tbody></table></div>`}
    </div>
    <${Queue} load=${queue} />
  </section>`;
}

function Node({ node }) {
  return html`<tr>
    <td><b><${Name} text=${node.name} /></b></td><td data-label=${t("state")}><${Badge} kind="node" name=${node.state} /></td>
    <td data-label=${t("slots")}><${Slots} node=${node} /></td>
    <td class="num" data-label=${t("seen")} title=${moment(node.seenTime)}>${age(node.seenTime)}</td>
      <td class="num muted" data-label=${t("started")}>${moment(node.startTime)}</td>
    <td data-label=${t("view.jobs")}>${node.jobs.length ? node.jobs.map((job) => html`<${Running} job=${job} />`) : "-"}</td>
  </tr>`;
}

const Running = ({ job }) => html`<a class="each" href=${href(`jobs/${job.id}`)}><${Name} text=${job.path ?? job.name ?? job.id} /></a>`;

function Slots({ node: { busy, slots } }) {
  const squares = Array.from({ length: Math.min(slots, SQUARES_MAX) }, (_, index) => html`<i class=${index < busy ? "busy" : ""}></i>`);
  return html`<span>
    <span class="slots" role="img" aria-label=${t("slots.label", { busy, slots })}>${squares}</span> <span class="num">${busy}/${slots}</span>
  </span>`;
}

function Queue({ load }) {
  useStore(pulse);
  const jobs = (load.data?.jobs ?? []).map((job) => jobOf(job.id) ?? job).filter((job) => job.status === "queued");
  const users = load.data?.users ?? {};
  jobs.sort((one, other) => (one.waiting?.position ?? 1e9) - (other.waiting?.position ?? 1e9));
  const oldest = jobs.map((job) => job.createTime).sort()[0];
  return html`<div class=${load.problem ? "card stale" : "card"}>
    <div class="title pad"><h2>${t("queue")}</h2>
      ${jobs.length > 0 && html`<span class="muted num">${t("queue.sum", { count: `${jobs.length}${load.data.nextPageToken ? "+" : ""}`, age: age(oldest) })}</span>`}
      </div>
    <${LoadState} load=${load} />
    <${ByUser} jobs=${jobs} users=${users} />
    ${load.data && !jobs.length && html`<p class="empty">${t("queue.none")}</p>`}
    ${jobs.length > 0 && html`<div class="scroll"><table class="stack"><thead><tr><th class="num">#</th><th>${t("col.job")}</th>
      <th>${t("col.user")}</th><th>${t("why")}</th><th class="num">${t("col.age")}</th></tr></thead>
    <tbody>${jobs.map((job) => html`<tr key=${job.id}><td class="num" data-label="#">${job.waiting?.position ?? "-"}</td>
      <td class="what"><${Subject} job=${job} /></td><td data-label=${t("col.user")}>${printable(users[job.uid] ?? job.uid)}</td>
      <td data-label=${t("why")}><bdi>${printable(waits(job) || job.message)}</bdi></td>
        <td class="num" data-label=${t("col.age")}>${age(job.createTime)}</td></tr>`)}</tbody></table></div>`}
  </div>`;
}

// How many jobs of each user wait, where there are several.
function ByUser({ jobs, users }) {
  const counts = new Map();
  for (const { uid } of jobs) counts.set(uid, (counts.get(uid) ?? 0) + 1);
  if (counts.size < 2) return null;
  const rows = [...counts].sort(([, one], [, other]) => other - one);
  return html`<p class="pad muted">${rows.map(([uid, number]) => html`<span class="each-user"><${Name} text=${users[uid] ?? String(uid)} /> <b class="num">${number}</b></span>`)}</p>`;
}
