// Light or dark: as the system says, unless the user chose one here.
import { store } from "./store.js";

const KEY = "avio.theme";
const THEMES = ["system", "light", "dark"];

export const theme = store(THEMES.includes(localStorage.getItem(KEY)) ? localStorage.getItem(KEY) : "system");

export function applyTheme() {
  const chosen = theme.get();
  if (chosen === "system") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.setAttribute("data-theme", chosen);
}

export function nextTheme() {
  const next = THEMES[(THEMES.indexOf(theme.get()) + 1) % THEMES.length];
  localStorage.setItem(KEY, next);
  theme.set(next);
  applyTheme();
}
