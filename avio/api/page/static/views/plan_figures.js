// What a plan has found: files to move, in place and in the way, the room of the tiers, warnings.
import { html } from "../vendor/preact_htm.js";
import { amount, count, duration, size } from "../format.js";
import { Name, printable } from "../names.js";
import { href } from "../router.js";
import { t, word } from "../words.js";

export function PlanFigures({ plan }) {
  const facts = [
    [t("plan.move"), amount(plan.toMove)], [t("plan.inplace"), amount(plan.inPlace)], [t("fig.kept"), amount(plan.kept)],
    [t("fig.failed"), plan.filesFailed ? count(plan.filesFailed) : null], [t("fig.leftout"), plan.filesLeftOut ? count(plan.filesLeftOut) : null],
    [t("plan.evicts"), plan.evicts ? size(plan.evicts) : null], [t("plan.requests"), plan.requests === null ? null : count(plan.requests)],
    [t("plan.expected"), plan.expectedSeconds === null ? "?" : `~${duration(plan.expectedSeconds)}`],
  ];
  return html`<div class="plan">
    <p class="summary"><b>${printable(plan.summary)}</b></p>
    <dl class="facts">${facts.filter(([, value]) => value !== null).map(([name, value]) => html`<div><dt>${name}</dt>
      <dd class="num">${value}</dd></div>`)}
      ${plan.tiers.map((tier) => html`<div><dt>${t("tier")} ${tier.alias}</dt>
        <dd class="num">${t("plan.tier", { free: size(tier.free), capacity: size(tier.capacity) })}</dd></div>`)}
    </dl>
    ${plan.warnings.map((each) => html`<p class="note warn"><b class="mono small">${each.reason}</b> ${printable(each.message)}</p>`)}
    ${plan.jobs.length > 0 && html`<p class="muted">${t("plan.jobs")}</p><ul>${plan.jobs.map((job) => html`
      <li><a href=${href(`jobs/${job.id}`)}>${word("status", job.status)} · ${job.path ? html`<${Name} text=${job.path} />` : job.id}</a> (${printable(job.user)})</li>`)}</ul>`}
  </div>`;
}
