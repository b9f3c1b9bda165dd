// Rows of files and directories: size, how much is cached, state, tiers, time, name.
import { html } from "../vendor/preact_htm.js";
import { count, moment, percent, size } from "../format.js";
import { Name } from "../names.js";
import { Badge } from "../parts/badge.js";
import { href } from "../router.js";
import { t } from "../words.js";
import { Actions } from "./file_actions.js";

export function FileTable({ entries, act }) {
  if (!entries.length) return html`<p class="empty">${t("files.none")}</p>`;
  return html`<div class="scroll"><table class="files">
    <thead><tr><th>${t("name")}</th><th class="num">${t("size")}</th><th class="num second">${t("col.files")}</th>
      <th class="num">${t("cached")}</th><th>${t("state")}</th>
      <th class="second">${t("tiers")}</th><th class="wide num">${t("modified")}</th>
        <th class="hover"><span class="hidden">${t("actions")}</span></th></tr></thead>
    <tbody>${entries.map((entry) => html`<${Row} key=${entry.path} entry=${entry} act=${act} />`)}</tbody>
  </table></div>`;
}

function Row({ entry, act }) {
  const isDirectory = entry.kind === "directory";
  const isEncoded = entry.pathBytes !== null;
  const name = entry.path.split("/").pop() || "/";
  const tiers = entry.tiers === null ? "?" : Object.entries(entry.tiers).map(([alias, bytes]) => `${alias} ${size(bytes)}`).join(", ");
  return html`<tr>
    <td class="what">${isDirectory
      ? html`<a href=${href("files", { path: entry.path, encoded: isEncoded ? "1" : "" })}><${Name} text=${`${name}/`} /></a>`
      : html`<span class="file" title=${entry.localPath ?? undefined}><${Name} text=${name} /></span>`}</td>
    <td class="num">${size(entry.size)}</td>
    <td class="num second">${isDirectory ? count(entry.files) : ""}</td>
    <td class="num"><span class="share"><span class="mini"><span style=${`width:${entry.cachedPercent ?? 0}%`}></span></span><b>${percent(entry.cachedPercent)}</b></span></td>
    <td><${Badge} kind="state" name=${entry.state} /></td>
    <td class="muted second">${tiers || "-"}</td>
    <td class="num wide muted">${moment(entry.modified)}</td>
    <td class="hover"><${Actions} entry=${{ path: entry.path, isEncoded, kind: entry.kind }} act=${act} /></td>
  </tr>`;
}
