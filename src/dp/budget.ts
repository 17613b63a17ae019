import { InvalidArgument } from "../errors.ts";
import { nextAbove, nextBelow } from "../math/next-float.ts";
import type { SecureSource } from "../random.ts";
import { epsilonFor, rhoFor } from "./accountant.ts";
import { discreteGaussian } from "./discrete-gaussian.ts";
import { checkScores, exponentialMechanism } from "./exponential-mechanism.ts";
import { compareSquare } from "./rational.ts";
import { stableThreshold } from "./stable-histogram.ts";

/** Whom the guarantee protects: two tables are neighbours when one has all rows of one unit more than the other. */
export interface PrivacyUnit {
  readonly kind: "row" | "group";
  /** The column that names the unit, for a group. */
  readonly column?: string | undefined;
  /** The most rows of one unit that are used; 1 for rows. */
  readonly rows: number;
}

/** One access to the data, as it is charged. */
export interface BudgetLine {
  /** 1, 2, … in the order of the charges. */
  readonly step: number;
  readonly mechanism: "discrete-gaussian" | "exponential" | "stable-histogram";
  /** What was asked, in words. */
  readonly query: string;
  readonly rho: number;
  readonly delta: number;
  /** What one unit can change: the L2 norm of the counts, or each score. */
  readonly sensitivity: number;
  /** sigma, epsilon, threshold: whatever the mechanism ran with. */
  readonly detail: Readonly<Record<string, number>>;
}

/** The only way from data to a private result: every mechanism charges first, then draws its noise. */
export interface Budget {
  /** As asked for. */
  readonly epsilon: number;
  readonly delta: number;
  /** All that may be spent (zCDP). */
  readonly rho: number;
  readonly unit: PrivacyUnit;
  /** Rho not yet spent. */
  readonly remaining: number;
  /** Of the delta reserved for stable histograms, what is not yet spent. */
  readonly remainingDelta: number;
  /** All charges so far, frozen. */
  readonly lines: readonly BudgetLine[];
  /** The sums over the lines, and the epsilon at which they are (epsilon, delta)-DP with the delta that was asked for. */
  spent(): { readonly rho: number; readonly delta: number; readonly epsilon: number };
  /** Counts with discrete Gaussian noise, sigma = unit.rows / √(2 rho), never rounded down: one row changes one count by one, so the rows of a unit
   * change the counts by at most unit.rows in L2 norm (all in one cell).
   * @param counts whole numbers, at most 2^52
   * @throws {InvalidArgument} "budget-exceeded" before any noise is drawn; a count that is not whole; rho ≤ 0 */
  gaussian(
    counts: ArrayLike<number>,
    how: { readonly query: string; readonly rho: number },
  ): { readonly noisy: Float64Array; readonly sigma: number };
  /** An index by the exponential mechanism with ε = √(8 rho).
   * @param how.sensitivity the most that one row can change a score by; what a unit can is unit.rows times that
   * @throws {InvalidArgument} "budget-exceeded" before anything is drawn; no score, one that is not finite; rho ≤ 0 */
  choose(
    scores: ArrayLike<number>,
    how: { readonly query: string; readonly rho: number; readonly sensitivity: number },
  ): number;
  /** Labels whose noisy count is above a threshold, with that count, in the order of their code units (the order of the rows would tell of the
   * data). A unit shows a label of its own with probability at most delta: see {@link stableThreshold}. One row has one label.
   * @param counts of the labels that occur; whole numbers
   * @throws {InvalidArgument} "budget-exceeded" before any noise is drawn; a count that is not whole; rho or delta ≤ 0 */
  stableHistogram(
    counts: ReadonlyMap<string, number>,
    how: { readonly query: string; readonly rho: number; readonly delta: number },
  ): ReadonlyMap<string, number>;
}

/** Charges may exceed what is left by this share, so that shares of a whole that were rounded still fit; `rho` is smaller by twice as much, so that
 * the promise holds all the same. */
const TOLERANCE = 1e-9;

/** A budget of (epsilon, delta) for one unit of privacy.
 * @param options.epsilon in (0, 100]
 * @param options.delta in (0, 1)
 * @param options.source the operating system's entropy: see {@link SecureSource}
 * @param options.reserveDelta the part of delta that is kept for stable histograms; the conversion from zCDP gets the rest
 * @throws {InvalidArgument} a number out of range, a unit that cannot be */
export function createBudget(options: {
  readonly epsilon: number;
  readonly delta: number;
  readonly unit: PrivacyUnit;
  readonly source: SecureSource;
  readonly reserveDelta?: number;
}): Budget {
  const { epsilon, delta, unit, source, reserveDelta = 0 } = options;
  checkUnit(unit);
  if (!(reserveDelta >= 0) || (reserveDelta > 0 && !(reserveDelta < delta)))
    throw new InvalidArgument(
      "bad-delta",
      `The delta kept for stable histograms must lie between 0 and delta (${delta}), not ${reserveDelta}.`,
    );
  const conversionDelta = delta - reserveDelta;
  const rho = rhoFor(epsilon, conversionDelta) * (1 - 2 * TOLERANCE);
  const lines: BudgetLine[] = [];
  let frozen: readonly BudgetLine[] | undefined;
  let spentRho = 0;
  let spentDelta = 0;

  const charge = (line: Omit<BudgetLine, "step">): void => {
    if (!(spentRho + line.rho <= rho * (1 + TOLERANCE))) throw exceeded("rho", line.rho, rho - spentRho, line.query);
    if (!(spentDelta + line.delta <= reserveDelta * (1 + TOLERANCE)))
      throw exceeded("delta", line.delta, reserveDelta - spentDelta, line.query);
    spentRho += line.rho;
    spentDelta += line.delta;
    lines.push(Object.freeze({ step: lines.length + 1, ...line, detail: Object.freeze(line.detail) }));
    frozen = undefined;
  };

  return {
    epsilon,
    delta,
    rho,
    unit: Object.freeze({ ...unit }),
    get remaining() {
      return Math.max(0, rho - spentRho);
    },
    get remainingDelta() {
      return Math.max(0, reserveDelta - spentDelta);
    },
    get lines() {
      frozen ??= Object.freeze([...lines]);
      return frozen;
    },
    spent: () => ({
      rho: spentRho,
      delta: spentDelta,
      epsilon: epsilonFor(spentRho, conversionDelta),
    }),
    gaussian(counts, how) {
      checkAbove("rho", how.rho, how.query);
      for (let i = 0; i < counts.length; i++) checkCount(counts[i] as number, `${how.query}, cell ${i}`);
      const sigma = sigmaFor(how.rho, unit.rows);
      const draw = discreteGaussian(sigma, source);
      charge({
        mechanism: "discrete-gaussian",
        query: how.query,
        rho: how.rho,
        delta: 0,
        sensitivity: unit.rows,
        detail: { sigma },
      });
      const noisy = new Float64Array(counts.length);
      for (let i = 0; i < noisy.length; i++) noisy[i] = (counts[i] as number) + draw();
      return { noisy, sigma };
    },
    choose(scores, how) {
      checkAbove("rho", how.rho, how.query);
      const sensitivity = how.sensitivity * unit.rows;
      checkScores(scores, sensitivity);
      const choiceEpsilon = choiceEpsilonFor(how.rho);
      charge({
        mechanism: "exponential",
        query: how.query,
        rho: how.rho,
        delta: 0,
        sensitivity,
        detail: { epsilon: choiceEpsilon },
      });
      return exponentialMechanism(scores, { epsilon: choiceEpsilon, sensitivity, source });
    },
    stableHistogram(counts, how) {
      checkAbove("rho", how.rho, how.query);
      checkAbove("delta", how.delta, how.query);
      for (const [label, count] of counts) checkCount(count, `${how.query}, label ${JSON.stringify(label)}`);
      const sigma = sigmaFor(how.rho, unit.rows);
      const draw = discreteGaussian(sigma, source);
      const threshold = stableThreshold({ sigma, delta: how.delta, rows: unit.rows });
      charge({
        mechanism: "stable-histogram",
        query: how.query,
        rho: how.rho,
        delta: how.delta,
        sensitivity: unit.rows,
        detail: { sigma, threshold },
      });
      const shown = new Map<string, number>();
      for (const label of [...counts.keys()].sort()) {
        const noisy = (counts.get(label) as number) + draw();
        if (noisy > threshold) shown.set(label, noisy);
      }
      return shown;
    },
  };
}

/** The sigma at which counts of L2 sensitivity `sensitivity` are rho-zCDP, 2 rho sigma² ≥ sensitivity² in exact arithmetic. */
function sigmaFor(rho: number, sensitivity: number): number {
  let sigma = sensitivity / Math.sqrt(2 * rho);
  while (compareSquare(sigma, { factor: 2 * rho, bound: sensitivity ** 2 }) < 0) sigma = nextAbove(sigma);
  return sigma;
}

/** The epsilon at which a choice is rho-zCDP, epsilon² ≤ 8 rho in exact arithmetic. */
function choiceEpsilonFor(rho: number): number {
  let epsilon = Math.sqrt(8 * rho);
  while (compareSquare(epsilon, { factor: 1, bound: 8 * rho }) > 0) epsilon = nextBelow(epsilon);
  return epsilon;
}

function exceeded(what: "rho" | "delta", asked: number, left: number, query: string): InvalidArgument {
  return new InvalidArgument(
    "budget-exceeded",
    `The privacy budget does not allow "${query}": it asks for ${what} ${asked}, ${Math.max(0, left)} is left.`,
    { advice: "Ask fewer questions, spend less on each, or start with a larger epsilon." },
  );
}

function checkUnit(unit: PrivacyUnit): void {
  if (!Number.isInteger(unit.rows) || unit.rows < 1 || unit.rows > 2 ** 26)
    throw new InvalidArgument(
      "bad-privacy-unit",
      `The most rows of one unit must be a whole number from 1 to 2^26, not ${unit.rows}.`,
    );
  if (unit.kind === "row" && unit.rows !== 1)
    throw new InvalidArgument("bad-privacy-unit", `A unit of one row has 1 row, not ${unit.rows}.`);
  if (unit.kind === "group" && !unit.column)
    throw new InvalidArgument("bad-privacy-unit", "A unit that is a group needs the column that names it.");
}

function checkAbove(what: string, value: number, query: string): void {
  if (!(value > 0 && value < Number.POSITIVE_INFINITY))
    throw new InvalidArgument("bad-charge", `"${query}" must spend a ${what} above 0, not ${value}.`);
}

function checkCount(count: number, where: string): void {
  if (!Number.isInteger(count) || Math.abs(count) > 2 ** 52)
    throw new InvalidArgument("bad-count", `A count must be a whole number of at most 2^52, not ${count} (${where}).`);
}
