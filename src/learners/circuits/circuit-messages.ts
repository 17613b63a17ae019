import type { ColumnTree } from "./chow-liu.ts";
import { type Placed, type Workspace, workspace } from "./kernels.ts";

/** The tables of a circuit in one memory, and messages between its latent states for a batch of rows at a time.
 *
 * Every column has a latent state. A row's states form a tree; a column's groups depend on its own state. The upward pass gives, for each
 * state, the chance of the row's cells below it; the downward pass the chance of the state given the whole row.
 * @source Pearl (1988), "Probabilistic Reasoning in Intelligent Systems", chapter 4 */
export interface CircuitMessages {
  readonly place: Workspace;
  /** Chances of groups: (groups + 1) × states for each column; the last row is for cells not known, ones at first. */
  readonly emissions: readonly Placed<Float32Array>[];
  /** Chance of a column's state given its parent's: own state × the parent's state; and transposed. Not for the root. */
  readonly up: readonly (Placed<Float32Array> | undefined)[];
  readonly down: readonly (Placed<Float32Array> | undefined)[];
  /** Chance of the root's state. */
  readonly prior: Placed<Float32Array>;
  /** For each column the group of each row of the batch. */
  readonly codes: readonly Placed<Uint8Array>[];
  /** After `upward`: batch × states, the chance of the cells below each state, up to a factor for the row; the root's have the prior in.
   * After `downward`: the chance of each state given the row. */
  readonly beliefs: readonly Placed<Float32Array>[];
  /** Passes messages to the root.
   * @param logs takes the log-likelihood of each row */
  upward(size: number, logs: Float64Array): void;
  /** Passes messages back.
   * @param tell is called for each column but the root, whose expected moves, own state × the parent's, are `moves` × `up` */
  downward(size: number, tell: (column: number, moves: Placed<Float32Array>) => void): void;
}

export interface CircuitShape {
  readonly tree: ColumnTree;
  /** A multiple of 8. */
  readonly states: number;
  /** Groups of each column. */
  readonly groups: readonly number[];
  /** Rows of a batch; a multiple of 4. */
  readonly batch: number;
  /** Floats that the caller wants beside. */
  readonly extra?: number;
}

export function circuitMessages({ tree, states, groups, batch, extra = 0 }: CircuitShape): CircuitMessages {
  const H = states;
  const d = groups.length;
  const cells = groups.reduce((sum, count) => sum + count + 1, 0);
  const floats = cells * H + d * (2 * H * H + 2 * batch * H) + 2 * batch * H + H * H + H + batch + extra;
  const place = workspace(4 * floats + (d + 1) * batch + 64 * (8 * d + 16));
  const { kernels } = place;
  const emissions = groups.map((count) => place.floats((count + 1) * H));
  emissions.forEach(({ view }, j) => {
    view.fill(1, (groups[j] as number) * H);
  });
  const edge = (j: number, count: number): Placed<Float32Array> | undefined =>
    (tree.parent[j] as number) < 0 ? undefined : place.floats(count);
  const up = groups.map((_, j) => edge(j, H * H));
  const down = groups.map((_, j) => edge(j, H * H));
  const messages = groups.map((_, j) => edge(j, batch * H));
  const beliefs = groups.map(() => place.floats(batch * H));
  const codes = groups.map(() => place.bytes(batch));
  const firstRow = place.bytes(batch);
  const prior = place.floats(H);
  const quotient = place.floats(batch * H);
  const below = place.floats(batch * H);
  const moves = place.floats(H * H);
  const sums = place.floats(batch);
  const width = 4 * H;
  const leaf = groups.map((_, j) => !tree.parent.includes(j));
  const normalise = (j: number, size: number, logs: Float64Array): void => {
    kernels.normalise((beliefs[j] as Placed<Float32Array>).at, sums.at, size, width);
    for (let i = 0; i < size; i++) logs[i] = (logs[i] as number) + Math.log(sums.view[i] as number);
  };
  return {
    place,
    emissions,
    up,
    down,
    prior,
    codes,
    beliefs,
    upward(size, logs) {
      logs.fill(0, 0, size);
      for (let j = 0; j < d; j++)
        kernels.gather(
          (beliefs[j] as Placed<Float32Array>).at,
          (emissions[j] as Placed<Float32Array>).at,
          (codes[j] as Placed<Uint8Array>).at,
          size,
          width,
        );
      for (let o = d - 1; o > 0; o--) {
        const j = tree.order[o] as number;
        const parent = tree.parent[j] as number;
        if (leaf[j]) normalise(j, size, logs);
        const message = messages[j]?.at as number;
        const own = (beliefs[j] as Placed<Float32Array>).at;
        kernels.product(message, width, own, width, 4, up[j]?.at as number, width, fours(size), H, H);
        kernels.multiply((beliefs[parent] as Placed<Float32Array>).at, message, size * width);
        normalise(parent, size, logs);
      }
      const root = tree.order[0] as number;
      kernels.gatherMultiply((beliefs[root] as Placed<Float32Array>).at, prior.at, firstRow.at, size, width);
      normalise(root, size, logs);
    },
    downward(size, tell) {
      for (let o = 1; o < d; o++) {
        const j = tree.order[o] as number;
        const parent = (beliefs[tree.parent[j] as number] as Placed<Float32Array>).at;
        const own = (beliefs[j] as Placed<Float32Array>).at;
        kernels.divide(quotient.at, parent, messages[j]?.at as number, size * width);
        kernels.product(moves.at, width, own, 4, width, quotient.at, width, H, H, size);
        tell(j, moves);
        kernels.product(below.at, width, quotient.at, width, 4, down[j]?.at as number, width, fours(size), H, H);
        kernels.multiply(own, below.at, size * width);
      }
    },
  };
}

/** Up to the next multiple of four: the product writes rows in fours. */
function fours(size: number): number {
  return (size + 3) & ~3;
}
