// Who fills the cache: directories, users, jobs or mounts, the largest first, as the newest surveys tell.
import { html } from "../vendor/preact_htm.js";
import { get } from "../api.js";
import { count, moment, size } from "../format.js";
import { useLoad } from "../loading.js";
import { Name } from "../names.js";
import { LoadState } from "../parts/problem_box.js";
import { go, href } from "../router.js";
import { t } from "../words.js";

const BY = ["prefix", "user", "job", "mount"];
const DEPTHS = ["1", "2", "3", "4", "5", "6"];

const option = (value) => html`<option value=${value}>${value}</option>`;

export function Top({ query, tiers }) {
  const asked = { by: query.get("by") || "prefix", depth: query.get("depth") || "1", tier: query.get("tier") || "", path: query.get("path") || "/" };
  const depth = asked.by === "prefix" ? asked.depth : null;
  const load = useLoad((signal) => get("top", { alluxioUri: asked.path, by: asked.by, depth, tier: asked.tier, pageSize: 50 }, signal), Object.values(asked), 30);
  const set = (name) => (event) => go("cache", { ...asked, [name]: event.target.value });
  return html`<div class="card top">
    <div class="title pad"><h2>${t("top")}</h2>
      <label>${t("top.by")} <select value=${asked.by} onChange=${set("by")}>${BY.map((by) => html`<option value=${by}>${t(`by.${by}`)}</option>`)}</select></label>
      ${asked.by === "prefix" && html`<label>${t("top.depth")} <select value=${asked.depth} onChange=${set("depth")}>${DEPTHS.map(option)}</select></label>`}
      <label>${t("tier")} <select value=${asked.tier} onChange=${set("tier")}><option value="">${t("all")}</option>${tiers.map(option)}</select></label>
    </div>
    <${LoadState} load=${load} />
    ${load.data && !load.data.isWhole && html`<p class="note warn pad">${t("top.least")}</p>`}
    ${load.data && html`<${Rows} found=${load.data} />`}
  </div>`;
}

function Rows({ found }) {
  const least = found.isWhole ? "" : "≥";
  const surveyed = found.tiers.map((tier) => tier.surveyTime).filter(Boolean).sort()[0];
  if (!found.rows.length) return html`<p class="empty">${t("top.none", { time: moment(surveyed) })}</p>`;
  return html`<div class="scroll"><table><thead><tr>
      <th>${t(`by.${found.by}`)}</th><th class="num">${t("size")}</th><th class="num">${t("col.files")}</th>
        <th class="num">${t("unread")}</th><th class="num">${t("dirty")}</th><th>${t("oldest")}</th>
    </tr></thead><tbody>${found.rows.map((row) => html`<tr>
      <td class="what"><${Whose} row=${row} by=${found.by} /></td>
      <td class="num">${least}${size(row.bytes)}</td><td class="num">${least}${count(row.files)}</td>
      <td class="num">${unread(row, least)}</td><td class="num">${row.unsavedBytes ? `${least}${size(row.unsavedBytes)}` : "-"}</td>
        <td class="num muted">${moment(row.oldestUnsaved)}</td>
    </tr>`)}
    ${found.otherRows > 0 && html`<tr class="muted"><td>${t("top.others", { count: found.otherRows })}</td>
      <td class="num">${least}${size(found.others.bytes)}</td><td class="num">${least}${count(found.others.files)}</td><td></td>
      <td></td><td></td></tr>`}
    <tr class="sum"><td>${t("total")}</td><td class="num">${least}${size(found.total.bytes)}</td>
      <td class="num">${least}${count(found.total.files)}</td>
      <td class="num">${unread(found.total, least)}</td><td class="num">${least}${size(found.total.unsavedBytes)}</td><td></td></tr>
    </tbody></table></div>`;
}

// Bytes that were never read since a preload; "?" where nobody knows of any.
function unread(sums, least) {
  if (sums.unsureBytes > 0 && sums.unreadBytes === 0) return "?";
  return `${sums.unsureBytes > 0 ? "≥" : least}${size(sums.unreadBytes)}`;
}

function Whose({ row, by }) {
  if (by === "user") return html`${row.user ? html`<${Name} text=${row.user} />` : "-"} <span class="muted">${row.came ? t(`came.${row.came}`) : ""}</span>`;
  if (by === "job" && row.job) return html`<a href=${href(`jobs/${row.job}`)}>${row.path ? html`<${Name} text=${row.path} />` : row.job}</a> <span class="muted">${row.name ?? ""}</span>`;
  if (row.path) return html`<a href=${href("files", { path: row.path })}><${Name} text=${row.path} /></a>`;
  return html`<span class="muted">${row.came ? t(`came.${row.came}`) : "-"}</span>`;
}
