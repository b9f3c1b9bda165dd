// The cache: what each tier holds, has promised, and must not drop; and who fills it.
import { html } from "../vendor/preact_htm.js";
import { get } from "../api.js";
import { clock, count, moment, percent, size } from "../format.js";
import { useLoad } from "../loading.js";
import { Name, printable } from "../names.js";
import { PartsBar } from "../parts/bar.js";
import { LoadState } from "../parts/problem_box.js";
import { t } from "../words.js";
import { Top } from "./cache_top.js";

const EVERY_SECONDS = 5;

export function Cache({ query }) {
  const load = useLoad((signal) => get("tiers", {}, signal), [], EVERY_SECONDS);
  const sums = useLoad(async (signal) => dirty(load.data?.tiers ?? [], signal), [load.data?.tiers.map((tier) => tier.alias).join()], 30);
  const keeps = useLoad((signal) => get("keeps", { alluxioUri: "/" }, signal), [], 30);
  return html`<section>
    <div class="title"><h1>${t("view.cache")}</h1>
      ${load.at > 0 && html`<span class="muted num">${t("asof", { time: clock(new Date(load.at)) })}</span>`}</div>
    <${LoadState} load=${load} />
    <div class=${`cards ${load.problem ? "stale" : ""}`}>${(load.data?.tiers ?? []).map((tier) => html`
      <${TierCard} key=${`${tier.alias}${tier.worker}`} tier=${tier} sums=${sums.data?.[tier.alias]} />`)}</div>
    <${Keeps} load=${keeps} />
    <${Top} query=${query} tiers=${[...new Set((load.data?.tiers ?? []).map((tier) => tier.alias))]} />
  </section>`;
}

// What the newest survey of each tier says of unsaved and unread files; nothing where a cache can't tell.
async function dirty(tiers, signal) {
  const aliases = [...new Set(tiers.map((tier) => tier.alias))];
  const found = await Promise.all(aliases.map((tier) => get("top", { tier, pageSize: 1 }, signal).catch(() => null)));
  return Object.fromEntries(aliases.map((alias, index) => [alias, found[index]]));
}

function TierCard({ tier, sums }) {
  const unsaved = sums?.total.unsavedBytes ?? null;
  const shown = Math.min(unsaved ?? 0, tier.used);
  const parts = [{ kind: "clean", bytes: tier.used - shown }, { kind: "dirty", bytes: shown }, { kind: "reserved", bytes: tier.reserved }];
  const share = tier.capacity ? (100 * tier.used) / tier.capacity : null;
  const least = sums && !sums.isWhole ? "≥" : "";
  const surveyed = sums?.tiers[0]?.surveyTime;
  return html`<div class="card pad tier">
    <h2>${printable(tier.alias)} ${tier.worker && html`<span class="muted"><${Name} text=${tier.worker} /></span>`} <span class="num">${percent(share)}</span></h2>
    <${PartsBar} parts=${parts} whole=${tier.capacity} label=${t("tier.bar", { used: size(tier.used), capacity: size(tier.capacity) })} />
    <dl class="facts">
      <div><dt>${t("capacity")}</dt><dd class="num">${size(tier.capacity)}</dd></div>
      <div><dt><i class="key clean"></i>${t("used")}</dt><dd class="num">${size(tier.used)}</dd></div>
      <div><dt><i class="key dirty"></i>${t("dirty")}</dt>
        <dd class="num">${unsaved === null || !surveyed ? "?" : `${least}${size(unsaved)}`}</dd></div>
      <div><dt><i class="key reserved"></i>${t("reserved")}</dt><dd class="num">${size(tier.reserved)}</dd></div>
      <div><dt><i class="key"></i>${t("free")}</dt><dd class="num">${size(tier.free)}</dd></div>
      <div><dt>${t("unread")}</dt><dd class="num">${sums && surveyed ? `${least}${size(sums.total.unreadBytes)}` : "?"}</dd></div>
      <div><dt>${t("surveyed")}</dt><dd class="num">${surveyed ? moment(surveyed) : "?"}</dd></div>
    </dl>
  </div>`;
}

function Keeps({ load }) {
  const found = load.data?.keeps ?? [];
  return html`<div class="card"><h2 class="pad">${t("keeps")}</h2><${LoadState} load=${load} />
    ${load.data && !found.length && html`<p class="empty">${t("keeps.none")}</p>`}
    ${found.length > 0 && html`<div class="scroll"><table><thead><tr><th>${t("path")}</th><th>${t("col.user")}</th>
      <th>${t("until")}</th><th>${t("keeps.holds")}</th></tr></thead>
    <tbody>${found.map((keep) => html`<tr key=${keep.id}><td class="mono small"><${Name} text=${keep.path} /></td>
      <td><${Name} text=${keep.user} /></td>
      <td class="num">${keep.until ? moment(keep.until) : t("keep.open")}</td>
        <td>${t(keep.evictable ? "keeps.evictable" : "keeps.firm")}</td></tr>`)}</tbody></table></div>`}
    ${load.data?.nextPageToken && html`<p class="pad muted">${t("keeps.more", { count: count(found.length) })}</p>`}
  </div>`;
}
