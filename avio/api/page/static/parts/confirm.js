// Asks before something is done, does it, and shows what went wrong.
import { html, useState } from "../vendor/preact_htm.js";
import { t } from "../words.js";
import { Dialog } from "./dialog.js";
import { ProblemBox } from "./problem_box.js";

export function Confirm({ title, action, tone = "", act, onClose, isOpenAfter = false, children }) {
  const [state, setState] = useState({ isBusy: false, problem: null });
  const run = async (event) => {
    event.preventDefault();
    setState({ isBusy: true, problem: null });
    try {
      await act();
      if (!isOpenAfter) onClose();
    } catch (problem) {
      setState({ isBusy: false, problem });
    }
  };
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <form onSubmit=${run}>
      ${children}
      <${ProblemBox} problem=${state.problem} />
      <div class="actions">
        <button type="button" onClick=${onClose}>${t("cancel")}</button>
        <button type="submit" class=${`primary ${tone}`} disabled=${state.isBusy} autofocus>${state.isBusy ? t("working") : action}</button>
      </div>
    </form>
  <//>`;
}
