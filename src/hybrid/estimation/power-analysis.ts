import { InvalidArgument } from "../../errors.ts";

/** What units cost, and how well predictions stand for labels. */
export interface DesignCosts {
  /** Correlation of the influence of real and of predicted outcomes, strictly between −1 and 1. */
  readonly correlation: number;
  /** Of a unit's covariates. */
  readonly covariates: number;
  /** Of a label, > 0. */
  readonly label: number;
  /** Of a prediction. */
  readonly prediction: number;
}

/** A number of labelled and of unlabelled units. */
export interface SampleDesign {
  readonly labelled: number;
  readonly unlabelled: number;
  readonly cost: number;
  /** Units that labelled-only would need for the same variance. */
  readonly effectiveN: number;
  /** Most that any number of predictions could make of these labels: n / (1 − ρ²). */
  readonly ceiling: number;
  /** Predictions pay: fewer labels, more predictions, lower cost. */
  readonly usesPredictions: boolean;
  /** The wanted effective n is out of reach within the most units. */
  readonly isShort: boolean;
}

/** Units that labelled-only would need for the variance of n labelled and N predicted units. */
export function effectiveUnits(
  correlation: number,
  { labelled, unlabelled }: { readonly labelled: number; readonly unlabelled: number },
): number {
  return (labelled * (labelled + unlabelled)) / (labelled + (1 - correlation ** 2) * unlabelled);
}

/** How many units to label and how many to predict: the most effective units for a budget, or the least cost for a number of effective units.
 * Predictions are used only where they are cheaper than labels for the same variance.
 * @param goal.budget in the unit of the costs; or goal.effectiveN
 * @param goal.most labelled and unlabelled units together
 * @throws {InvalidArgument} a correlation, cost or goal out of range
 * @source Broska, Howes & van Loon (2025), "The mixed subjects design", Sociological Methods & Research */
export function designFor(
  costs: DesignCosts,
  goal: ({ readonly budget: number } | { readonly effectiveN: number }) & { readonly most?: number | undefined },
): SampleDesign {
  check(costs, goal);
  const { correlation, covariates, label, prediction } = costs;
  const squared = correlation ** 2;
  const ratio = (covariates + prediction) / label;
  const cross = Math.sqrt(ratio * squared * (1 - squared));
  const hybridCost = label * (1 - squared + ratio * squared + 2 * cross);
  const classicalCost = label + covariates;
  const wanted = "budget" in goal ? goal.budget / hybridCost : goal.effectiveN;
  const n = wanted * (1 - squared + cross);
  const N = correlation === 0 ? 0 : (n * (wanted - n)) / (n - (1 - squared) * wanted);
  const design =
    classicalCost < hybridCost || N < 0
      ? classical("budget" in goal ? goal.budget / classicalCost : wanted, costs)
      : mixed(n, N, costs);
  const { most } = goal;
  if (most === undefined || design.labelled + design.unlabelled <= most) return design;
  if ("budget" in goal) {
    if (most * classicalCost <= goal.budget) return classical(most, costs);
    const labelled = Math.round(goal.budget / label - most * ratio);
    return mixed(labelled, most - labelled, costs);
  }
  if (goal.effectiveN > most) return { ...classical(most, costs), isShort: true };
  const labelled = Math.round((wanted * most * (1 - squared)) / (most - squared * wanted));
  return mixed(labelled, most - labelled, costs);
}

function classical(units: number, costs: DesignCosts): SampleDesign {
  const labelled = Math.round(units);
  return {
    labelled,
    unlabelled: 0,
    cost: labelled * (costs.label + costs.covariates),
    effectiveN: labelled,
    ceiling: labelled / (1 - costs.correlation ** 2),
    usesPredictions: false,
    isShort: false,
  };
}

function mixed(n: number, N: number, costs: DesignCosts): SampleDesign {
  const labelled = Math.round(n);
  const unlabelled = Math.round(N);
  return {
    labelled,
    unlabelled,
    cost: labelled * costs.label + (labelled + unlabelled) * (costs.prediction + costs.covariates),
    effectiveN: Math.round(effectiveUnits(costs.correlation, { labelled, unlabelled })),
    ceiling: labelled / (1 - costs.correlation ** 2),
    usesPredictions: unlabelled > 0,
    isShort: false,
  };
}

function check(
  { correlation, covariates, label, prediction }: DesignCosts,
  goal: ({ readonly budget: number } | { readonly effectiveN: number }) & { readonly most?: number | undefined },
): void {
  if (!(Math.abs(correlation) < 1))
    throw new InvalidArgument(
      "bad-correlation",
      `A correlation must be strictly between -1 and 1, not ${correlation}.`,
    );
  if (!(label > 0 && covariates >= 0 && prediction >= 0))
    throw new InvalidArgument(
      "bad-cost",
      `A label must cost more than 0, covariates and predictions not less than 0; got ${label}, ${covariates} and ${prediction}.`,
    );
  const wanted = "budget" in goal ? goal.budget : goal.effectiveN;
  if (!(wanted > 0))
    throw new InvalidArgument("bad-goal", `A budget or an effective n must be above 0, not ${wanted}.`);
  if (goal.most !== undefined && !(goal.most >= 1))
    throw new InvalidArgument("bad-goal", `At most ${goal.most} units leave nothing to choose.`);
}
