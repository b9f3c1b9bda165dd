// For admins: whether every part answers, and the mounts with their stores and jobs.
import { html } from "../vendor/preact_htm.js";
import { address, get } from "../api.js";
import { clock } from "../format.js";
import { useLoad } from "../loading.js";
import { Name, printable } from "../names.js";
import { Badge } from "../parts/badge.js";
import { LoadState } from "../parts/problem_box.js";
import { href } from "../router.js";
import { t } from "../words.js";

export function Admin({ login }) {
  const parts = useLoad(ready, [], 5);
  const mounts = useLoad((signal) => get("mounts", {}, signal), [], 5);
  if (!login.admin) return html`<p class="empty">${t("admin.only")}</p>`;
  return html`<section>
    <div class="title"><h1>${t("view.admin")}</h1>
      ${mounts.at > 0 && html`<span class="muted num">${t("asof", { time: clock(new Date(mounts.at)) })}</span>`}</div>
    <div class="card"><div class="title pad"><h2>${t("parts")}</h2>
      ${parts.data && html`<${Badge} kind="ready" name=${parts.data.status} />`}</div><${LoadState} load=${parts} />
      ${parts.data && html`<div class="scroll"><table class="parts-of"><tbody>${Object.entries(parts.data.parts).map(([name, part]) => html`<tr key=${name}><td>${t(`part.${name}`)}</td>
        <td><${Badge} kind="ready" name=${part.ok ? "ok" : "away"} /></td>
          <td><bdi>${printable(part.message.replaceAll("\n", " · "))}</bdi>
            ${part.missing?.length > 0 && html`<div class="note warn">${t("part.missing", { names: printable(part.missing.join(", ")) })}</div>`}
          </td></tr>`)}</tbody>
          </table></div>`}
    </div>
    <div class="card"><h2 class="pad">${t("mounts")}</h2><${LoadState} load=${mounts} />
      ${mounts.data && html`<div class="scroll"><table class="stack"><thead><tr><th>${t("path")}</th><th>${t("state")}</th>
        <th>URL</th><th class="num">${t("running")}</th><th>${t("why")}</th></tr></thead>
      <tbody>${mounts.data.mounts.map((mount) => html`<tr key=${mount.path}><td><a href=${href("files", { path: mount.path })}><${Name} text=${mount.path} /></a></td>
        <td data-label=${t("state")}><${Badge} kind="ready" name=${mount.state} /></td>
        <td class="mono small" data-label="URL"><bdi>${printable(mount.url ?? mount.kind)}</bdi></td>
          <td class="num" data-label=${t("running")}>${mount.running}</td>
          <td data-label=${t("why")}>${printable([mount.reason, mount.message].filter(Boolean).join(": ")) || "-"}</td></tr>`)}</tbody>
          </table></div>`}
    </div>
    <div class="card pad"><h2>${t("users")}</h2><p class="muted">${t("users.what")} <code>avio-server user list</code></p></div>
  </section>`;
}

// Readiness answers 503 with the same document when a part is away: no error of the page.
async function ready(signal) {
  const response = await fetch(address("readyz"), { signal, cache: "no-store", credentials: "omit" });
  return response.json();
}
