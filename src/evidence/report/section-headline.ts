import { type Interval, isMeasured, type MeasuredScore, type Score } from "../../metrics/metric.ts";
import type { RuleResult } from "../../policy/decision.ts";
import { compact, count, interval, number, percent, slug } from "./format.ts";
import { type Html, html, named } from "./html.ts";
import type { Judgement, ReportInput } from "./input.ts";
import { type Marks, scalePlot } from "./scale.ts";

/** The metric behind each of the five numbers. */
const METRICS = {
  pairs: "pair-accuracy",
  twoSample: "two-sample",
  trainOnSynthetic: "train-on-synthetic",
  excessCopies: "exact-copies",
  commonestCategoryLost: "categories-lost",
} as const;

interface Row {
  readonly metric: string;
  readonly title: string;
  readonly value: string | null;
  readonly format: (value: number) => string;
  readonly plain: string;
}

/** (2) Five numbers, each with its interval, ceiling and floor on a small scale. */
export function headlineSection(input: ReportInput): Html {
  const { headline } = input;
  const lost = headline.commonestCategoryLost;
  const coverage = scoreNamed(input.scores, METRICS.commonestCategoryLost);
  const rows: Row[] = [
    {
      metric: METRICS.pairs,
      title: "Pairs of columns",
      value: headline.pairs && number(headline.pairs.value),
      format: number,
      plain: headline.pairs
        ? `How alike every pair of columns is. Fresh real rows reach ${number(headline.pairs.ceiling)}.`
        : "",
    },
    {
      metric: METRICS.twoSample,
      title: "Telling them apart",
      value: headline.twoSample === null ? null : number(headline.twoSample),
      format: number,
      plain: "How well a trained classifier fails to tell synthetic rows from real ones: 1 is cannot be told.",
    },
    {
      metric: METRICS.trainOnSynthetic,
      title: "Learning from it",
      value: headline.trainOnSynthetic === null ? null : number(headline.trainOnSynthetic),
      format: number,
      plain:
        "A model trained on the synthetic rows against one trained on real rows, both tested on real rows: 1 is as good.",
    },
    {
      metric: METRICS.excessCopies,
      title: "Excess copies",
      value: headline.excessCopies === null ? null : percent(headline.excessCopies),
      format: percent,
      plain: "Released rows that repeat a training row, beyond what rows never seen would match: 0 is none.",
    },
    {
      metric: METRICS.commonestCategoryLost,
      title: "Commonest category lost",
      value: lost ? `${number(Math.round(lost.expected))} lost` : coverage && isMeasured(coverage) ? "none" : null,
      format: number,
      plain: lost
        ? `A category of this column was expected ${count(Math.round(lost.expected), "time")} and never came.`
        : "Whether a category that should have come ten times or more never came.",
    },
  ];
  return html`<section id="numbers" aria-labelledby="numbers-title"><h2 id="numbers-title">Five numbers that matter</h2><ul class="headline">${rows.map(
    (row) => headlineRow(row, input, row.metric === METRICS.commonestCategoryLost ? lost?.column : undefined),
  )}</ul>${scaleKey()}</section>`;
}

/** How to read the small scales. */
export function scaleKey(): Html {
  return html`<p class="key small quiet"><span><svg viewBox="0 0 26 14" aria-hidden="true"><line class="whisker" x1="1" x2="25" y1="7" y2="7"/><circle class="f-synthetic" cx="13" cy="7" r="4.5"/></svg>this table, with its interval</span><span><svg viewBox="0 0 26 14" aria-hidden="true"><rect class="band" x="8" y="0" width="10" height="14"/></svg>ceiling: fresh real rows</span><span><svg viewBox="0 0 26 14" aria-hidden="true"><path class="floor" d="M13 2l6 10h-12Z"/></svg>floor: columns drawn apart from each other</span><span><svg viewBox="0 0 26 14" aria-hidden="true"><line class="limit" x1="13" x2="13" y1="0" y2="14"/></svg>what the policy asks for</span></p>`;
}

export function scoreNamed(scores: readonly Score[], name: string): Score | undefined {
  return scores.find((score) => score.metric === name);
}

/** What a scale says, for those who cannot see it. */
export function scaleWords(title: string, score: MeasuredScore, format: (value: number) => string): string {
  const parts = [`${title}: ${interval(score, format)}`];
  if (score.ceiling) parts.push(`ceiling ${format(score.ceiling.value)}`);
  if (score.floor) parts.push(`floor ${format(score.floor.value)}`);
  return `${parts.join(", ")}.`;
}

/** A score's marks, with the limit of its first hard rule. */
export function marksOf(score: MeasuredScore, input: Judgement): Marks {
  const rules = input.decision.rules.filter((rule) => rule.metric === score.metric);
  const rule = rules.find((item) => item.severity === "refuse") ?? rules[0];
  return { found: score, ceiling: score.ceiling, floor: score.floor, limit: rule && limitOf(rule, score) };
}

/** A rule's threshold on the axis of the score itself; a rule on a difference or a normalised score is moved there by the ceiling and the floor. */
function limitOf(rule: RuleResult, { ceiling, floor }: MeasuredScore): number | undefined {
  if (rule.bound === null || rule.threshold === null) return undefined;
  const part = rule.bound.includes(".") ? rule.bound.split(".")[0] : undefined;
  if (part === undefined) return rule.threshold;
  if (part === "difference" && ceiling) return ceiling.value + rule.threshold;
  if (part === "normalised" && ceiling && floor) return floor.value + rule.threshold * (ceiling.value - floor.value);
  return undefined;
}

function headlineRow(row: Row, input: ReportInput, column: string | undefined): Html {
  const score = scoreNamed(input.scores, row.metric);
  const measured = score && isMeasured(score) ? score : undefined;
  const reference = `#def-${slug(row.metric)}`;
  const plot = measured && row.metric !== METRICS.commonestCategoryLost;
  return html`<li><div class="what"><h3><a href="${reference}">${row.title}</a></h3><p class="small quiet">${row.plain}${column !== undefined && html` Column: ${named(column)}.`}</p></div><div class="figure"><p class="value${row.value === null ? " absent" : ""}">${row.value ?? "not computed"}</p>${
    plot && row.value !== null && html`<p class="small quiet">${range(measured, row.format)}</p>`
  }</div><div class="plot">${
    plot
      ? scalePlot(marksOf(measured, input), {
          label: scaleWords(row.title, measured, row.format),
          format: row.format === percent ? percent : compact,
        })
      : score && !isMeasured(score)
        ? html`<p class="small">${score.notComputable}</p>`
        : ""
  }</div></li>`;
}

function range(found: Interval, format: (value: number) => string): string {
  return `${format(found.low)} to ${format(found.high)}`;
}
