import { adversarialForest } from "../adversarial-forest.ts";
import { bayesianNetwork } from "../bayesian-network.ts";
import { boostedTrees } from "../boosted-trees.ts";
import { circuit } from "../circuit.ts";
import { mixture } from "../mixture.ts";
import { sequentialTrees } from "../sequential-trees.ts";
import type { Synthesizer } from "../synthesizer.ts";

/** A synthesizer that may be chosen. */
export interface Candidate {
  readonly synthesizer: Synthesizer<unknown>;
  /** Processor seconds that a trial takes, as far as rows and columns tell: never measured while running, so that the choice is the same on any
   * machine. */
  readonly seconds: (rows: number, columns: number) => number;
}

/** Seconds of so many microseconds a cell and a constant for scoring, and a term in the square of the columns where each is learned from all. */
function cost(perCell: number, perPair: number): Candidate["seconds"] {
  return (rows, columns) => 1 + 1e-6 * rows * columns * (perCell + perPair * columns);
}

/** Of those that cannot be told apart the first is taken. Costs measured on Adult and SUPPORT2. */
export const candidates: readonly Candidate[] = [
  { synthesizer: sequentialTrees as Synthesizer<never>, seconds: cost(3, 0.25) },
  { synthesizer: boostedTrees as Synthesizer<never>, seconds: cost(6, 0.8) },
  { synthesizer: bayesianNetwork as Synthesizer<never>, seconds: cost(3, 0.2) },
  { synthesizer: mixture as Synthesizer<never>, seconds: cost(4, 0.1) },
  { synthesizer: adversarialForest as Synthesizer<never>, seconds: cost(9, 0.1) },
  { synthesizer: circuit as Synthesizer<never>, seconds: cost(50, 0) },
] as unknown as readonly Candidate[];
