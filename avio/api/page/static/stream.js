// The one event stream of the page: GET /events, read by fetch, since EventSource can't send a token.
import { send } from "./api.js";
import { store } from "./store.js";

const SILENCE_MS = 40_000; // the server sends a ping each 15 s: after so long without a byte the connection is dead
const PAUSES_MS = [1000, 2000, 4000, 8000];

// {isOpen, newsAt, problem}: newsAt is when the last byte came, in epoch milliseconds; 0 before the first.
export const news = store({ isOpen: false, newsAt: 0, problem: null });

// Follow the stream until `signal` aborts; `tell(event, data)` gets each event. It is opened again after each loss.
export async function follow(tell, signal) {
  for (let tries = 0; !signal.aborted; tries += 1) {
    try {
      await read(tell, signal, () => { tries = -1; });
      lose(null);
    } catch (problem) {
      if (signal.aborted) return;
      lose(problem);
    }
    await pause(PAUSES_MS[Math.min(Math.max(tries, 0), PAUSES_MS.length - 1)], signal);
  }
}

function lose(problem) {
  news.set({ ...news.get(), isOpen: false, problem });
}

async function read(tell, signal, hasOpened) {
  const dead = new AbortController();
  const stop = () => dead.abort();
  signal.addEventListener("abort", stop);
  let timer = setTimeout(stop, SILENCE_MS);
  try {
    const response = await send("GET", "events", { signal: dead.signal });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    hasOpened();
    for (let text = ""; ;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(stop, SILENCE_MS);
      text = parse(text + value, tell);
      news.set({ isOpen: true, newsAt: Date.now(), problem: null });
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

// Tell each whole event of a text, and return the rest.
function parse(text, tell) {
  const pieces = text.split("\n\n");
  const rest = pieces.pop();
  for (const piece of pieces) {
    const lines = piece.split("\n");
    const event = lines.find((line) => line.startsWith("event: "));
    const data = lines.find((line) => line.startsWith("data: "));
    if (event && data) tell(event.slice(7), JSON.parse(data.slice(6)));
  }
  return rest;
}

function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
