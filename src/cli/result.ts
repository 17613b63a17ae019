import type { PrivacyStatement } from "../evidence/privacy-statement.ts";
import type { JobResult } from "../jobs/job.ts";
import { isMeasured, type Score } from "../metrics/metric.ts";
import { numberInWords } from "../policy/words.ts";
import { lineageInWords } from "../runs/data-lineage.ts";
import { decisionLine, shown } from "./result-lines.ts";

/** Prints what a job found: JSON for a script, or the decision, the five numbers that matter, and where the report is. */
export function printResult(result: JobResult, options: { readonly json?: boolean; readonly quiet?: boolean }): void {
  if (options.json) {
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${resultText(result)}\n`);
}

/** The result in plain lines. */
export function resultText(result: JobResult): string {
  const { decision } = result;
  const lines = ["", decisionLine(decision), ""];
  // A release that its source's budget has no room for was not measured.
  if (result.scores.length > 0) lines.push(...headlineLines(result), "");
  if (result.privacy) lines.push(guaranteeLine(result.privacy), "");
  const notable = decision.rules.filter((rule) => rule.outcome !== "pass" && rule.outcome !== "not-applicable");
  if (notable.length > 0) {
    for (const { outcome, rules, reason, remedy } of grouped(notable)) {
      lines.push(`  ${outcome.padEnd(14)} ${rules.join(", ")}: ${reason}`);
      if (remedy) lines.push(`${" ".repeat(17)}${remedy}`);
    }
    lines.push("");
  }
  if (result.bundle) {
    lines.push(`bundle     ${shown(result.bundle)}`);
    if (result.report) lines.push(`report     ${shown(result.report)}  (open it in a browser)`);
    if (result.evaluation)
      lines.push(`evaluation ${shown(result.evaluation)}  (from the real rows: for you, not for who gets the bundle)`);
  }
  if (result.lineage && result.lineage.generation > 1) lines.push(`lineage    ${lineageInWords(result.lineage)}`);
  if (result.compat) {
    lines.push("", `${result.compat.peer} ${result.compat.version} would print, beside ours:`);
    const text = (value: number | null | undefined): string =>
      value === null || value === undefined ? "–" : value.toFixed(4);
    for (const { name, theirs, ours, difference } of result.compat.numbers)
      lines.push(
        `  ${name.padEnd(48)} ${text(theirs).padStart(8)}  ${ours ? `${ours.metric} ${text(ours.value)}` : ""}`,
        `      ${difference}`,
      );
  }
  if (result.selfTest) {
    const { held, tried, rows, cases } = result.selfTest;
    lines.push(
      "",
      `self-test  ${held} of ${tried} cases with a known answer were answered right (${rows} rows a part)`,
    );
    for (const item of cases.filter(({ held: right }) => right !== true))
      lines.push(
        `  ${(item.held === null ? "not tried" : "WRONG").padEnd(14)} ${item.name}: ${item.held === null ? item.because.join(" ") : `got ${item.got} (${item.because.join(", ")}), right is ${item.right.join(" or ")}`}`,
      );
  }
  lines.push(
    `took       ${result.seconds.toFixed(1)} s · ${result.rows.train} training, ${result.rows.holdout} holdout, ${result.rows.synthetic} synthetic rows · seed ${result.seed}${result.queries > 1 ? ` · run ${result.queries} over these real rows` : ""}`,
  );
  return lines.filter((line, i) => line !== "" || lines[i - 1] !== "").join("\n");
}

/** The five numbers that matter. */
function headlineLines(result: JobResult): readonly string[] {
  const { headline } = result;
  const lines: string[] = [];
  const score = (name: string): Score | undefined => result.scores.find((item) => item.metric === name);
  const row = (label: string, value: string): void => {
    lines.push(`  ${label.padEnd(38)} ${value}`);
  };
  row(
    "pair score against its ceiling",
    headline.pairs
      ? `${headline.pairs.value.toFixed(3)} of ${headline.pairs.ceiling.toFixed(3)}`
      : why(score("pair-accuracy")),
  );
  row(
    "two-sample test (1 = cannot be told)",
    headline.twoSample !== null
      ? `${headline.twoSample.toFixed(3)}${interval(score("two-sample"))}`
      : why(score("two-sample")),
  );
  row(
    "train on synthetic / train on real",
    headline.trainOnSynthetic !== null
      ? `${headline.trainOnSynthetic.toFixed(3)}${interval(score("train-on-synthetic"))}`
      : why(score("train-on-synthetic")),
  );
  row(
    "excess copies of training rows",
    headline.excessCopies !== null ? percent(headline.excessCopies, score("exact-copies")) : why(score("exact-copies")),
  );
  const lost = headline.commonestCategoryLost;
  const categories = score("categories-lost");
  row(
    "commonest category lost",
    lost
      ? `in ${lost.column}, expected ${Math.round(lost.expected)} times`
      : categories && isMeasured(categories)
        ? "none"
        : why(categories),
  );
  return lines;
}

/** "guarantee  epsilon 1, delta 1e-9 for each row · its source: epsilon 1.44 of 3 at delta 1e-6, in 2 releases" */
function guaranteeLine({ epsilon, delta, unit, source }: PrivacyStatement): string {
  const who =
    unit.kind === "row"
      ? "each row"
      : `each ${unit.column ?? "person"} (at most ${unit.rows} row${unit.rows === 1 ? "" : "s"})`;
  const releases = source.releasesBefore + 1;
  const of = source.budget ? ` of ${short(source.budget.epsilon)}` : "";
  return `guarantee  epsilon ${short(epsilon)}, delta ${short(delta)} for ${who} · its source: epsilon ${short(source.totalEpsilon)}${of} at delta ${short(source.totalDelta)}, in ${releases} release${releases === 1 ? "" : "s"}`;
}

function short(x: number): string {
  return numberInWords(x, 3);
}

interface Group {
  readonly outcome: string;
  readonly rules: string[];
  readonly reason: string;
  readonly remedy: string | undefined;
}

/** Rules that ended the same way for the same reason, told once. */
function grouped(rules: JobResult["decision"]["rules"]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const { rule, outcome, reason, remedy } of rules) {
    // Which score it was is told by the rule's name.
    const why = reason.replace(/^.* could not be computed: /, "could not be computed: ");
    const key = `${outcome} ${why}`;
    const known = groups.get(key);
    if (known) known.rules.push(rule);
    else groups.set(key, { outcome, rules: [rule], reason: why, remedy });
  }
  return [...groups.values()];
}

function interval(score: Score | undefined): string {
  return score && isMeasured(score) ? `  (${score.low.toFixed(3)} to ${score.high.toFixed(3)})` : "";
}

function percent(share: number, score: Score | undefined): string {
  const text = (x: number): string => `${(100 * x).toFixed(3)} %`;
  return score && isMeasured(score)
    ? `${text(share)}  (${text(score.low)} to ${text(score.high)} of the released rows)`
    : text(share);
}

function why(score: Score | undefined): string {
  if (!score) return "not measured";
  return isMeasured(score) ? "–" : `not computable: ${score.notComputable}`;
}
