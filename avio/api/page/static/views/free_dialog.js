// A free of a path: first what it would drop and what keeps it, then the free itself.
import { html, useState } from "../vendor/preact_htm.js";
import { call, get } from "../api.js";
import { count, moment, size } from "../format.js";
import { learn } from "../live.js";
import { useLoad } from "../loading.js";
import { Name, printable, spelled } from "../names.js";
import { Badge } from "../parts/badge.js";
import { Confirm } from "../parts/confirm.js";
import { Dialog } from "../parts/dialog.js";
import { LoadState } from "../parts/problem_box.js";
import { go } from "../router.js";
import { t } from "../words.js";

export function FreeDialog({ entry, onClose, onDone }) {
  const path = spelled(entry.path, entry.isEncoded);
  const isDirectory = entry.kind === "directory";
  const [freed, setFreed] = useState(null);
  const load = useLoad((signal) => Promise.all([get("stat", path, signal), get("keeps", path, signal)]), [entry.path]);
  const [found, held] = load.data ?? [null, { keeps: [] }];
  const free = async () => {
    const done = await call("POST", "free", { body: { ...path, recursive: isDirectory } });
    if (done.id) {
      learn([done]);
      onClose();
      go(`jobs/${done.id}`);
    } else {
      setFreed(done);
      onDone();
    }
  };
  if (freed) return html`<${Freed} freed=${freed} onClose=${onClose} />`;
  return html`<${Confirm} title=${t("verb.free")} action=${t("verb.free")} tone="danger" isOpenAfter=${true} act=${free} onClose=${onClose}>
    <p class="mono"><${Name} text=${entry.path} /></p>
    <${LoadState} load=${load} />
    ${found && html`<dl class="facts">
      <div><dt>${t("state")}</dt><dd><${Badge} kind="state" name=${found.state} /></dd></div>
      <div><dt>${t("free.would")}</dt>
        <dd class="num">${isDirectory ? `${count(found.filesCached)} ${t("files")} · ` : ""}${size(found.cachedBytes)}</dd></div>
      <div><dt>${t("saved")}</dt><dd>${found.saved === null ? "?" : t(found.saved ? "yes" : "free.unsaved")}</dd></div>
    </dl>`}
    ${held.keeps.map((keep) => html`<p class="note bad">${t("free.kept", { user: printable(keep.user), until: keep.until ? moment(keep.until) : t("keep.open") })}</p>`)}
    <p class="muted">${t("free.what")}</p>
  <//>`;
}

function Freed({ freed, onClose }) {
  return html`<${Dialog} title=${t("verb.free")} onClose=${onClose}>
    <p role="status">${t("free.done", { files: count(freed.files), bytes: size(freed.bytes) })}</p>
    <div class="actions"><button class="primary" onClick=${onClose} autofocus>${t("close")}</button></div>
  <//>`;
}
