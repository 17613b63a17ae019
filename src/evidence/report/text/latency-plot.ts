import type { LaneSummary } from "../../../text/run-summary.ts";
import { shortened } from "../format.ts";
import { type Html, html } from "../html.ts";
import { milliseconds } from "./words.ts";

const WIDTH = 640;
const ROW = 34;
const LEFT = 150;
const RIGHT = 28;

/** How long answers took, by model, on a logarithmic axis: the middle nine tenths as a band, the median, one in a hundred, and the slowest. */
export function latencyPlot(lanes: readonly LaneSummary[]): Html {
  const drawn = lanes.flatMap(({ model, latencyMs }) => (latencyMs ? [{ model, latencyMs }] : []));
  if (drawn.length === 0) return html``;
  const low = Math.max(0.1, Math.min(...drawn.map(({ latencyMs }) => latencyMs[0])));
  const high = Math.max(low * 1.5, ...drawn.map(({ latencyMs }) => latencyMs[4]));
  const from = Math.log(low / 1.15);
  const to = Math.log(high * 1.15);
  const x = (ms: number): string =>
    (LEFT + ((Math.log(Math.max(low, ms)) - from) / (to - from)) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const height = drawn.length * ROW + 30;
  const said = drawn
    .map(
      ({ model, latencyMs: [, median, , slow, most] }) =>
        `${model}: half of the answers within ${milliseconds(median)}, 99 of 100 within ${milliseconds(slow)}, the slowest ${milliseconds(most)}`,
    )
    .join("; ");
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Time from sending to answer"><svg class="dots" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${said}">${ticksOf(
    low,
    high,
  ).map(
    (tick) =>
      html`<line class="s-rule" x1="${x(tick)}" x2="${x(tick)}" y1="2" y2="${height - 24}"/><text class="tick mid" x="${x(tick)}" y="${height - 8}">${milliseconds(tick)}</text>`,
  )}${drawn.map(({ model, latencyMs: [fast, median, slow, slowest, most] }, i) => {
    const y = i * ROW + ROW / 2 + 2;
    return html`<text class="label" x="0" y="${y + 4}">${shortened(model, 22)}</text><line class="axis" x1="${x(fast)}" x2="${x(most)}" y1="${y}" y2="${y}"/><rect class="band" x="${x(fast)}" y="${y - 8}" width="${Math.max(2, Number(x(slow)) - Number(x(fast))).toFixed(1)}" height="16" rx="2"/><line class="limit" x1="${x(slowest)}" x2="${x(slowest)}" y1="${y - 9}" y2="${y + 9}"/><circle class="f-synthetic" cx="${x(median)}" cy="${y}" r="5"/><circle class="hollow" cx="${x(most)}" cy="${y}" r="3.5"/>`;
  })}</svg></div><p class="key small quiet"><span><svg viewBox="0 0 26 14" aria-hidden="true"><circle class="f-synthetic" cx="13" cy="7" r="4.5"/></svg>median</span><span><svg viewBox="0 0 26 14" aria-hidden="true"><rect class="band" x="2" y="1" width="22" height="12"/></svg>from 5 to 95 in a hundred</span><span><svg viewBox="0 0 26 14" aria-hidden="true"><line class="limit" x1="13" x2="13" y1="0" y2="14"/></svg>99 in a hundred are faster</span><span><svg viewBox="0 0 26 14" aria-hidden="true"><circle class="hollow" cx="13" cy="7" r="3.5"/></svg>slowest</span></p>`;
}

/** 1, 2 and 5 times powers of ten; where that is too many, powers alone. */
function ticksOf(low: number, high: number): readonly number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const digit of [1, 2, 5]) {
      const tick = digit * 10 ** power;
      if (tick >= low / 1.15 && tick <= high * 1.15) ticks.push(tick);
    }
  return ticks.length > 8 ? ticks.filter((tick) => Number.isInteger(Math.log10(tick) + 1e-9 - 1e-9)) : ticks;
}
