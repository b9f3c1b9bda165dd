// Says when the stream of news is lost: all figures are as old as that, and the page tries again.
import { html } from "../vendor/preact_htm.js";
import { clock, duration } from "../format.js";
import { useNow } from "../loading.js";
import { t } from "../words.js";
import { printable } from "../names.js";

export function Banner({ news }) {
  const now = useNow();
  if (news.isOpen || (!news.newsAt && !news.problem)) return null;
  const why = news.problem ? [news.problem.what, news.problem.cure].filter(Boolean).join("; ") : "";
  const text = news.newsAt
    ? t("banner.lost", { time: clock(new Date(news.newsAt)), age: duration((now - news.newsAt) / 1000) })
    : t("banner.never");
  return html`<div class="banner" role="status"><b>${text}</b> <span>${printable(why)}</span></div>`;
}
