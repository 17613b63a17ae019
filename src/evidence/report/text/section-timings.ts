import type { LaneSummary } from "../../../text/run-summary.ts";
import { number } from "../format.ts";
import { type Html, html, named, type Part } from "../html.ts";
import { table } from "../table.ts";
import type { RunReportInput } from "./input.ts";
import { latencyPlot } from "./latency-plot.ts";
import { duration, milliseconds } from "./words.ts";

/** (6) How fast answers came, and what stood in the way. */
export function timingsSection({ summary }: RunReportInput): Html {
  const { lanes, seconds } = summary;
  const sent = lanes.reduce((sum, lane) => sum + lane.sent, 0);
  return html`<section id="timings" aria-labelledby="timings-title"><h2 id="timings-title">How it ran</h2>
${
  sent === 0
    ? html`<p>No request was sent: every answer stood in the journal, or no model was asked.</p>`
    : html`<h3>Time from sending to answer</h3>${latencyPlot(lanes)}<h3>Requests</h3>${table(
        "Requests by model",
        [
          "Model",
          "Sent",
          "Answered",
          "Refused as too many",
          "Other failures",
          "In flight at most",
          "Paused",
          "Answers a second",
          "Median",
          "99 of 100",
        ],
        lanes.map((lane) => rowOf(lane, seconds)),
        { numeric: [1, 2, 3, 5, 6, 7, 8, 9], hideCaption: true },
      )}<p class="small quiet">Refused and failed requests were sent again; a row is lost only where the last try failed. Paused is the time in which nothing was sent because the server asked for it, or did not answer.</p>`
}</section>`;
}

function rowOf(lane: LaneSummary, seconds: number): readonly Part[] {
  const failures = Object.entries(lane.failures)
    .filter(([kind, times]) => kind !== "rate-limited" && times > 0)
    .sort((a, b) => b[1] - a[1]);
  return [
    named(lane.model),
    number(lane.sent),
    number(lane.answered),
    number(lane.rateLimited),
    failures.length === 0 ? "none" : failures.map(([kind, times]) => `${kind} ${number(times)}`).join(", "),
    number(lane.mostInFlight),
    lane.pausedSeconds > 0 ? duration(lane.pausedSeconds) : "never",
    seconds > 0 ? String(Number((lane.answered / seconds).toPrecision(3))) : "–",
    lane.latencyMs ? milliseconds(lane.latencyMs[1]) : "–",
    lane.latencyMs ? milliseconds(lane.latencyMs[3]) : "–",
  ];
}
