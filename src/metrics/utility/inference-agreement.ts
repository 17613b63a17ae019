import { type Table, takeRows } from "../../data/table.ts";
import { normalQuantile } from "../../math/distributions.ts";
import type { Analysis } from "../../schema/purpose.ts";
import type { Interval, Metric, MetricInput, Score, WorstPart } from "../metric.ts";
import { headerOf, notApplicable, notComputable } from "../score.ts";
import { splitReal } from "./prediction-tables.ts";
import { type Fitted, fitPlan, planRegression, type RegressionPlan } from "./regression-design.ts";

/** Fits the declared regressions to real and to synthetic rows; how much the confidence intervals of their coefficients overlap. */
export const inferenceAgreement: Metric = {
  name: "inference-agreement",
  title: "Same conclusions from declared regressions",
  family: "utility",
  better: "higher",
  range: [0, 1],
  source:
    "Karr, Kohnen, Oganian, Reiter & Sanil (2006), The American Statistician 60(3); Snoke, Raab, Nowok, Dibben & Slavkovic (2018), JRSS A 181",
  definitionVersion: 1,
  explains:
    "How much the confidence intervals of the declared regressions' coefficients overlap between real and synthetic rows: 1 is the same interval. It says nothing of analyses that were not declared.",
  measure,
};

const MAX_ROWS = 20_000;
const MIN_ROWS = 50;

async function measure(input: MetricInput): Promise<Score> {
  const { analyses } = input.purpose;
  if (analyses.length === 0) return notApplicable(inferenceAgreement, "No regression was declared (--analysis).");
  const { train, test, testedOn } = splitReal(input);
  const rows = Math.min(train.rows, test.rows, input.synthetic.rows, MAX_ROWS);
  if (rows < MIN_ROWS)
    return notComputable(inferenceAgreement, `Each side has ${rows} rows; ${MIN_ROWS} are needed for a regression.`);
  const part = (table: Table, label: string): Table =>
    table.rows === rows ? table : takeRows(table, input.random.split(label).sample(table.rows, rows));
  const tables = {
    real: part(train, "real"),
    fresh: part(test, "fresh"),
    synthetic: part(input.synthetic, "synthetic"),
  };
  const results = analyses.map((analysis) => compareAnalysis(analysis, tables, input));
  const compared = results.filter((result) => "coefficients" in result);
  if (compared.length === 0) {
    const reasons = results.map((r) => ("impossible" in r ? `${formulaOf(r.analysis)}: ${r.impossible}` : ""));
    return notComputable(inferenceAgreement, `No declared regression can be fitted. ${reasons.join(" ")}`);
  }
  const z = normalQuantile((1 + input.level) / 2);
  // Analyses share their rows: their mean is taken to vary as if they moved together, which errs on the wide side.
  const mean = (of: (result: Compared) => { readonly value: number; readonly spread: number }): Interval => {
    const value = compared.reduce((sum, result) => sum + of(result).value / compared.length, 0);
    const half = compared.reduce((sum, result) => sum + (z * of(result).spread) / compared.length, 0);
    return { value, low: value - half, high: value + half };
  };
  const value = mean((result) => result.value);
  const withCeiling = compared.every((result) => result.ceiling && result.difference);
  return {
    ...headerOf(inferenceAgreement),
    ...cut(value),
    level: input.level,
    n: rows,
    seeds: [input.seed],
    ...(withCeiling
      ? {
          ceiling: cut(mean((result) => result.ceiling as Estimated)),
          difference: mean((result) => result.difference as Estimated),
        }
      : {}),
    worst: worstOf(compared),
    details: {
      rows,
      realAgainst: testedOn,
      analyses: results.map((result) =>
        "impossible" in result
          ? { formula: formulaOf(result.analysis), notComputable: result.impossible }
          : detailsOf(result),
      ),
    },
  };
}

interface Estimated {
  readonly value: number;
  readonly spread: number;
}

interface Coefficient {
  readonly name: string;
  readonly overlap: number;
  readonly ceiling: number | undefined;
  readonly sameSign: boolean;
  readonly sameSignificance: boolean;
  /** |b_synthetic − b_real| / standard error of b_real; absent where the synthetic rows have no estimate. */
  readonly standardisedDifference?: number;
}

interface Compared {
  readonly analysis: Analysis;
  readonly rows: { readonly real: number; readonly synthetic: number };
  readonly notes: readonly string[];
  readonly coefficients: readonly Coefficient[];
  readonly value: Estimated;
  readonly ceiling: Estimated | undefined;
  readonly difference: Estimated | undefined;
}

function compareAnalysis(
  analysis: Analysis,
  tables: { readonly real: Table; readonly fresh: Table; readonly synthetic: Table },
  input: MetricInput,
): Compared | { readonly analysis: Analysis; readonly impossible: string } {
  const plan = planRegression(analysis, tables.real, input.schema);
  if ("impossible" in plan) return { analysis, impossible: plan.impossible };
  const real = fitPlan(plan, tables.real);
  const synthetic = fitTerms(plan, tables.synthetic);
  const fresh = fitTerms(plan, tables.fresh);
  const z = normalQuantile((1 + input.level) / 2);
  const base = estimatesOf(plan, { ...real, terms: plan.terms.map((_, j) => j) }, real.rows);
  if (!base) return { analysis, impossible: "The real rows have no finite estimate." };
  const own = estimatesOf(plan, synthetic, real.rows);
  const other = estimatesOf(plan, fresh, real.rows);
  const value = meanOverlap(base, own, z);
  const ceiling = other && meanOverlap(base, other, z);
  const notes = [...plan.notes];
  if (!own) notes.push(`The synthetic rows have no finite estimate (${failureOf(synthetic)}): every overlap is 0.`);
  else if (own.known.includes(false))
    notes.push("Coefficients that the synthetic rows cannot tell have an overlap of 0.");
  return {
    analysis,
    rows: { real: real.rows, synthetic: synthetic.rows },
    notes,
    coefficients: plan.terms.map((term, j) => coefficientOf(term.name, { base, own, j, z, value, ceiling })),
    value: { value: value.value, spread: Math.sqrt(quadratic(base, value.slopes) + quadratic(own, value.slopes)) },
    ceiling: ceiling && {
      value: ceiling.value,
      spread: Math.sqrt(quadratic(base, ceiling.slopes) + quadratic(other, ceiling.slopes)),
    },
    difference: ceiling && {
      value: value.value - ceiling.value,
      // The real fit stands in both; its noise cancels where both lean the same way.
      spread: Math.sqrt(
        quadratic(own, value.slopes) +
          quadratic(other, ceiling.slopes) +
          quadratic(
            base,
            value.slopes.map((s, j) => s - (ceiling.slopes[j] as number)),
          ),
      ),
    },
  };
}

/** A fit of those terms that the table can tell; the others are constant in it, or sums of others. */
function fitTerms(plan: RegressionPlan, table: Table): Fitted & { readonly terms: readonly number[] } {
  const offset = plan.analysis.family === "cox" ? 0 : 1;
  let terms = plan.terms.map((_, j) => j);
  for (;;) {
    const fitted = fitPlan({ ...plan, terms: terms.map((j) => plan.terms[j] as (typeof plan.terms)[number]) }, table);
    if (!("failed" in fitted.fit) || fitted.fit.failed !== "collinear") return { ...fitted, terms };
    const column = fitted.fit.column - offset;
    if (column < 0) return { ...fitted, terms };
    terms = terms.filter((_, at) => at !== column);
    if (terms.length === 0) return { ...fitted, terms };
  }
}

/** Coefficients without the intercept, over the plan's terms. */
interface Estimates {
  readonly known: readonly boolean[];
  readonly coefficients: Float64Array;
  readonly errors: Float64Array;
  /** Row-major. */
  readonly covariance: Float64Array;
}

/** Standard errors are put at the number of complete real rows, for an interval that is wide only because cells are missing is no agreement. */
function estimatesOf(
  plan: RegressionPlan,
  fitted: Fitted & { readonly terms: readonly number[] },
  rows: number,
): Estimates | undefined {
  const { fit, terms } = fitted;
  if ("failed" in fit) return undefined;
  const width = plan.terms.length;
  const offset = plan.analysis.family === "cox" ? 0 : 1;
  const size = terms.length + offset;
  const coefficients = new Float64Array(width);
  const covariance = new Float64Array(width * width);
  terms.forEach((j, a) => {
    coefficients[j] = fit.coefficients[a + offset] as number;
    terms.forEach((k, b) => {
      covariance[j * width + k] = ((fit.covariance[(a + offset) * size + b + offset] as number) * fitted.rows) / rows;
    });
  });
  return {
    known: plan.terms.map((_, j) => terms.includes(j)),
    coefficients,
    errors: coefficients.map((_, j) => Math.sqrt(covariance[j * width + j] as number)),
    covariance,
  };
}

/** The overlap of each coefficient's two intervals, their mean, and the mean's slope by each synthetic coefficient (minus that by the real one). */
function meanOverlap(
  real: Estimates,
  other: Estimates | undefined,
  z: number,
): { readonly value: number; readonly overlaps: readonly number[]; readonly slopes: Float64Array } {
  const width = real.coefficients.length;
  const slopes = new Float64Array(width);
  const overlaps = Array.from(real.coefficients, (b, j) => {
    if (!other?.known[j]) return 0;
    const a = other.coefficients[j] as number;
    const halfReal = z * (real.errors[j] as number);
    const halfOther = z * (other.errors[j] as number);
    if (halfReal === 0 || halfOther === 0) return a === b ? 1 : 0;
    const common = Math.min(a + halfOther, b + halfReal) - Math.max(a - halfOther, b - halfReal);
    if (common <= 0) return 0;
    const slope = 0.5 * (1 / (2 * halfReal) + 1 / (2 * halfOther));
    if (Math.abs(a - b) > Math.abs(halfReal - halfOther)) slopes[j] = (-Math.sign(a - b) * slope) / width;
    return common * slope;
  });
  return { value: overlaps.reduce((sum, x) => sum + x / width, 0), overlaps, slopes };
}

function quadratic(estimates: Estimates | undefined, slopes: Float64Array): number {
  if (!estimates) return 0;
  const width = slopes.length;
  let sum = 0;
  for (let j = 0; j < width; j++)
    for (let k = 0; k < width; k++)
      sum += (slopes[j] as number) * (slopes[k] as number) * (estimates.covariance[j * width + k] as number);
  return Math.max(0, sum);
}

function coefficientOf(
  name: string,
  of: {
    readonly base: Estimates;
    readonly own: Estimates | undefined;
    readonly j: number;
    readonly z: number;
    readonly value: { readonly overlaps: readonly number[] };
    readonly ceiling: { readonly overlaps: readonly number[] } | undefined;
  },
): Coefficient {
  const { base, own, j, z } = of;
  const common = { name, overlap: of.value.overlaps[j] as number, ceiling: of.ceiling?.overlaps[j] };
  if (!own?.known[j]) return { ...common, sameSign: false, sameSignificance: false };
  const [b, a] = [base.coefficients[j] as number, own.coefficients[j] as number];
  const [errorB, errorA] = [base.errors[j] as number, own.errors[j] as number];
  const difference = errorB > 0 ? Math.abs(a - b) / errorB : undefined;
  return {
    ...common,
    sameSign: Math.sign(a) === Math.sign(b),
    sameSignificance: Math.abs(b) > z * errorB === Math.abs(a) > z * errorA,
    ...(difference === undefined ? {} : { standardisedDifference: difference }),
  };
}

function failureOf({ fit }: Fitted): string {
  return "failed" in fit ? fit.failed : "";
}

function worstOf(compared: readonly Compared[]): readonly WorstPart[] {
  return compared
    .flatMap((result) =>
      result.coefficients.map(({ name, overlap, ceiling, sameSign }) => ({
        name: `${result.analysis.outcome} ~ ${name}`,
        value: overlap,
        ...(ceiling === undefined ? {} : { ceiling }),
        ...(sameSign ? {} : { note: "no estimate of the same sign" }),
      })),
    )
    .sort((a, b) => a.value - b.value)
    .slice(0, 50);
}

function detailsOf(result: Compared): Record<string, unknown> {
  const { coefficients } = result;
  const share = (of: (c: Coefficient) => boolean): number => coefficients.filter(of).length / coefficients.length;
  return {
    formula: formulaOf(result.analysis),
    completeRows: result.rows,
    meanOverlap: result.value.value,
    ...(result.ceiling ? { ceiling: result.ceiling.value } : {}),
    sameSign: share((c) => c.sameSign),
    sameSignificance: share((c) => c.sameSignificance),
    notes: result.notes,
    coefficients: coefficients.map(({ ceiling, ...rest }) => (ceiling === undefined ? rest : { ...rest, ceiling })),
  };
}

function formulaOf(analysis: Analysis): string {
  const outcome = analysis.event === undefined ? analysis.outcome : `${analysis.outcome}, ${analysis.event}`;
  return `${analysis.family}: ${outcome} ~ ${analysis.predictors.join(" + ")}`;
}

function cut(interval: Interval): Interval {
  const held = (x: number): number => Math.max(0, Math.min(1, x));
  return { value: held(interval.value), low: held(interval.low), high: held(interval.high) };
}
