// The address of a view: `#/jobs/ID`, `#/files?path=/data`. What follows `#` never reaches a server or its logs.
import { store } from "./store.js";

export const route = store(read());
addEventListener("hashchange", () => route.set(read()));

function read() {
  const [path, ...asked] = location.hash.replace(/^#\/?/, "").split("?");
  const [view, ...rest] = path.split("/").map((part) => safely(part));
  return { view: view || "jobs", id: rest[0] || "", query: new URLSearchParams(asked.join("?")) };
}

function safely(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

// The address of a view; members of the query that are empty are left out.
export function href(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const text = new URLSearchParams(given).toString().replaceAll("%2F", "/").replaceAll("%3A", ":");
  return `#/${path}${text ? `?${text}` : ""}`;
}

export function go(path, query = {}) {
  location.hash = href(path, query);
}
