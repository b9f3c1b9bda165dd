// Speed and files in flight over time, by uPlot.
import { html, useEffect, useRef } from "../vendor/preact_htm.js";
import { clock, size } from "../format.js";
import { t } from "../words.js";

const HEIGHT = 180;
const STEPS = Array.from({ length: 50 }, (_, power) => 2 ** power); // of the axis of speed: whole KiB, MiB ...
const LEAST_SECONDS = 60; // that the axis of time shows

export function SpeedChart({ points }) {
  const box = useRef(null);
  const plot = useRef(null);
  const data = [points.map((each) => each.time), points.map((each) => each.speed), points.map((each) => each.files)];
  useEffect(() => {
    plot.current = new uPlot(options(box.current), data, box.current);
    const watch = new ResizeObserver(() => plot.current.setSize({ width: box.current.clientWidth, height: HEIGHT }));
    watch.observe(box.current);
    return () => { watch.disconnect(); plot.current.destroy(); };
  }, []);
  useEffect(() => plot.current.setData(data), [points.length, points[points.length - 1]?.time]);
  return html`<div class="chart" ref=${box} role="img" aria-label=${t("chart")}></div>`;
}

function options(box) {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const [line, other, text, grid] = ["--accent", "--warn", "--muted", "--line"].map(colour);
  const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { show: false }, font: "11px system-ui" };
  return {
    width: box.clientWidth, height: HEIGHT, cursor: { y: false }, legend: { live: true },
    scales: {
      x: { range: (_, first, last) => [Math.min(first, last - LEAST_SECONDS), last] },
      speed: { range: (_, __, most) => [0, Math.max(most, 1024) * 1.1] },
      files: { range: (_, __, most) => [0, Math.max(most, 4) * 1.1] },
    },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map((tick) => clock(new Date(tick * 1000))), space: 90 },
      { ...axis, scale: "speed", size: 72, incrs: STEPS, values: (_, ticks) => ticks.map((tick) => `${size(tick)}/s`) },
      { ...axis, scale: "files", side: 1, size: 40, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500], grid: { show: false } },
    ],
    series: [
      { label: t("time"), value: (_, value) => (value === null ? "-" : clock(new Date(value * 1000))) },
      { label: t("speed"), scale: "speed", stroke: line, width: 1.5, fill: `${line}22`, value: (_, value) => (value === null ? "-" : `${size(value)}/s`) },
      { label: t("inflight"), scale: "files", stroke: other, width: 1.5, value: (_, value) => value ?? "-" },
    ],
  };
}
