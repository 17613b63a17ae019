import { type RandomKey, randomFrom } from "../../random.ts";
import type { CodeRows } from "../code-rows.ts";
import { type ColumnTree, chowLiuTree } from "./chow-liu.ts";
import type { CircuitModel } from "./circuit.ts";
import { type CircuitCounts, type CircuitEm, circuitEm } from "./circuit-em.ts";
import { groupCodes, groupsAt, insideGroups } from "./code-groups.ts";
import { holdOut } from "./held-out.ts";

export interface CircuitOptions {
  /** Latent states of each column; a multiple of 8. */
  readonly states: number;
  /** Most groups that the codes of an ordered column are merged to. */
  readonly groups: number;
  /** Most passes over the training rows. */
  readonly passes: number;
  /** Passes without a better held-out likelihood before it ends. */
  readonly patience: number;
  /** Most rows that are learnt from, drawn at random when there are more. */
  readonly fitRows: number;
}

export interface CircuitFit {
  readonly rows: CodeRows;
  readonly options: CircuitOptions;
  readonly key: RandomKey;
  /** What `treeForCircuit` gave for these rows; found anew when absent. With thousands of columns that takes longest of all. */
  readonly tree?: ColumnTree;
}

/** How far a fit has come. Plain data. */
export interface CircuitTraining {
  readonly now: CircuitCounts;
  /** Where held-out rows were likeliest. */
  readonly best: CircuitCounts;
  /** Mean log-likelihood of held-out rows there; NaN when none are held out. */
  readonly heldOutLogLikelihood: number;
  readonly passes: number;
  /** Passes since the best. */
  readonly since: number;
  readonly ended: boolean;
}

/** Rows that are learnt from between two changes of the tables. */
const STEP = 512;

/** Fits a hidden Chow-Liu tree by stepwise EM on mini-batches: expected counts from exact messages, decaying as newer ones come in, and
 * smoothed. Ends when held-out rows no longer gain; they choose how much to smooth, and are learnt from in one last step.
 * @source Liu & Van den Broeck (2021), NeurIPS, "Tractable regularization of probabilistic circuits" (the structure); arXiv 2603.23016
 * (for tables); Cappé & Moulines (2009), JRSS B 71(3) (stepwise EM) */
export function fitCircuit(data: CircuitFit): CircuitModel {
  const fit = { ...data, tree: data.tree ?? treeForCircuit(data) };
  return finishCircuit({ ...fit, from: trainCircuit({ ...fit, passes: data.options.passes }) });
}

/** The tree over columns, by at most 16 groups of each, and rows enough to tell but few enough for thousands of columns. */
export function treeForCircuit({ rows, key }: Pick<CircuitFit, "rows" | "key">): ColumnTree {
  const groups = groupCodes(rows, 16);
  const pairs = (groups.length * (groups.length - 1)) / 2;
  const most = Math.max(1_000, Math.min(20_000, Math.floor(1e9 / Math.max(1, pairs))));
  const random = randomFrom(key).split("tree");
  const picked =
    rows.rows > most ? random.sample(rows.rows, most) : Uint32Array.from({ length: rows.rows }, (_, row) => row);
  return chowLiuTree(
    groups.map((column, j) => groupsAt(rows.codes[j] as Uint8Array, column, picked)),
    groups.map((column) => Math.max(1, column.mass.length)),
  );
}

/** So many passes more, or fewer where the fit ends before. Where it is interrupted does not change the model.
 * @param data.from where to go on; undefined: from the start */
export function trainCircuit(
  data: CircuitFit & { readonly passes: number; readonly from?: CircuitTraining | undefined },
): CircuitTraining {
  const { options, key, from } = data;
  const random = randomFrom(key);
  const { em, training, heldOut, inside } = prepare(data);
  const n = training[0]?.length ?? 0;
  const held = heldOut[0]?.length ?? 0;
  if (from) em.restore(from.now);
  else em.seed(training, random.split("seed"));
  let best = from?.best ?? em.counts();
  let likelihood = from?.heldOutLogLikelihood ?? (held > 0 ? Number.NEGATIVE_INFINITY : Number.NaN);
  let passes = from?.passes ?? 0;
  let since = from?.since ?? 0;
  let ended = n === 0 || (from?.ended ?? false);
  const batches = Math.ceil(n / STEP);
  for (let pass = 0; pass < data.passes && !ended; pass++) {
    const order = random.split(passes).shuffle(Uint32Array.from({ length: batches }, (_, b) => b));
    order.forEach((batch, i) => {
      const rate = Math.max((passes * batches + i + 2) ** -0.6, 1 / (batches + 1));
      em.step(training, { from: batch * STEP, to: Math.min(n, (batch + 1) * STEP), rate });
    });
    passes++;
    if (held > 0) {
      // Before components differ, no smoothing but the strongest would pay.
      if (passes >= 3) em.chooseSmoothing(heldOut);
      const gained = em.logLikelihood(heldOut) / held + inside;
      since++;
      if (gained > likelihood + LEAST_GAIN) {
        likelihood = gained;
        since = 0;
        best = em.counts();
      }
    }
    ended = passes >= options.passes || since >= options.patience;
  }
  return {
    now: em.counts(),
    best: held > 0 ? best : em.counts(),
    heldOutLogLikelihood: likelihood,
    passes,
    since,
    ended,
  };
}

/** Nats a row. */
const LEAST_GAIN = 1e-3;

/** The model of a fit: its best tables, after one step of EM on all rows, the held-out ones too. */
export function finishCircuit(data: CircuitFit & { readonly from: CircuitTraining }): CircuitModel {
  const { em, tree, training, heldOut } = prepare(data);
  em.restore(data.from.best);
  if ((heldOut[0]?.length ?? 0) > 0) em.accumulate([training, heldOut]);
  return {
    ...em.model(),
    tree,
    heldOutLogLikelihood: data.from.heldOutLogLikelihood,
    passes: data.from.passes,
  };
}

function prepare({ rows, options, key, tree = treeForCircuit({ rows, key }) }: CircuitFit): {
  readonly em: CircuitEm;
  readonly tree: ColumnTree;
  readonly training: readonly Uint8Array[];
  readonly heldOut: readonly Uint8Array[];
  /** Mean log chance of held-out codes inside their groups. */
  readonly inside: number;
} {
  const random = randomFrom(key);
  const groups = groupCodes(rows, options.groups);
  const picked = holdOut(rows.rows, options.fitRows, random.split("held-out"));
  const codesOf = (some: Uint32Array): Uint8Array[] =>
    groups.map((column, j) => groupsAt(rows.codes[j] as Uint8Array, column, some));
  return {
    em: circuitEm({ rows, groups, tree, states: options.states, seen: picked.training.length }),
    tree,
    training: codesOf(picked.training),
    heldOut: codesOf(picked.heldOut),
    inside: insideGroups(rows, groups, picked.heldOut),
  };
}
