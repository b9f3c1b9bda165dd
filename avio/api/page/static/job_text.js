// What a job says of itself, in the words of the command avio: path, progress, end, reason to wait.
import { UNKNOWN, clock, count, duration, size } from "./format.js";
import { t, word } from "./words.js";

export const TYPES = ["ls", "preload", "save", "stat", "free", "check", "plan"];
export const ENDED = ["succeeded", "partial", "failed", "cancelled"];

export const kind = (job) => TYPES[job.type] ?? String(job.type);
export const hasEnded = (job) => ENDED.includes(job.status);
export const isListed = (job) => job.progress.total.complete;

// The path of a job and how many more it has; null with a file list in place of paths.
export function subject(job) {
  const { alluxioUri, paths, alluxioUriEncoded, fileListPath, fileListId, fromFileList } = job.params;
  if (fromFileList || fileListPath) return { path: null, list: fileListPath || fileListId, more: 0 };
  const named = paths?.length ? paths : [alluxioUri || ""];
  return { path: named[0], more: named.length - 1, isEncoded: Boolean(alluxioUriEncoded) };
}

// `12/40`; while the listing goes on `12/≥40`.
export function filesOf(job) {
  const { done, total } = job.progress;
  return `${count(done.files)}/${isListed(job) ? "" : "≥"}${count(total.files)}`;
}

// `1.2 GiB/4.0 GiB`; while the listing goes on `1.2 GiB/≥4.0 GiB`. What has come of files that are not done counts.
export function bytesOf(job) {
  const { done, total, bytesInFlight } = job.progress;
  return `${size(done.bytes + (bytesInFlight || 0))}/${isListed(job) ? "" : "≥"}${size(total.bytes)}`;
}

function secondsLeft(job, now) {
  if (!job.eta || hasEnded(job)) return null;
  const [likely, late] = [job.eta.p50, job.eta.p90].map((time) => (new Date(time).getTime() - now) / 1000);
  return likely < 0 ? null : [likely, late];
}

// The time that a job still takes, as likely as not.
export function left(job, now = Date.now()) {
  const seconds = secondsLeft(job, now);
  if (hasEnded(job)) return "";
  return seconds ? `~${duration(seconds[0])}` : t("eta.unknown");
}

// The same with the time that holds in nine of ten cases.
export function eta(job, now = Date.now()) {
  const seconds = secondsLeft(job, now);
  if (hasEnded(job)) return "-";
  if (!seconds) return job.phase === "listing" ? t("eta.listing") : t("eta.unknown");
  return t("eta.known", { likely: duration(seconds[0]), late: duration(seconds[1]) });
}

export function elapsed(job, now = Date.now()) {
  if (!job.startTime) return duration(0);
  const end = job.finishTime ? new Date(job.finishTime).getTime() : now;
  return duration((end - new Date(job.startTime).getTime()) / 1000);
}

// Why a job waits; "" if it does not.
export function waits(job) {
  const waiting = job.waiting;
  if (!waiting) return "";
  const place = waiting.position === null ? "" : `${t("waits.position", { position: waiting.position })} · `;
  const what = waiting.for ? `: ${waiting.for}` : "";
  const since = waiting.since ? ` (${t("since", { time: clock(new Date(waiting.since)) })})` : "";
  return `${place}${word("waits", waiting.reason)}${what}${since}`;
}

// The newest of two pictures of one job.
export const newer = (one, other) => (!one || (other && other.version > one.version) ? other : one);

export const averageOf = (job) => (job.progress.averageBps ? `${size(job.progress.averageBps)}/s` : hasEnded(job) ? "-" : UNKNOWN);
