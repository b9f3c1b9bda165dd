// The texts of the page in the language of the user. All texts are in words/en.js and words/zh.js.
import { store } from "./store.js";
import en from "./words/en.js";
import zh from "./words/zh.js";

const KEY = "avio.language";
const LANGUAGES = { en, zh };

export const language = store(first());
document.documentElement.lang = language.get();

function first() {
  const chosen = localStorage.getItem(KEY) || "";
  if (chosen in LANGUAGES) return chosen;
  return (navigator.languages || []).some((each) => each.toLowerCase().startsWith("zh")) ? "zh" : "en";
}

export function nextLanguage() {
  const next = language.get() === "en" ? "zh" : "en";
  localStorage.setItem(KEY, next);
  document.documentElement.lang = next;
  language.set(next);
}

// Return the text of a key, with {name} in place of members of `values`.
export function t(key, values = {}) {
  const text = LANGUAGES[language.get()][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

// Return the text of a word of the API, such as a status; an unknown one as it is.
export function word(kind, name) {
  return LANGUAGES[language.get()][`${kind}.${name}`] ?? String(name);
}
