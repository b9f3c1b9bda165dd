// The files of bucket and cache, as `avio ls -l` lists them; preload, save and free, each with its plan first.
import { html, useEffect, useState } from "../vendor/preact_htm.js";
import { get } from "../api.js";
import { count } from "../format.js";
import { useLoad } from "../loading.js";
import { Name, printable, spelled } from "../names.js";
import { LoadState, ProblemBox } from "../parts/problem_box.js";
import { go, href } from "../router.js";
import { t } from "../words.js";
import { Actions } from "./file_actions.js";
import { FileTable } from "./file_table.js";
import { FreeDialog } from "./free_dialog.js";
import { PlanDialog } from "./plan_dialog.js";

const PAGE = 500;

export function Files({ query }) {
  const path = query.get("path") || "/";
  const isEncoded = query.get("encoded") === "1";
  const token = query.get("from") || "";
  const [asked, setAsked] = useState(null);
  const ask = (sums) => (signal) => get("list", { ...spelled(path, isEncoded), depth: 1, pageSize: PAGE, pageToken: token, sums }, signal);
  const load = useLoad(ask(null), [path, isEncoded, token]);
  const entries = useSums(load.data, ask(true));
  const next = load.data?.nextPageToken;
  const here = { path, isEncoded, kind: "directory" };
  return html`<section>
    <div class="title">
      <${Crumbs} path=${path} isEncoded=${isEncoded} />
      <${Actions} entry=${here} act=${setAsked} />
    </div>
    <${LoadState} load=${load} />
    ${load.data && html`<${Gaps} page=${load.data} /><${FileTable} entries=${entries} act=${setAsked} />`}
    ${next && html`<p class="pad"><a class="button" href=${href("files", { path, encoded: isEncoded ? "1" : "", from: next })}>${t("nextpage")}</a></p>`}
    ${asked && asked.verb === "free" && html`<${FreeDialog} entry=${asked.entry} onClose=${() => setAsked(null)} onDone=${load.reload} />`}
    ${asked && asked.verb !== "free" && html`<${PlanDialog} verb=${asked.verb} entry=${asked.entry} onClose=${() => setAsked(null)} />`}
  </section>`;
}

// The entries at once, and with the sums of directories when those have been counted.
function useSums(page, ask) {
  const [summed, setSummed] = useState(null);
  useEffect(() => {
    setSummed(null);
    if (!page || !page.entries.some((each) => each.kind === "directory" && each.size === null)) return undefined;
    const until = new AbortController();
    ask(until.signal).then((found) => until.signal.aborted || setSummed(found), () => {});
    return () => until.abort();
  }, [page]);
  return (summed ?? page)?.entries ?? [];
}

function Crumbs({ path, isEncoded }) {
  const parts = path.split("/").filter(Boolean);
  const [isEdited, setEdited] = useState(false);
  const jump = (event) => {
    event.preventDefault();
    setEdited(false);
    go("files", { path: new FormData(event.target).get("path").trim() || "/" });
  };
  if (isEdited) return html`<form class="filter" onSubmit=${jump}><input name="path" class="mono" value=${path} autofocus aria-label=${t("path")} />
    <button>${t("open")}</button></form>`;
  return html`<h1 class="crumbs"><a href=${href("files", { path: "/" })} aria-label=${t("files.root")}>/</a>${parts.map((part, index) => {
    const up = `/${parts.slice(0, index + 1).join("/")}`;
    const isLast = index === parts.length - 1;
    const shown = html`<${Name} text=${part} />`;
    const to = href("files", { path: up, encoded: isEncoded ? "1" : "" });
    return html`<span class="slash">${index > 0 ? "/" : ""}</span>${isLast ? shown : html`<a href=${to}>${shown}</a>`}`;
  })} <button class="plain small" onClick=${() => setEdited(true)}>${t("files.goto")}</button></h1>`;
}

// What a listing can't tell: it says so, and shows nothing as if it were all.
function Gaps({ page }) {
  return html`
    ${page.leftOut > 0 && html`<p class="note warn">${t("files.leftout", { count: count(page.leftOut) })}</p>`}
    ${page.unanswered.length > 0 && html`<p class="note bad">${t("files.unanswered", { mounts: printable(page.unanswered.join(", ")) })}</p>`}
    ${page.refused.map((each) => html`<${ProblemBox} problem=${{ what: t("files.refused", { path: printable(each.path) }), why: [each.message], reason: each.reason }} />`)}`;
}
