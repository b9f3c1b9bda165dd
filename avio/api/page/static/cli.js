// The command that orders the same job in a terminal.
import { kind, subject } from "./job_text.js";

const OF_THE_PATH = ["alluxioUri", "paths", "alluxioUriEncoded", "fromFileList", "fileListId", "fileListPath", "filtersEncoded", "filters"];

// A word as a shell takes it.
export function shellWord(text) {
  const word = String(text);
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  if (!/[\x00-\x1f\x7f]/.test(word)) return `'${word.replaceAll("'", `'"'"'`)}'`;
  const escaped = word.replace(/[\\']/g, "\\$&").replace(/[\x00-\x1f\x7f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return `$'${escaped}'`;
}

// Return the command, or "" where the CLI has none for it: an uploaded list of files is not a file of this machine.
export function commandOf(job) {
  const { params } = job;
  const isPlan = kind(job) === "plan";
  const verb = isPlan ? params.planOf : kind(job);
  const paths = pathsOf(job);
  const rules = decoded(params.filters ?? [], params.filtersEncoded);
  if (!["preload", "save", "check", "ls", "stat", "free"].includes(verb) || !paths || !rules) return "";
  const words = ["avio", verb, ...paths];
  if (verb === "ls" || verb === "stat") return words.map(shellWord).join(" ");
  if (verb === "free") return [...words, ...(params.depth === 0 ? [] : ["--recursive"])].map(shellWord).join(" ");
  if (params.fileListPath) words.push("--from-object", params.fileListPath);
  if (job.name) words.push("--name", job.name);
  for (const rule of rules) words.push(rule.startsWith("+") ? "--include" : "--exclude", rule.slice(2));
  for (const [name, value] of Object.entries(params)) {
    if (OF_THE_PATH.includes(name) || name === "planOf" || value === false || value === null || value === "***") continue;
    words.push(`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
    if (value !== true) words.push(String(value));
  }
  if (isPlan) words.push("--dry-run");
  return words.map(shellWord).join(" ");
}

function pathsOf(job) {
  const { params } = job;
  if (params.fileListPath) return [];
  if (params.fromFileList) return null;
  const named = params.paths?.length ? params.paths : [subject(job).path];
  return decoded(named, params.alluxioUriEncoded);
}

// Texts that may be percent-encoded; null if one is not UTF-8.
function decoded(texts, isEncoded) {
  if (!isEncoded) return texts;
  try {
    return texts.map(decodeURIComponent);
  } catch {
    return null;
  }
}
