import type { RejectionCount } from "../../../text/run-summary.ts";
import { count, number, percent } from "../format.ts";
import { type Html, html, named, type Part } from "../html.ts";
import { table } from "../table.ts";
import type { RunReportInput } from "./input.ts";
import { shareBar } from "./section-cost.ts";

/** (5) What was rejected, where, and why. */
export function rejectsSection({ summary, provenance }: RunReportInput): Html {
  const { rejections, rejected } = summary;
  const most = rejections.reduce((largest, { rows }) => Math.max(largest, rows), 1);
  const isReal = provenance.source?.isReal ?? false;
  return html`<section id="rejects" aria-labelledby="rejects-title"><h2 id="rejects-title">What was rejected, and why</h2>
${
  rejections.length === 0
    ? html`<p>No row was rejected.</p>`
    : html`<p class="quiet">${count(rejected, "row")} rejected. They are kept in the folder of the run with their reasons; none is in the release.</p>${table(
        "Rejected rows by step and reason",
        ["Step", "Reason", "Rows", "Share", "", "Examples"],
        rejections.map(({ step, reason, rows, examples }) => [
          named(step),
          reasonWords(reason),
          number(rows),
          percent(rows / Math.max(1, rejected)),
          shareBar(rows / most),
          exampleList(examples, isReal),
        ]),
        { numeric: [2, 3], hideCaption: true },
      )}${isReal ? html`<p class="small quiet">The source is real: what was said of single rows could quote it, and stays in the folder of the run.</p>` : ""}`
}</section>`;
}

const REASONS: Readonly<Record<string, string>> = {
  check: "a check did not hold",
  duplicate: "repeats an accepted row",
  unparsable: "no answer fitted the schema",
  filtered: "stopped by the provider’s content filter",
  context: "too long for the model",
  failed: "the model did not answer",
  own: "rejected by a step of the recipe’s own",
};

function reasonWords(reason: string): Part {
  const words = REASONS[reason];
  return words === undefined ? reason : html`${words} <code class="small quiet">${reason}</code>`;
}

function exampleList(examples: RejectionCount["examples"], isReal: boolean): Part {
  if (examples.length === 0) return "";
  const item = ({ index, sourceIndex, detail, matched }: RejectionCount["examples"][number]): Html =>
    html`<li>attempt ${number(index)}${sourceIndex !== null && html`, source row ${number(sourceIndex)}`}${
      matched !== undefined && html`, like attempt ${number(matched)}`
    }${!isReal && detail !== "" && html`: <bdi>${detail}</bdi>`}</li>`;
  const [first, ...others] = examples;
  return html`<ul class="examples small">${first && item(first)}</ul>${
    others.length > 0 &&
    html`<details class="small"><summary>${count(others.length, "more example")}</summary><ul class="examples">${others.map(item)}</ul></details>`
  }`;
}
