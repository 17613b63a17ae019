import { InvalidArgument } from "../../errors.ts";
import { standardNormalQuantile } from "../../math/standard-normal.ts";
import { studentQuantile } from "../../math/student-t.ts";

/** How m estimates, one for each synthetic table, become one; which is right depends on how the tables were made. */
export const COMBINING_RULES = [
  /** All variables of new units drawn from a posterior predictive distribution. */
  "fully-synthetic",
  /** Some values of the real units replaced by draws. */
  "partially-synthetic",
  /** Missing values of the real units filled in. */
  "multiple-imputation",
  /** All variables drawn from one fitted model; one table is enough. */
  "simple-synthesis",
  /** All variables drawn from models whose parameters were drawn first; one table is enough. */
  "proper-synthesis",
  /** Not of the population: what the same analysis of the real table would have said. */
  "original-estimate",
] as const;

export type CombiningRule = (typeof COMBINING_RULES)[number];

/** What an analysis of one synthetic table said of one coefficient. */
export interface TableEstimate {
  readonly value: number;
  /** Its squared standard error, as if the table were real. */
  readonly variance: number;
}

/** One coefficient from all tables together. */
export interface CombinedEstimate {
  readonly rule: CombiningRule;
  readonly value: number;
  readonly variance: number;
  readonly standardError: number;
  readonly low: number;
  readonly high: number;
  /** Of Student's t; null: the normal distribution. */
  readonly degreesOfFreedom: number | null;
  /** The rule's own variance was negative and another took its place. */
  readonly repaired: boolean;
  /** Whole sentences. */
  readonly notices: readonly string[];
}

/** A rule that does not apply, in whole sentences. */
export interface NotCombined {
  readonly rule: CombiningRule;
  readonly notComputable: string;
}

/** One estimate, with an honest interval, from those of m synthetic tables.
 * With k/n = synthetic rows / real rows, q̄ and ū the means of the estimates and of their variances, b the variance between the estimates:
 * fully-synthetic (1 + 1/m) b − ū, and where that is negative (k/n) ū; partially-synthetic ū + b/m; multiple-imputation ū + (1 + 1/m) b;
 * simple-synthesis ū (k/n + 1/m); proper-synthesis ū (k/n + (1 + k/n)/m); original-estimate ū k/n.
 * @param options.realRows n, rows of the table that the synthesizer saw
 * @param options.syntheticRows k, rows of each synthetic table
 * @param options.level of the interval; .9
 * @param options.completeDegreesOfFreedom of the analysis on a complete table, for multiple imputation; n − 1
 * @throws {InvalidArgument} no estimate, one that is not finite, a variance below 0, rows or a level out of range
 * @source Raghunathan, Reiter & Rubin (2003), JOS 19; Reiter (2002), JOS 18 (negative variance); Reiter (2003), Survey Methodology 29;
 *   Rubin (1987); Barnard & Rubin (1999), Biometrika 86; Raab, Nowok & Dibben (2016), Journal of Privacy and Confidentiality 7 */
export function combineEstimates(
  estimates: readonly TableEstimate[],
  options: {
    readonly rule: CombiningRule;
    readonly realRows: number;
    readonly syntheticRows: number;
    readonly level?: number;
    readonly completeDegreesOfFreedom?: number;
  },
): CombinedEstimate | NotCombined {
  const { rule, realRows, syntheticRows, level = 0.9 } = options;
  check(estimates, { realRows, syntheticRows, level });
  const m = estimates.length;
  if (m === 1 && BETWEEN.includes(rule))
    return {
      rule,
      notComputable: `The rule "${rule}" needs the spread between several synthetic tables, and there is one. Make at least 5 tables, or, if all variables were drawn from one fitted model, use "simple-synthesis".`,
    };
  const value = mean(estimates.map((item) => item.value));
  const within = mean(estimates.map((item) => item.variance));
  const between = m === 1 ? 0 : estimates.reduce((sum, item) => sum + (item.value - value) ** 2, 0) / (m - 1);
  const notices: string[] = [];
  if (m < FEW && BETWEEN.includes(rule))
    notices.push(`With ${m} tables the spread between them is hardly known; make at least ${FEW}.`);
  const found = varianceOf(rule, {
    m,
    within,
    between,
    ratio: syntheticRows / realRows,
    complete: options.completeDegreesOfFreedom ?? realRows - 1,
  });
  if (found.repaired)
    notices.push(
      "The tables differ less than their own standard errors say, so the rule's variance was negative; the variance of estimates from tables of this size took its place, which is on the safe side.",
    );
  const standardError = Math.sqrt(found.variance);
  const tail = 1 - (1 - level) / 2;
  const quantile =
    found.degreesOfFreedom === null ? standardNormalQuantile(tail) : studentQuantile(tail, found.degreesOfFreedom);
  return {
    rule,
    value,
    variance: found.variance,
    standardError,
    low: value - quantile * standardError,
    high: value + quantile * standardError,
    degreesOfFreedom: found.degreesOfFreedom,
    repaired: found.repaired,
    notices,
  };
}

/** Rules that rest on the spread between tables. */
const BETWEEN: readonly CombiningRule[] = ["fully-synthetic", "partially-synthetic", "multiple-imputation"];

/** Fewer tables than this get a warning. */
const FEW = 5;

function varianceOf(
  rule: CombiningRule,
  parts: {
    readonly m: number;
    readonly within: number;
    readonly between: number;
    readonly ratio: number;
    readonly complete: number;
  },
): { readonly variance: number; readonly degreesOfFreedom: number | null; readonly repaired: boolean } {
  const { m, within, between, ratio, complete } = parts;
  const normal = (variance: number) => ({ variance, degreesOfFreedom: null, repaired: false });
  const spread = (1 + 1 / m) * between;
  if (rule === "fully-synthetic") {
    const variance = spread - within;
    if (variance <= 0) return { variance: ratio * within, degreesOfFreedom: null, repaired: true };
    return { variance, degreesOfFreedom: boundedDegrees((m - 1) * (1 - within / spread) ** 2), repaired: false };
  }
  if (rule === "partially-synthetic") {
    if (between === 0) return normal(within);
    const degrees = (m - 1) * (1 + within / (between / m)) ** 2;
    return { variance: within + between / m, degreesOfFreedom: degrees, repaired: false };
  }
  if (rule === "multiple-imputation") {
    const variance = within + spread;
    if (variance === 0 || between === 0) return { variance, degreesOfFreedom: complete, repaired: false };
    const share = spread / variance;
    const old = (m - 1) / share ** 2;
    const observed = ((complete + 1) / (complete + 3)) * complete * (1 - share);
    return { variance, degreesOfFreedom: (old * observed) / (old + observed), repaired: false };
  }
  if (rule === "simple-synthesis") return normal(within * (ratio + 1 / m));
  if (rule === "proper-synthesis") return normal(within * (ratio + (1 + ratio) / m));
  return normal(within * ratio);
}

/** A variance just above 0 has degrees of freedom near 0, where Student's t has no quantile that a computer could hold. */
function boundedDegrees(degrees: number): number {
  return Math.max(degrees, 0.1);
}

function check(
  estimates: readonly TableEstimate[],
  {
    realRows,
    syntheticRows,
    level,
  }: { readonly realRows: number; readonly syntheticRows: number; readonly level: number },
): void {
  if (estimates.length === 0)
    throw new InvalidArgument("no-estimates", "There is no estimate to combine; analyse at least one synthetic table.");
  for (const [index, { value, variance }] of estimates.entries())
    if (!Number.isFinite(value) || !(variance >= 0 && Number.isFinite(variance)))
      throw new InvalidArgument(
        "bad-estimate",
        `Table ${index + 1} has the estimate ${value} with the variance ${variance}; both must be finite, and the variance not below 0.`,
      );
  if (!(realRows >= 1 && syntheticRows >= 1))
    throw new InvalidArgument(
      "bad-rows",
      `Tables need at least one row; got ${realRows} real and ${syntheticRows} synthetic ones.`,
    );
  if (!(level > 0 && level < 1))
    throw new InvalidArgument("bad-level", `A level must be strictly between 0 and 1, not ${level}.`);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
