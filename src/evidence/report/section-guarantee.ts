import type { BudgetLine } from "../../dp/budget.ts";
import type { PrivacyStatement } from "../privacy-statement.ts";
import { compact, count, number } from "./format.ts";
import { type Html, html, named, type Part } from "./html.ts";
import type { ReportInput } from "./input.ts";
import { dataFold, table } from "./table.ts";

/** What differential privacy promises of this release, what it cost, and what is outside. */
export function guaranteeSection(input: ReportInput): Html {
  const { privacy } = input;
  if (!privacy) return html``;
  const { epsilon, delta, unit } = privacy;
  return html`<section id="guarantee" aria-labelledby="guarantee-title"><h2 id="guarantee-title">Privacy guarantee</h2>
<div class="promise"><dl><div><dt>ε</dt><dd>${compact(epsilon)}</dd></div><div><dt>δ</dt><dd>${small(delta)}</dd></div><div><dt>protects</dt><dd>${unitWords(privacy)}</dd></div></dl></div>
<p>${meaning(privacy)}</p>
<dl class="facts"><div><dt>Definition</dt><dd>${privacy.definition}</dd></div><div><dt>What it compares</dt><dd>${privacy.neighbours}</dd></div><div><dt>Spent</dt><dd>ρ ${compact(privacy.spent.rho)} of ${compact(privacy.rho)}, which is ε ${compact(privacy.spent.epsilon)} of ${compact(epsilon)}</dd></div>${
    unit.kind === "group" && unit.column !== undefined
      ? html`<div><dt>One person is</dt><dd>all rows with the same ${named(unit.column)}; at most ${count(unit.rows, "row")} of each ${unit.rows === 1 ? "was" : "were"} learned from</dd></div>`
      : ""
  }</dl>
<h3>What was asked of the real rows</h3>
<p>${linesWords(privacy.lines)} Each answer carries noise from the system’s secure source; no seed gives it again.</p>
${mechanismTable(privacy.lines)}
${dataFold("Every question", lineTable(privacy.lines))}
<h3>What the source has spent</h3>
${sourceTable(privacy)}
<p class="small quiet">Rho of the releases is added, and the sum stated for the delta beside it: so the total may be less than the sum of their epsilons. Counted are the releases that the ledger of one user on one machine knows. Releases made elsewhere add to it, and are not known here.</p>
<h3>What was known beforehand, and what was paid for</h3>
${domainPart(privacy)}
<ul class="limits">${privacy.assumedPublic.map((item) => html`<li>${item}</li>`)}</ul>
<h3>What the guarantee does not cover</h3>
<ul class="limits">${[
    ...(input.withheld
      ? []
      : [
          "The scores, the decision and the plots of this report are computed from the real rows and are outside the guarantee.",
        ]),
    ...privacy.notCovered,
  ].map((item) => html`<li>${item}</li>`)}</ul></section>`;
}

/** One plain sentence of what epsilon means. */
function meaning({ epsilon, delta, unit }: PrivacyStatement): Html {
  const who = unit.kind === "row" ? "any one row" : "all rows of any one person";
  const factor = Math.exp(epsilon);
  return html`Whatever somebody sees in this table, and whatever they know besides: the odds they give to ${who} having been in the real table change by at most a factor of ${factor < 1e6 ? number(factor) : html`e<sup>${compact(epsilon)}</sup>`} (e to the power of ε), up to a slack of δ, a chance of about one in ${number(Math.round(1 / delta))}.`;
}

function unitWords({ unit }: PrivacyStatement): Part {
  if (unit.kind === "row") return "one row";
  return html`one ${unit.column === undefined ? "person" : named(unit.column)}, ${count(unit.rows, "row")} at most`;
}

const MECHANISMS: Readonly<Record<BudgetLine["mechanism"], string>> = {
  "discrete-gaussian": "counts with discrete Gaussian noise",
  exponential: "a choice by the exponential mechanism",
  "stable-histogram": "labels whose noisy count is above a threshold",
};

function linesWords(lines: readonly BudgetLine[]): string {
  const of = (mechanism: BudgetLine["mechanism"]): number =>
    lines.filter((line) => line.mechanism === mechanism).length;
  const parts = [
    [of("stable-histogram"), "list of labels", "lists of labels"],
    [of("exponential"), "choice", "choices"],
    [of("discrete-gaussian"), "table of counts", "tables of counts"],
  ] as const;
  const told = parts
    .filter(([n]) => n > 0)
    .map(([n, one, many]) => `${number(n)} ${n === 1 ? one : many}`)
    .join(", ");
  return `${count(lines.length, "question")}: ${told || "none"}. Nothing else of the rows went into the synthetic table.`;
}

/** The lines grouped by mechanism, with the range of their noise. */
function mechanismTable(lines: readonly BudgetLine[]): Html {
  const all = lines.reduce((sum, { rho }) => sum + rho, 0);
  const rows = (Object.keys(MECHANISMS) as BudgetLine["mechanism"][]).flatMap((mechanism) => {
    const own = lines.filter((line) => line.mechanism === mechanism);
    if (own.length === 0) return [];
    const rho = own.reduce((sum, line) => sum + line.rho, 0);
    const noise = mechanism === "exponential" ? "epsilon" : "sigma";
    return [
      [
        MECHANISMS[mechanism],
        number(own.length),
        `${noise === "sigma" ? "σ" : "ε"} ${range(own.map(({ detail }) => detail[noise] ?? Number.NaN))}`,
        compact(rho),
        all > 0 ? `${number((100 * rho) / all)}\u202F%` : "–",
      ],
    ];
  });
  return table("What was asked, by mechanism", ["Mechanism", "Questions", "Noise", "ρ", "Share"], rows, {
    hideCaption: true,
  });
}

function lineTable(lines: readonly BudgetLine[]): Html {
  return table(
    "Every question that was asked of the real rows",
    ["Question", "Mechanism", "Sensitivity", "Noise", "ρ", "δ"],
    lines.map((line) => [
      named(line.query),
      line.mechanism,
      compact(line.sensitivity),
      Object.entries(line.detail)
        .map(([name, value]) => `${name} ${compact(value)}`)
        .join(", "),
      compact(line.rho),
      line.delta === 0 ? "0" : small(line.delta),
    ]),
    { numeric: [2, 4, 5], hideCaption: true },
  );
}

function sourceTable({ source, epsilon, delta }: PrivacyStatement): Html {
  const { budget } = source;
  const at = small(source.totalDelta);
  return html`${source.id === null ? "" : html`<p>Source: ${named(source.id)}.</p>`}${table(
    "Epsilon of the source over its releases",
    ["What", "ε", "δ"],
    [
      ["This release, as promised", compact(epsilon), small(delta)],
      [`${count(source.releasesBefore, "release")} before`, compact(source.epsilonBefore), at],
      [
        source.releasesBefore === 0 ? "Total" : `All ${number(source.releasesBefore + 1)} together`,
        compact(source.totalEpsilon),
        at,
      ],
      budget
        ? ["Budget of the policy", compact(budget.epsilon), small(budget.delta)]
        : ["Budget of the policy", "no limit", "–"],
    ],
    { hideCaption: true },
  )}`;
}

function domainPart({ columns }: PrivacyStatement): Html {
  if (columns.length === 0) return html``;
  const paid = columns.filter(({ domain }) => domain === "paid").length;
  const words =
    paid === 0
      ? `The domain of every column (its labels, its range) was declared, and cost nothing.`
      : `The domains (labels, ranges) of ${number(columns.length - paid)} of ${count(columns.length, "column")} were declared; ${paid === 1 ? "that of 1 was" : `those of ${number(paid)} were`} found out for a part of the budget.`;
  return html`<p>${words}</p>${dataFold(
    "Column by column",
    table(
      "Where the domain of each column comes from",
      ["Column", "Domain", "How"],
      columns.map(({ column, domain, how }) => [named(column), domain, how]),
      { numeric: [], hideCaption: true },
    ),
  )}`;
}

function range(values: readonly number[]): string {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return number(low) === number(high) ? number(low) : `${number(low)} to ${number(high)}`;
}

/** 1e-9 as 10⁻⁹ would be; other small numbers with their exponent. */
function small(x: number): Html {
  if (x >= 0.001 || x <= 0) return html`${compact(x)}`;
  const [digits, exponent] = x.toExponential(2).split("e") as [string, string];
  const mantissa = Number(digits);
  const power = html`10<sup>${exponent.replace("-", "−")}</sup>`;
  return mantissa === 1 ? power : html`${mantissa} × ${power}`;
}
