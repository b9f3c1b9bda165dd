// Numbers and times as the command avio shows them. What is not known is "?" or "-", never 0.

const UNITS = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
export const NOTHING = "-";
export const UNKNOWN = "?";

const isKnown = (number) => number !== null && number !== undefined && Number.isFinite(number);

// Bytes as `17 B`, `4.2 KiB`, `142 MiB`.
export function size(number) {
  if (!isKnown(number)) return UNKNOWN;
  let unit = "B";
  for (const larger of UNITS) {
    if (number < 1023.5) break;
    [number, unit] = [number / 1024, larger];
  }
  return unit === "B" || number >= 9.95 ? `${Math.round(number)} ${unit}` : `${number.toFixed(1)} ${unit}`;
}

export const speed = (number) => (isKnown(number) ? `${size(number)}/s` : UNKNOWN);

// `63%`, rounded down so that 100% means all, and `<1%` where there is some.
export function percent(number) {
  if (!isKnown(number)) return UNKNOWN;
  return number > 0 && number < 1 ? "<1%" : `${Math.floor(number)}%`;
}

export const count = (number) => (isKnown(number) ? number.toLocaleString("en") : UNKNOWN);

export const amount = (counted) => (counted ? `${count(counted.files)} · ${size(counted.bytes)}` : UNKNOWN);

// Seconds as `49s`, `12m04s`, `3h05m`.
export function duration(seconds) {
  if (!isKnown(seconds)) return UNKNOWN;
  const whole = Math.floor(Math.max(0, seconds));
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  if (!minutes) return `${rest}s`;
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours}h${two(minutes % 60)}m` : `${minutes}m${two(rest)}s`;
}

const two = (number) => String(number).padStart(2, "0");

// An RFC 3339 time as `2026-05-02 11:40:05`, by the clock of this machine.
export function moment(text) {
  if (!text) return NOTHING;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return text;
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${clock(time)}`;
}

export const clock = (time) => `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;

// How long ago a time was: `49s`, `12m`, `3h`, `5d`.
export function age(text, now = Date.now()) {
  const seconds = (now - new Date(text).getTime()) / 1000;
  if (!isKnown(seconds)) return UNKNOWN;
  for (const [unit, least] of [["d", 172800], ["h", 7200], ["m", 120]]) {
    if (seconds >= least) return `${Math.floor((seconds * 2) / least)}${unit}`;
  }
  return `${Math.max(0, Math.floor(seconds))}s`;
}
