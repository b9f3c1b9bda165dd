// States as short coloured words.
import { html } from "../vendor/preact_htm.js";
import { word } from "../words.js";

const TONES = {
  succeeded: "good", cached: "good", ok: "good", active: "good", delivered: "good",
  running: "busy", starting: "busy", stopping: "busy", partial: "warn", dirty: "warn", stale: "warn", draining: "warn", degraded: "warn",
  paused: "quiet", queued: "quiet", remote: "quiet", cancelled: "quiet", unknown: "quiet", pending: "quiet", ended: "quiet", expired: "quiet",
  failed: "bad", conflict: "bad", gone: "bad", silent: "bad", lost: "bad", unavailable: "bad", away: "bad",
};

export const Badge = ({ kind, name }) => html`<span class=${`badge ${TONES[name] ?? "quiet"}`} data-state=${name}>${word(kind, name)}</span>`;
