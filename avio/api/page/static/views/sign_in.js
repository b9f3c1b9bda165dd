// The form to sign in, by the API's own login.
import { html, useState } from "../vendor/preact_htm.js";
import { call } from "../api.js";
import { ProblemBox } from "../parts/problem_box.js";
import { begin, farewell } from "../session.js";
import { useStore } from "../store.js";
import { t } from "../words.js";

export function SignIn() {
  const [state, setState] = useState({ isBusy: false, problem: null });
  const why = useStore(farewell);
  const signIn = async (event) => {
    event.preventDefault();
    const { name, password } = Object.fromEntries(new FormData(event.target));
    setState({ isBusy: true, problem: null });
    try {
      begin(await call("POST", "login", { body: { name, password } }));
    } catch (problem) {
      setState({ isBusy: false, problem });
    }
  };
  return html`<main class="signin">
    <form class="card" onSubmit=${signIn}>
      <h1><span class="logo" aria-hidden="true"></span>avio</h1>
      <p class="muted">${t("signin.what")}</p>
      ${why && html`<p class="notice" role="status">${t(why)}</p>`}
      <label>${t("signin.name")}<input name="name" autocomplete="username" required autofocus /></label>
      <label>${t("signin.password")}<input name="password" type="password" autocomplete="current-password" required /></label>
      <${ProblemBox} problem=${state.problem} />
      <button class="primary" disabled=${state.isBusy}>${state.isBusy ? t("working") : t("signin.do")}</button>
    </form>
  </main>`;
}
