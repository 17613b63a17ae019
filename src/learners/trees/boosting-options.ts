import type { RandomKey } from "../../random.ts";

/** How a boosted model is grown. */
export interface BoostingOptions {
  /** Rounds; a softmax grows one tree per class in each. */
  readonly trees: number;
  /** Most leaves of a tree, ≥ 2. */
  readonly leaves: number;
  /** Share of each leaf's optimal step that is taken. */
  readonly learningRate: number;
  /** Fewest rows in a leaf. */
  readonly minLeafRows: number;
  /** Least sum of hessians in a leaf. */
  readonly minLeafHessian: number;
  /** Least gain in loss of a split. */
  readonly minGain: number;
  /** Added to the hessian of every leaf. */
  readonly l2: number;
  /** Most bins of an ordered column, ≤ 256: neighbouring levels are merged to groups of about equal count. */
  readonly bins: number;
  /** A category column with at most so many levels is split without the three brakes that follow. */
  readonly plainLevels: number;
  /** Levels held by fewer rows of a node cannot go left. */
  readonly minLevelRows: number;
  /** Added to a level's hessian before levels are sorted by gradient over hessian. */
  readonly levelSmoothing: number;
  /** Added to the hessians when a split by a set of levels is judged. */
  readonly levelL2: number;
  /** Most levels on the side of a split that its set names. */
  readonly maxSetLevels: number;
  /** Share of the columns that each tree may split on, in (0, 1]; drawn anew for every tree when below 1. */
  readonly columnShare: number;
  /** Names the stream that draws columns. */
  readonly key: RandomKey;
}

export const DEFAULT_BOOSTING: BoostingOptions = {
  trees: 100,
  leaves: 31,
  learningRate: 0.1,
  minLeafRows: 20,
  minLeafHessian: 1e-3,
  minGain: 1e-9,
  l2: 1,
  bins: 256,
  plainLevels: 4,
  minLevelRows: 10,
  levelSmoothing: 10,
  levelL2: 10,
  maxSetLevels: 32,
  columnShare: 1,
  key: [0, 0, 0, 0],
};
