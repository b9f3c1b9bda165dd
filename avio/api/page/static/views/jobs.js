// All jobs, newest first: a live table, a filter in the grammar of the CLI, and what is done to many at once.
import { html, useEffect, useRef, useState } from "../vendor/preact_htm.js";
import { get } from "../api.js";
import { arrivals, jobOf, learn, pulse } from "../live.js";
import { useLoad } from "../loading.js";
import { ProblemBox } from "../parts/problem_box.js";
import { go } from "../router.js";
import { useStore } from "../store.js";
import { t } from "../words.js";
import { JobActions } from "./job_actions.js";
import { JobTable } from "./job_table.js";

const PAGE = 100;
const QUIET_MS = 700; // after an arrival, before the list is asked for again: many come at once
const NONE = { jobs: [], users: {}, next: null, problem: null, filter: null };
const CHIPS = { all: "", open: "status:queued,starting,running,stopping", trouble: "status:failed,partial", day: "since:1d" };

export function Jobs({ query }) {
  const filter = query.get("filter") || "";
  const [rest, setMore] = useState(NONE);
  const more = rest.filter === filter ? rest : NONE;
  const [chosen, setChosen] = useState(new Set());
  useStore(pulse);
  const load = useLoad(async (signal) => {
    const page = await get("jobs", { filter, pageSize: PAGE }, signal);
    learn(page.jobs);
    return page;
  }, [filter]);
  useEffect(() => setChosen(new Set()), [filter]);
  useReloadOnArrival(load.reload);

  const rows = merged(load.data?.jobs ?? [], more.jobs);
  const next = more.jobs.length ? more.next : load.data?.nextPageToken;
  const showMore = async () => {
    try {
      const page = await get("jobs", { filter, pageSize: PAGE, pageToken: next });
      learn(page.jobs);
      setMore({ jobs: [...more.jobs, ...page.jobs], users: { ...more.users, ...page.users }, next: page.nextPageToken, problem: null, filter });
    } catch (problem) {
      setMore({ ...more, problem, filter });
    }
  };
  return html`<section>
    <${FilterBar} key=${filter} filter=${filter} />
    <${ProblemBox} problem=${load.problem} />
    <${JobActions} jobs=${rows.filter((job) => chosen.has(job.id))} onDone=${() => { setChosen(new Set()); load.reload(); }} />
    <${JobTable} rows=${rows} users=${{ ...more.users, ...load.data?.users }} chosen=${chosen} choose=${setChosen} isLoading=${!load.data && !load.problem} />
    ${more.problem && html`<${ProblemBox} problem=${more.problem} />`}
    ${next && html`<p class="pad"><button onClick=${showMore}>${t("more")}</button></p>`}
  </section>`;
}

// The rows as they are now; a job that came into both pages is shown once.
function merged(first, rest) {
  const found = new Map([...first, ...rest].map((job) => [job.id, jobOf(job.id) ?? job]));
  return [...found.values()].sort((one, other) => (one.id < other.id ? 1 : -1));
}

function useReloadOnArrival(reload) {
  const come = useStore(arrivals);
  const first = useRef(true);
  useEffect(() => {
    if (first.current) { first.current = false; return undefined; }
    const timer = setTimeout(reload, QUIET_MS);
    return () => clearTimeout(timer);
  }, [come]);
}

function FilterBar({ filter }) {
  const [text, setText] = useState(filter);
  const ask = (event) => { event.preventDefault(); go("jobs", { filter: text.trim() }); };
  return html`<form class="filter" role="search" onSubmit=${ask}>
    <div class="chips">${Object.entries(CHIPS).map(([name, terms]) => html`
      <a class=${`chip ${terms === filter ? "on" : ""}`} aria-current=${terms === filter ? "true" : undefined} href=${`#/jobs${terms ? `?filter=${terms}` : ""}`}>${t(`chip.${name}`)}</a>`)}
    </div>
    <input type="search" class="mono" value=${text} onInput=${(event) => setText(event.target.value)} aria-label=${t("filter")}
      placeholder="status:failed path:/datasets/* user:lena since:2d" spellcheck=${false} />
    <button>${t("filter.do")}</button>
  </form>`;
}
