// The frame of the page: who is signed in, which view is shown, whether the news come.
import { html, useEffect, useState } from "./vendor/preact_htm.js";
import { call } from "./api.js";
import { KEYS, useKeys } from "./keys.js";
import { begin } from "./live.js";
import { Banner } from "./parts/banner.js";
import { Dialog } from "./parts/dialog.js";
import { href, route } from "./router.js";
import { end, session } from "./session.js";
import { useStore } from "./store.js";
import { news } from "./stream.js";
import { nextTheme, theme } from "./theme.js";
import { Admin } from "./views/admin.js";
import { Cache } from "./views/cache.js";
import { Files } from "./views/files.js";
import { Job } from "./views/job.js";
import { Jobs } from "./views/jobs.js";
import { Me } from "./views/me.js";
import { Nodes } from "./views/nodes.js";
import { Schedules } from "./views/schedules.js";
import { SignIn } from "./views/sign_in.js";
import { language, nextLanguage, t } from "./words.js";

const VIEWS = { jobs: Jobs, files: Files, cache: Cache, nodes: Nodes, schedules: Schedules, me: Me, admin: Admin };

export function App() {
  const login = useStore(session);
  const spoken = useStore(language);
  return login
    ? html`<${Signed} key=${`${login.authToken}${spoken}`} login=${login} />`
    : html`<${Tools} /><${SignIn} key=${spoken} />`;
}

function Signed({ login }) {
  const at = useStore(route);
  const told = useStore(news);
  const [isHelp, setHelp] = useState(false);
  useKeys(() => setHelp(true));
  useEffect(() => {
    const until = new AbortController();
    begin(until.signal);
    return () => until.abort();
  }, []);
  useEffect(() => {
    document.title = `${at.id ? `${at.id.slice(-6)} · ` : ""}${t(`view.${VIEWS[at.view] ? at.view : "jobs"}`)} · avio`;
    scrollTo(0, 0);
  }, [at.view, at.id]);
  const View = at.view === "jobs" && at.id ? Job : VIEWS[at.view];
  const isStale = Boolean(told.newsAt) && !told.isOpen;
  return html`<a class="skip" href="#main" onClick=${skip}>${t("skip")}</a>
    <${Head} login=${login} view=${at.view} isOpen=${told.isOpen} />
    <${Banner} news=${told} />
    <main id="main" tabindex="-1" class=${isStale ? "stale" : ""}>
      ${View ? html`<${View} key=${`${at.view}/${at.id}`} id=${at.id} query=${at.query} login=${login} />` : html`<${Nowhere} />`}
    </main>
    ${isHelp && html`<${Help} onClose=${() => setHelp(false)} />`}`;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function Head({ login, view, isOpen }) {
  useEffect(() => document.querySelector("nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" }), [view]);
  const views = Object.keys(VIEWS).filter((each) => each !== "admin" || login.admin);
  return html`<header>
    <a class="brand" href=${href("jobs")}><span class="logo" aria-hidden="true"></span>avio</a>
    <nav aria-label=${t("views")}>
      ${views.map((each) => html`<a href=${href(each)} aria-current=${each === view ? "page" : undefined}>${t(`view.${each}`)}</a>`)}
    </nav>
    <span class=${`live ${isOpen ? "on" : "off"}`} title=${t(isOpen ? "live.on" : "live.off")} role="img" aria-label=${t(isOpen ? "live.on" : "live.off")}></span>
    <${Tools} login=${login} />
  </header>`;
}

function Tools({ login }) {
  const chosen = useStore(theme);
  const told = t("theme", { name: t(`theme.${chosen}`) });
  const signOut = () => call("POST", "logout").catch(() => {}).finally(() => end());
  return html`<div class=${login ? "tools" : "tools alone"}>
    <button class="plain" onClick=${nextLanguage} lang=${language.get() === "en" ? "zh" : "en"}>${t("language.other")}</button>
    <button class="plain" onClick=${nextTheme} aria-label=${told} title=${told}>${{ system: "◐", light: "○", dark: "●" }[chosen]}</button>
    ${login && html`<button class="plain" onClick=${signOut}>${t("signout")}</button>`}
  </div>`;
}

const Nowhere = () => html`<section class="card pad"><h1>${t("nowhere")}</h1><p><a href=${href("jobs")}>${t("nowhere.do")}</a></p></section>`;

function Help({ onClose }) {
  return html`<${Dialog} title=${t("keys")} onClose=${onClose}>
    <dl class="keys">
      ${Object.entries(KEYS).map(([key, view]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${t(`view.${view}`)}</dd></div>`)}
      <div><dt><kbd>/</kbd></dt><dd>${t("keys.filter")}</dd></div>
      <div><dt><kbd>?</kbd></dt><dd>${t("keys.help")}</dd></div>
    </dl>
    <div class="actions"><button onClick=${onClose} autofocus>${t("close")}</button></div>
  <//>`;
}
