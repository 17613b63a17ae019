import { type Bounds, wilson } from "./distributions.ts";

/** Guesses of an attacker who may abstain. */
export interface Abstaining {
  /** People that could be guessed about, ≥ 1. */
  readonly people: number;
  /** Those about whom a guess was made. */
  readonly guesses: number;
  readonly right: number;
}

/** What an attack gains over the same attack on people that nothing was learnt from. */
export interface AnonymityLoss {
  /** Precision-recall coefficients, 0 … 1. */
  readonly attack: number;
  readonly baseline: number;
  /** (attack − baseline) / (1 − baseline), cut at −1: 1 is a release of the rows themselves, 0 no loss. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The recall at and below which precision counts for nothing. */
const LEAST_RECALL = 1e-4;

/** Precision, lowered where few are guessed about: (1 − (log recall / log 1e-4)³) · precision. A guess about everybody keeps its precision; one
 * about a person in ten thousand is worth nothing.
 * @param recall share of people about whom a guess is made, 0 … 1
 * @source Francis & Wagner (2024), arXiv 2403.06595; (2025), arXiv 2507.01710 */
export function precisionRecall(precision: number, recall: number): number {
  return recall <= LEAST_RECALL ? 0 : (1 - (Math.log(recall) / Math.log(LEAST_RECALL)) ** 3) * precision;
}

/** The anonymity loss coefficient with its interval.
 *
 * Wilson's bounds of the precision and of the recall of both sides, which are uncorrelated, are carried through both formulas by the squares of the
 * distances to the estimate (MOVER). So it has a width where all guesses are right, where a bootstrap has none, and is wide where they are few.
 * @param level of the two-sided interval
 * @source Francis & Wagner (2025), arXiv 2507.01710; Zou & Donner (2008), Statistics in Medicine 27 (MOVER) */
export function anonymityLoss(sides: {
  readonly attack: Abstaining;
  readonly baseline: Abstaining;
  readonly level: number;
}): AnonymityLoss {
  const attack = coefficientOf(sides.attack, (1 - sides.level) / 2);
  const baseline = coefficientOf(sides.baseline, (1 - sides.level) / 2);
  const value = lossOf(attack.value, baseline.value);
  const below = Math.hypot(value - lossOf(attack.low, baseline.value), value - lossOf(attack.value, baseline.high));
  const above = Math.hypot(lossOf(attack.high, baseline.value) - value, lossOf(attack.value, baseline.low) - value);
  return {
    attack: attack.value,
    baseline: baseline.value,
    value,
    low: cut(value - below),
    high: cut(value + above),
  };
}

/** Cut to −1 … 1. A baseline that is always right leaves nothing to lose; where the attack falls behind it, everything was lost by it. */
function lossOf(attack: number, baseline: number): number {
  if (baseline >= 1) return attack >= 1 ? 0 : -1;
  return cut((attack - baseline) / (1 - baseline));
}

function cut(x: number): number {
  return Math.max(-1, Math.min(1, x));
}

function coefficientOf({ people, guesses, right }: Abstaining, alpha: number): Bounds & { readonly value: number } {
  const recall = guesses / people;
  const precision = guesses === 0 ? 0 : right / guesses;
  const value = precisionRecall(precision, recall);
  const ofPrecision = guesses === 0 ? { low: 0, high: 1 } : wilson(right, guesses, alpha);
  const ofRecall = wilson(guesses, people, alpha);
  const bound = (end: "low" | "high"): number =>
    Math.hypot(value - precisionRecall(ofPrecision[end], recall), value - precisionRecall(precision, ofRecall[end]));
  return { value, low: Math.max(0, value - bound("low")), high: Math.min(1, value + bound("high")) };
}
