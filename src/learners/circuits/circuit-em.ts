import { sharedCopy } from "../../executors/executor.ts";
import type { Random } from "../../random.ts";
import type { CodeRows } from "../code-rows.ts";
import type { ColumnTree } from "./chow-liu.ts";
import type { CircuitModel } from "./circuit.ts";
import { circuitMessages } from "./circuit-messages.ts";
import type { CodeGroups } from "./code-groups.ts";
import type { Placed } from "./kernels.ts";
import {
  bestSmoothing,
  FIRST_SMOOTHING,
  forkTree,
  type Smoothing,
  smoothedChances,
  smoothingRoom,
} from "./smoothed-chances.ts";

/** Rows that messages are passed for at a time: so few that their messages stay in the processor's cache. */
const BATCH = 64;

/** A growing circuit. Rows are given as groups: `codes[j][row]`. */
export interface CircuitEm {
  /** State h of every column starts from the same row, half, and the whole table, half. */
  seed(codes: readonly Uint8Array[], random: Random): void;
  /** Learns from the rows from … to − 1, with a share `rate` for them in the expected counts. */
  step(
    codes: readonly Uint8Array[],
    options: { readonly from: number; readonly to: number; readonly rate: number },
  ): void;
  /** Replaces the expected counts by those of all rows under the present model. */
  accumulate(parts: readonly (readonly Uint8Array[])[]): void;
  /** Sets each table's smoothing to what suits these rows, which were not learnt from. */
  chooseSmoothing(codes: readonly Uint8Array[]): void;
  logLikelihood(codes: readonly Uint8Array[]): number;
  counts(): CircuitCounts;
  restore(counts: CircuitCounts): void;
  model(): Pick<CircuitModel, "states" | "prior" | "columns">;
}

/** Expected counts, as shares of the rows, and how they are smoothed. Plain data. */
export interface CircuitCounts {
  readonly counts: readonly Float32Array[];
  readonly moves: readonly (Float32Array | undefined)[];
  readonly smoothing: readonly Smoothing[];
  readonly moveSmoothing: readonly Smoothing[];
}

export function circuitEm({
  rows,
  groups,
  tree,
  states: H,
  seen,
}: {
  readonly rows: CodeRows;
  readonly groups: readonly CodeGroups[];
  readonly tree: ColumnTree;
  readonly states: number;
  /** Rows that are learnt from. */
  readonly seen: number;
}): CircuitEm {
  const d = groups.length;
  const cells = groups.reduce((sum, column) => sum + column.mass.length, 0);
  const messages = circuitMessages({
    tree,
    states: H,
    groups: groups.map((column) => column.mass.length),
    batch: BATCH,
    extra: 2 * H * cells + 2 * d * H * H + 4,
  });
  const { place, emissions, up, down, prior, codes: batchCodes, beliefs } = messages;
  const { kernels } = place;
  const counts = groups.map((column) => place.floats(column.mass.length * H));
  const fresh = groups.map((column) => place.floats(column.mass.length * H));
  const moves = up.map((table) => table && place.floats(H * H));
  const freshMoves = up.map((table) => table && place.floats(H * H));
  const factors = place.floats(4);
  const root = tree.order[0] as number;
  const forks = groups.map((column, j) =>
    forkTree(column, { ordered: rows.ordered[j] as boolean, alone: rows.missing[j] as number }),
  );
  const room = smoothingRoom(Math.max(H, ...groups.map((column) => column.mass.length)), H);
  const masses = groups.map(() => new Float64Array(H).fill(1 / H));
  const logs = new Float64Array(BATCH);
  let smoothing: Smoothing[] = groups.map(() => FIRST_SMOOTHING);
  let moveSmoothing: Smoothing[] = groups.map(() => FIRST_MOVES);
  let unit = 1 / Math.max(1, seen);
  const width = 4 * H;

  const emissionTable = (j: number) => ({
    counts: (counts[j] as Placed<Float32Array>).view,
    chances: (emissions[j] as Placed<Float32Array>).view,
    at: 0,
    width: H,
    unit,
  });
  const moveTable = (j: number) => ({
    counts: moves[j]?.view as Float32Array,
    chances: up[j]?.view as Float32Array,
    at: 0,
    width: H,
    unit,
  });
  const stateGroups = (j: number): CodeGroups => ({
    groupOf: NO_CODES,
    share: NO_SHARES,
    mass: masses[j] as Float64Array,
  });
  /** How often each state of a column is expected, from its groups. */
  const weigh = (j: number): void => {
    const mass = (masses[j] as Float64Array).fill(0);
    const { view } = counts[j] as Placed<Float32Array>;
    for (let i = 0, h = 0; i < view.length; i++) {
      mass[h] = (mass[h] as number) + (view[i] as number);
      if (++h === H) h = 0;
    }
    let total = 0;
    for (let h = 0; h < H; h++) total += mass[h] as number;
    for (let h = 0; h < H; h++) mass[h] = (0.999 * (mass[h] as number)) / total + 0.001 / H;
  };
  const maximise = (): void => {
    for (let j = 0; j < d; j++) {
      weigh(j);
      smoothedChances(emissionTable(j), {
        groups: groups[j] as CodeGroups,
        forks: forks[j],
        smoothing: smoothing[j] as Smoothing,
        room,
      });
      if (j === root) {
        prior.view.set(masses[j] as Float64Array);
        continue;
      }
      smoothedChances(moveTable(j), {
        groups: stateGroups(j),
        forks: undefined,
        smoothing: moveSmoothing[j] as Smoothing,
        room,
      });
      const from = up[j]?.view as Float32Array;
      const to = down[j]?.view as Float32Array;
      for (let p = 0; p < H; p++) for (let c = 0; c < H; c++) to[p * H + c] = from[c * H + p] as number;
    }
  };
  const load = (codes: readonly Uint8Array[], from: number, size: number): void => {
    for (let j = 0; j < d; j++)
      (batchCodes[j] as Placed<Uint8Array>).view.set((codes[j] as Uint8Array).subarray(from, from + size));
  };
  /** Adds the expected counts of some rows to the fresh ones. */
  const expect = (codes: readonly Uint8Array[], from: number, size: number): void => {
    load(codes, from, size);
    messages.upward(size, logs);
    messages.downward(size, (j, moved) =>
      kernels.multiplyAdd(freshMoves[j]?.at as number, moved.at, up[j]?.at as number, H * width),
    );
    for (let j = 0; j < d; j++)
      kernels.scatterAdd(
        (fresh[j] as Placed<Float32Array>).at,
        (batchCodes[j] as Placed<Uint8Array>).at,
        (beliefs[j] as Placed<Float32Array>).at,
        size,
        width,
      );
  };
  const clear = (): void => {
    for (const table of fresh) table.view.fill(0);
    for (const table of freshMoves) table?.view.fill(0);
  };
  const blend = (keep: number, take: number): void => {
    factors.view[0] = keep;
    factors.view[1] = take;
    for (let j = 0; j < d; j++) {
      const table = counts[j] as Placed<Float32Array>;
      kernels.blend(table.at, (fresh[j] as Placed<Float32Array>).at, factors.at, 4 * table.view.length);
      if (j !== root) kernels.blend(moves[j]?.at as number, freshMoves[j]?.at as number, factors.at, H * width);
    }
  };
  const accumulate = (parts: readonly (readonly Uint8Array[])[]): number => {
    clear();
    let n = 0;
    for (const codes of parts) {
      const size = codes[0]?.length ?? 0;
      n += size;
      for (let from = 0; from < size; from += BATCH) expect(codes, from, Math.min(BATCH, size - from));
    }
    return n;
  };
  return {
    seed(codes, random) {
      const n = codes[0]?.length ?? 0;
      const seeds = Uint32Array.from({ length: n > 0 ? H : 0 }, () => random.integer(n));
      for (let j = 0; j < d; j++) {
        const { mass } = groups[j] as CodeGroups;
        const { view } = counts[j] as Placed<Float32Array>;
        for (let h = 0; h < H; h++) {
          for (let g = 0; g < mass.length; g++) view[g * H + h] = (0.5 * (mass[g] as number)) / H;
          if (n === 0) continue;
          const at = ((codes[j] as Uint8Array)[seeds[h] as number] as number) * H + h;
          view[at] = (view[at] as number) + 0.5 / H;
        }
        const moved = moves[j]?.view;
        if (moved)
          for (let c = 0; c < H; c++)
            for (let p = 0; p < H; p++) moved[c * H + p] = 0.5 / (H * H) + (c === p ? 0.5 / H : 0);
      }
      maximise();
    },
    step(codes, { from, to, rate }) {
      clear();
      for (let at = from; at < to; at += BATCH) expect(codes, at, Math.min(BATCH, to - at));
      blend(1 - rate, rate / (to - from));
      maximise();
    },
    accumulate(parts) {
      unit = 1 / Math.max(1, accumulate(parts));
      blend(0, unit);
      maximise();
    },
    chooseSmoothing(codes) {
      accumulate([codes]);
      smoothing = groups.map((column, j) =>
        bestSmoothing(emissionTable(j), {
          fresh: (fresh[j] as Placed<Float32Array>).view,
          groups: column,
          forks: forks[j],
          room,
        }),
      );
      moveSmoothing = groups.map((_, j) =>
        j === root
          ? FIRST_MOVES
          : bestSmoothing(moveTable(j), {
              fresh: freshMoves[j]?.view as Float32Array,
              groups: stateGroups(j),
              forks: undefined,
              room,
            }),
      );
      maximise();
    },
    logLikelihood(codes) {
      const n = codes[0]?.length ?? 0;
      let sum = 0;
      for (let from = 0; from < n; from += BATCH) {
        const size = Math.min(BATCH, n - from);
        load(codes, from, size);
        messages.upward(size, logs);
        for (let i = 0; i < size; i++) sum += logs[i] as number;
      }
      return sum;
    },
    counts: () => ({
      counts: counts.map((table) => sharedCopy(table.view)),
      moves: moves.map((table) => table && sharedCopy(table.view)),
      smoothing,
      moveSmoothing,
    }),
    restore(saved) {
      saved.counts.forEach((view, j) => {
        counts[j]?.view.set(view);
      });
      saved.moves.forEach((view, j) => {
        if (view) moves[j]?.view.set(view);
      });
      smoothing = [...saved.smoothing];
      moveSmoothing = [...saved.moveSmoothing];
      maximise();
    },
    model: () => ({
      states: H,
      prior: normalisedColumns(prior.view, 1),
      columns: groups.map((column, j) => ({
        groups: column,
        chances: normalisedColumns((emissions[j] as Placed<Float32Array>).view.subarray(0, column.mass.length * H), H),
        moves: up[j] ? normalisedColumns(up[j].view, H) : undefined,
        smoothing: smoothing[j] as Smoothing,
        moveSmoothing: moveSmoothing[j] as Smoothing,
      })),
    }),
  };
}

const FIRST_MOVES: Smoothing = { strength: 8, thinning: 1 };
const NO_CODES = new Int32Array(0);
const NO_SHARES = new Float64Array(0);

/** The transpose of a table of so many columns, each column divided by its sum. */
function normalisedColumns(table: Float32Array, width: number): Float64Array {
  const height = table.length / width;
  const out = new Float64Array(new SharedArrayBuffer(8 * table.length));
  for (let k = 0; k < width; k++) {
    let sum = 0;
    for (let g = 0; g < height; g++) sum += table[g * width + k] as number;
    for (let g = 0; g < height; g++) out[k * height + g] = (table[g * width + k] as number) / sum;
  }
  return out;
}
