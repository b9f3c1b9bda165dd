// Paths and names of files: text alone, whatever they hold, each in its own direction of writing.
import { html } from "./vendor/preact_htm.js";

const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

// A text with control characters and invisible ones as escapes.
export function printable(text) {
  return String(text).replace(HIDDEN, (character) => {
    const number = character.codePointAt(0);
    if (number < 0x80) return `\\x${number.toString(16).padStart(2, "0")}`;
    return number < 0x10000 ? `\\u${number.toString(16).padStart(4, "0")}` : `\\U${number.toString(16).padStart(8, "0")}`;
  });
}

export const Name = ({ text, title }) => html`<bdi class="name" title=${title ?? printable(text)}>${printable(text)}</bdi>`;

// How a path is written in a request: percent-encoded where JSON or a query could not hold it.
export function spelled(path, isEncoded) {
  if (isEncoded) return { alluxioUri: path, alluxioUriEncoded: true };
  if (/[\x00-\x1f\x7f]/.test(path)) {
    return { alluxioUri: path.split("/").map(encodeURIComponent).join("/"), alluxioUriEncoded: true };
  }
  return { alluxioUri: path };
}
