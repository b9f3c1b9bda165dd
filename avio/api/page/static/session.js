// Who is signed in: the token lives in this tab, and ends with it.
import { store } from "./store.js";

const KEY = "avio.session";

// null, or {authToken, expireTime, uid, name, admin} as POST /login answers.
export const session = store(read());
// Why the last session ended, for the form: "" or a key of the words.
export const farewell = store("");

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

export function begin(login) {
  sessionStorage.setItem(KEY, JSON.stringify(login));
  farewell.set("");
  session.set(login);
}

export function end(why = "") {
  sessionStorage.removeItem(KEY);
  farewell.set(why);
  session.set(null);
}
