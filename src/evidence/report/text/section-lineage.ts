import { number } from "../format.ts";
import { type Html, html, named, type Part } from "../html.ts";
import type { RunReportInput, ShownLineage } from "./input.ts";
import { cell, dollars, milliseconds } from "./words.ts";

/** (7) One row, followed from its source to the release. */
export function lineageSection({ lineage, columns, provenance }: RunReportInput): Html {
  return html`<section id="lineage" aria-labelledby="lineage-title"><h2 id="lineage-title">One row, from its source to the release</h2>
${
  lineage === null
    ? html`<p>The release has no row.</p>`
    : html`<p class="quiet">Every row of the release has such a line in <code>lineage.parquet</code>: the attempt, the source row, the keys of its answers in the journal, tokens and price. Prompts are not in this report.</p>
<ol class="trail"><li class="end"><p class="step-head"><strong>${
        lineage.sourceIndex === null ? "No source row" : html`Source row ${number(lineage.sourceIndex)}`
      }</strong> <span class="quiet">attempt ${number(lineage.index)}</span></p>${
        lineage.sourceIndex !== null &&
        html`<p class="small quiet">${provenance.source?.isReal ? "The source is real: its cells are not in this bundle." : "Of a synthetic table."}</p>`
      }</li>${lineage.steps.map((step) => stepItem(step))}<li class="end"><p class="step-head"><strong>Row ${number(lineage.row)} of the release</strong></p><dl class="record">${columns.map(
        (name) => html`<div><dt>${named(name)}</dt><dd>${cell(lineage.values[name] ?? null)}</dd></div>`,
      )}</dl></li></ol>`
}</section>`;
}

const KINDS: Readonly<Record<string, string>> = {
  sampler: "drawn",
  expression: "computed",
  call: "asked of a model",
  check: "check",
  deduplicate: "compared with earlier rows",
  own: "step of the recipe’s own",
};

type Step = ShownLineage["steps"][number];

function stepItem(step: Step): Html {
  const { kind, calls } = step;
  return html`<li class="${CLASSES[kind] ?? "plain"}"><p class="step-head"><strong>${named(step.step)}</strong> <span class="badge-plain">${KINDS[kind] ?? kind}</span></p>${stepCell(step)}${
    calls.length > 0 && html`<ul class="calls small">${calls.map((call) => callItem(call))}</ul>`
  }</li>`;
}

const CLASSES: Readonly<Record<string, string>> = { call: "asked", check: "gate", deduplicate: "gate" };

function stepCell({ kind, value, isShown }: Step): Part {
  if (kind === "check") return html`<p class="small passed">passed</p>`;
  if (kind === "deduplicate") return html`<p class="small passed">unlike every earlier row</p>`;
  if (!isShown)
    return html`<p class="small quiet">Its cell is not in the release, and may hold words of the source: it stays in the folder of the run.</p>`;
  return html`<div class="cell-box">${cell(value)}</div>`;
}

function callItem({ key, model, usage, price, replayed, milliseconds: took, mark }: Step["calls"][number]): Html {
  const parts = [
    usage ? `${number(usage.promptTokens)} tokens in, ${number(usage.completionTokens)} out` : "tokens not counted",
    price === null ? "price unknown" : dollars(price),
    replayed ? "from the journal" : took === null ? "" : milliseconds(took),
    mark?.rung ? `asked by ${mark.rung}` : "",
  ].filter((part) => part !== "");
  return html`<li>${named(model)} · ${parts.join(" · ")} · <code class="digest" title="${key}">${key.slice(0, 12)}</code>${
    mark?.repaired &&
    html` <span class="badge warn"><span aria-hidden="true">!</span> repaired: ${mark.repaired}</span>`
  }${mark?.unusable !== undefined && html` <span class="badge warn"><span aria-hidden="true">!</span> not usable, asked again${mark.unusable && `: ${mark.unusable}`}</span>`}</li>`;
}
