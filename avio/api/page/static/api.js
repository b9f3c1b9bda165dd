// Calls of the API, with the token in the header Authorization as the command avio sends it. Every error is a Problem.
import { end, session } from "./session.js";
import { t } from "./words.js";

// What went wrong, in three parts: what, why (a list), and what to do.
export class Problem extends Error {
  constructor({ status = 0, reason = "", what, why = [], cure = "", requestId = "" }) {
    super(what);
    Object.assign(this, { status, reason, what, why, cure, requestId });
  }
}

export function address(path, query = {}) {
  const url = new URL(path.replace(/^\//, ""), document.baseURI.split("#")[0]);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, value);
  }
  return url;
}

// Send a request; return the response, whose status is good.
export async function send(method, path, { query, body, headers = {}, signal } = {}) {
  const token = session.get()?.authToken;
  const sent = { ...headers };
  if (token) sent.Authorization = `QBox ${token}`;
  if (body !== undefined) sent["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(address(path, query), {
      method, headers: sent, signal, cache: "no-store", credentials: "omit",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ what: t("problem.unreachable"), why: [String(error.message)], cure: t("problem.unreachable.cure") });
  }
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (response.status === 401 && token && token === session.get()?.authToken) end("signin.ended");
  throw problem;
}

// Return the JSON of an answer; null of one without a body.
export async function call(method, path, options) {
  const response = await send(method, path, options);
  return response.status === 204 ? null : response.json();
}

export const get = (path, query, signal) => call("GET", path, { query, signal });

async function problemOf(response) {
  let told;
  try {
    told = await response.json();
  } catch {
    const what = t("problem.foreign", { status: response.status });
    return new Problem({ status: response.status, what, cure: t("problem.foreign.cure") });
  }
  const why = (told.errors || []).map((each) => (each.field ? `${each.field}: ${each.message}` : each.message));
  if (!why.length && told.title) why.push(told.title);
  return new Problem({
    status: response.status, reason: told.reason, what: told.detail || told.title, why, cure: told.cure, requestId: told.requestId,
  });
}
