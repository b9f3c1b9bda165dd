// All jobs that the page knows, kept up to date by the event stream; views read them here.
import { hasEnded, newer } from "./job_text.js";
import { store } from "./store.js";
import { follow, news } from "./stream.js";

const JOBS_MAX = 5000;
const POINTS_MAX = 900; // of the speed of a job: a quarter of an hour
const CHARTED_MAX = 100; // jobs whose speed is remembered

const jobs = new Map();
const points = new Map();

// Rises with each change of any job.
export const pulse = store(0);
// Rises when jobs come or end that a list may have to show: lists are asked for again.
export const arrivals = store(0);

export const jobOf = (id) => jobs.get(id);
export const pointsOf = (id) => points.get(id) ?? [];

// Take what a call has answered; figures that the stream told before the row had them stay.
export function learn(found) {
  for (const job of found) {
    const known = jobs.get(job.id);
    const best = newer(known, job);
    const isBehind = known && !hasEnded(best) && known.progress.done.bytes > best.progress.done.bytes;
    put(job.id, isBehind ? { ...best, progress: known.progress } : best);
  }
}

export function begin(signal) {
  jobs.clear();
  points.clear();
  news.set({ isOpen: false, newsAt: 0, problem: null });
  follow(tell, signal);
}

function tell(event, data) {
  if (event === "snapshot") {
    for (const job of data.jobs) put(job.id, job);
    arrivals.set(arrivals.get() + 1);
  } else if (event === "progress") {
    const { id, ...figures } = data;
    const job = jobs.get(id);
    if (job) put(id, { ...job, ...figures });
    note(id, figures);
  } else {
    const isNews = jobs.get(data.id)?.status !== data.status;
    put(data.id, data);
    if (isNews) arrivals.set(arrivals.get() + 1);
  }
  pulse.set(pulse.get() + 1);
}

function put(id, job) {
  jobs.delete(id);
  jobs.set(id, job);
  if (jobs.size > JOBS_MAX) jobs.delete(jobs.keys().next().value);
}

function note(id, { progress }) {
  const known = points.get(id) ?? [];
  known.push({ time: Date.now() / 1000, speed: progress.speedBps, files: progress.inFlight });
  if (known.length > POINTS_MAX) known.shift();
  points.delete(id);
  points.set(id, known);
  if (points.size > CHARTED_MAX) points.delete(points.keys().next().value);
}
