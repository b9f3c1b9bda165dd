// Asking the API for what a view shows: at once, again each few seconds, and again when told to.
import { useCallback, useEffect, useRef, useState } from "./vendor/preact_htm.js";

// Return {data, at, problem, reload}. After a failure the data stays, with the time `at` when it came. `reload` asks
// what the newest drawing of the view would ask, however old the caller's own is.
export function useLoad(ask, inputs, everySeconds = 0) {
  const [state, setState] = useState({ data: null, at: 0, problem: null });
  const last = useRef(null);
  const newest = useRef(ask);
  newest.current = ask;
  const reload = useCallback(() => {
    last.current?.abort();
    const mine = new AbortController();
    last.current = mine;
    return newest.current(mine.signal).then(
      (data) => mine.signal.aborted || setState({ data, at: Date.now(), problem: null }),
      (problem) => mine.signal.aborted || setState((before) => ({ ...before, problem })),
    );
  }, []);
  useEffect(() => {
    setState({ data: null, at: 0, problem: null });
    reload();
    const again = () => document.hidden || reload();
    const timer = everySeconds ? setInterval(again, everySeconds * 1000) : 0;
    return () => { clearInterval(timer); last.current?.abort(); };
  }, inputs);
  return { ...state, reload };
}

// The present time, told each second while a view shows it.
export function useNow() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

// Do something for each of many, a few at a time; return the problems of those that failed.
export async function each(things, act, atOnce = 4) {
  const [left, problems] = [[...things], []];
  const work = async () => {
    for (let thing = left.shift(); thing !== undefined; thing = left.shift()) {
      await act(thing).catch((problem) => problems.push({ thing, problem }));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return problems;
}
