// The signed-in user: the session, its webhook and what was told to it, uploaded file lists.
import { html } from "../vendor/preact_htm.js";
import { get } from "../api.js";
import { count, moment, size } from "../format.js";
import { useLoad } from "../loading.js";
import { printable } from "../names.js";
import { Badge } from "../parts/badge.js";
import { LoadState } from "../parts/problem_box.js";
import { href } from "../router.js";
import { t, word } from "../words.js";

export function Me() {
  const who = useLoad((signal) => get("whoami", {}, signal), [], 60);
  const lists = useLoad((signal) => get("filelists", { pageSize: 50 }, signal), []);
  return html`<section>
    <div class="title"><h1>${t("view.me")}</h1></div>
    <div class="cards">
      <div class="card pad"><h2>${t("session")}</h2><${LoadState} load=${who} />
        ${who.data && html`<dl class="facts">
          <div><dt>${t("signin.name")}</dt><dd>${printable(who.data.name)}</dd></div><div><dt>${t("col.uid")}</dt>
            <dd>${who.data.uid}</dd></div>
          <div><dt>${t("rights")}</dt><dd>${t(who.data.admin ? "rights.admin" : "rights.user")}</dd></div>
          <div><dt>${t("session.ends")}</dt><dd>${moment(who.data.expireTime)}</dd></div></dl>
          <p class="muted small">${t("session.what")}</p>`}
      </div>
      <${Webhook} />
    </div>
    <div class="card"><h2 class="pad">${t("lists")}</h2><${LoadState} load=${lists} />
      ${lists.data && !lists.data.fileLists.length && html`<p class="empty">${t("lists.none")}</p>`}
      ${lists.data?.fileLists.length > 0 && html`<div class="scroll"><table><thead><tr><th>${t("col.id")}</th>
        <th class="num">${t("lines")}</th><th class="num">${t("size")}</th><th>${t("col.created")}</th><th>${t("state")}</th></tr>
        </thead>
      <tbody>${lists.data.fileLists.map((each) => html`<tr key=${each.fileListId}><td class="mono small">${each.fileListId}</td>
        <td class="num">${count(each.lines)}</td><td class="num">${size(each.bytes)}</td>
        <td class="num">${moment(each.createTime)}</td><td>${t(each.complete ? "lists.whole" : "lists.part")}</td></tr>`)}</tbody>
        </table></div>`}
    </div>
  </section>`;
}

function Webhook() {
  const hook = useLoad((signal) => get("me/webhook", {}, signal).catch((problem) => { if (problem.status === 404) return { none: true }; throw problem; }), []);
  const told = useLoad((signal) => get("me/deliveries", { pageSize: 10 }, signal), []);
  const deliveries = told.data?.deliveries ?? [];
  return html`<div class="card pad"><h2>${t("webhook")}</h2><${LoadState} load=${hook} />
    ${hook.data?.none && html`<p class="muted">${t("webhook.none")} <code>avio notify set</code></p>`}
    ${hook.data && !hook.data.none && html`<dl class="facts">
      <div><dt>URL</dt><dd class="mono small">${hook.data.url ? printable(hook.data.url) : "-"}</dd></div>
      <div><dt>${t("webhook.on")}</dt><dd>${hook.data.on.map((each) => word("status", each)).join(", ")}</dd></div>
      <div><dt>${t("webhook.secret")}</dt><dd class="num">${moment(hook.data.createTime)}</dd></div></dl>`}
    ${deliveries.length > 0 && html`<div class="scroll"><table><thead><tr><th>${t("col.job")}</th><th>${t("state")}</th>
      <th class="num">${t("tries")}</th><th>${t("why")}</th></tr></thead>
      <tbody>${deliveries.map((each) => html`<tr key=${each.job}><td><a class="mono small" href=${href(`jobs/${each.job}`)}>${each.job.slice(-8)}</a></td>
        <td><${Badge} kind="delivery" name=${each.status} /></td><td class="num">${each.tries}</td>
        <td>${printable(each.error || each.code || "")}</td></tr>`)}</tbody></table></div>`}
  </div>`;
}
