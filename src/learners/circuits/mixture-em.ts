import type { Random } from "../../random.ts";
import type { CodeRows } from "../code-rows.ts";
import type { CodeGroups } from "./code-groups.ts";
import { type Placed, workspace } from "./kernels.ts";
import type { MixtureModel } from "./mixture.ts";
import {
  bestSmoothing,
  type CountTable,
  FIRST_SMOOTHING,
  forkTree,
  type Smoothing,
  smoothedChances,
  smoothingRoom,
} from "./smoothed-chances.ts";

/** Rows whose components are found at a time. */
const BATCH = 256;

/** A growing mixture. Rows are given as groups: `codes[j][row]`. */
export interface MixtureEm {
  /** Each component starts from one row and the whole table, half and half. */
  seed(codes: readonly Uint8Array[], random: Random): void;
  /** Learns from the rows from … to − 1, with a share `rate` for them in the expected counts. */
  step(
    codes: readonly Uint8Array[],
    options: { readonly from: number; readonly to: number; readonly rate: number },
  ): void;
  /** Replaces the expected counts by those of all rows under the present model. */
  accumulate(parts: readonly (readonly Uint8Array[])[]): void;
  /** Sets each column's smoothing to what suits these rows, which were not learnt from. */
  chooseSmoothing(codes: readonly Uint8Array[]): void;
  logLikelihood(codes: readonly Uint8Array[]): number;
  counts(): MixtureCounts;
  restore(counts: MixtureCounts): void;
  model(): Pick<MixtureModel, "components" | "prior" | "columns">;
}

/** Expected counts, as shares of the rows, and how they are smoothed. */
export interface MixtureCounts {
  readonly counts: Float32Array;
  readonly smoothing: readonly Smoothing[];
}

/** The tables of a growing mixture. Chances and expected counts lie group by group, components side by side, so that a row touches
 * contiguous memory only. */
export function mixtureEm({
  rows,
  groups,
  components: K,
  seen,
}: {
  readonly rows: CodeRows;
  readonly groups: readonly CodeGroups[];
  readonly components: number;
  /** Rows that are learnt from. */
  readonly seen: number;
}): MixtureEm {
  const cells = groups.reduce((sum, column) => sum + column.mass.length, 0);
  const place = workspace(
    4 * K * (3 * cells + 2 * BATCH + 4) + BATCH * (8 + groups.length) + 64 * (groups.length + 16),
  );
  const { kernels } = place;
  const width = 4 * K;
  const starts = Uint32Array.from(groups, () => 0);
  for (let j = 1; j < groups.length; j++)
    starts[j] = (starts[j - 1] as number) + (groups[j - 1] as CodeGroups).mass.length * K;
  const chances = place.floats(cells * K);
  const counts = place.floats(cells * K);
  const fresh = place.floats(cells * K);
  const joint = place.floats(BATCH * K);
  const sums = place.floats(BATCH);
  const factors = place.floats(4);
  const batchCodes = groups.map(() => place.bytes(BATCH));
  const prior = new Float32Array(K).fill(1 / K);
  const held = new Float32Array(K);
  let unit = 1 / Math.max(1, seen);
  let smoothing: Smoothing[] = groups.map(() => FIRST_SMOOTHING);
  const forks = groups.map((column, j) =>
    forkTree(column, { ordered: rows.ordered[j] as boolean, alone: rows.missing[j] as number }),
  );
  const room = smoothingRoom(Math.max(1, ...groups.map((column) => column.mass.length)), K);
  const tableOf = (j: number): CountTable => ({
    counts: counts.view,
    chances: chances.view,
    at: starts[j] as number,
    width: K,
    unit,
  });
  const logs = new Float64Array(BATCH);

  /** The chances of the components given each row of a batch into `joint`; the log-likelihood of the batch. */
  const expect = (codes: readonly Uint8Array[], from: number, size: number): number => {
    for (let i = 0; i < size; i++) joint.view.set(prior, i * K);
    logs.fill(0, 0, size);
    for (let j = 0; j < groups.length; j++) {
      const own = batchCodes[j] as Placed<Uint8Array>;
      own.view.set((codes[j] as Uint8Array).subarray(from, from + size));
      kernels.gatherMultiply(joint.at, chances.at + 4 * (starts[j] as number), own.at, size, width);
      if (j % 2 === 0 && j < groups.length - 1) continue;
      kernels.normalise(joint.at, sums.at, size, width);
      for (let i = 0; i < size; i++) logs[i] = (logs[i] as number) + Math.log(sums.view[i] as number);
    }
    let total = 0;
    for (let i = 0; i < size; i++) total += logs[i] as number;
    return total;
  };
  const addFresh = (size: number): void => {
    for (let j = 0; j < groups.length; j++)
      kernels.scatterAdd(
        fresh.at + 4 * (starts[j] as number),
        (batchCodes[j] as Placed<Uint8Array>).at,
        joint.at,
        size,
        width,
      );
  };
  /** Chances from expected counts. Counts are shares of all rows. */
  const maximise = (): void => {
    held.fill(0);
    const first = groups[0]?.mass.length ?? 0;
    for (let g = 0; g < first; g++)
      for (let k = 0; k < K; k++) held[k] = (held[k] as number) + (counts.view[g * K + k] as number);
    const added = 0.5 * unit;
    let total = 0;
    for (let k = 0; k < K; k++) total += (held[k] as number) + added;
    for (let k = 0; k < K; k++) prior[k] = ((held[k] as number) + added) / total;
    for (let j = 0; j < groups.length; j++)
      smoothedChances(tableOf(j), {
        groups: groups[j] as CodeGroups,
        forks: forks[j],
        smoothing: smoothing[j] as Smoothing,
        room,
      });
  };
  const blend = (keep: number, take: number): void => {
    factors.view[0] = keep;
    factors.view[1] = take;
    kernels.blend(counts.at, fresh.at, factors.at, 4 * counts.view.length);
  };
  /** The expected counts of some rows as the fresh ones; how many rows. */
  const accumulate = (parts: readonly (readonly Uint8Array[])[]): number => {
    fresh.view.fill(0);
    let n = 0;
    for (const codes of parts) {
      const size = codes[0]?.length ?? 0;
      n += size;
      for (let from = 0; from < size; from += BATCH) {
        expect(codes, from, Math.min(BATCH, size - from));
        addFresh(Math.min(BATCH, size - from));
      }
    }
    return n;
  };
  return {
    seed(codes, random) {
      const n = codes[0]?.length ?? 0;
      for (let k = 0; k < K; k++) {
        const row = n > 0 ? random.integer(n) : -1;
        for (let j = 0; j < groups.length; j++) {
          const { mass } = groups[j] as CodeGroups;
          const start = starts[j] as number;
          for (let g = 0; g < mass.length; g++) counts.view[start + g * K + k] = (0.5 * (mass[g] as number)) / K;
          if (row < 0) continue;
          const at = start + ((codes[j] as Uint8Array)[row] as number) * K + k;
          counts.view[at] = (counts.view[at] as number) + 0.5 / K;
        }
      }
      maximise();
    },
    step(codes, { from, to, rate }) {
      fresh.view.fill(0);
      for (let at = from; at < to; at += BATCH) {
        const size = Math.min(BATCH, to - at);
        expect(codes, at, size);
        addFresh(size);
      }
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
        bestSmoothing(tableOf(j), { fresh: fresh.view, groups: column, forks: forks[j], room }),
      );
      maximise();
    },
    logLikelihood(codes) {
      const rows = codes[0]?.length ?? 0;
      let sum = 0;
      for (let from = 0; from < rows; from += BATCH) sum += expect(codes, from, Math.min(BATCH, rows - from));
      return sum;
    },
    counts: () => ({ counts: counts.view.slice(), smoothing }),
    restore(saved) {
      counts.view.set(saved.counts);
      smoothing = [...saved.smoothing];
      maximise();
    },
    model: () => ({
      components: K,
      prior: normalised(prior),
      columns: groups.map((column, j) => {
        const G = column.mass.length;
        const out = new Float64Array(new SharedArrayBuffer(8 * K * G));
        for (let k = 0; k < K; k++) {
          let sum = 0;
          for (let g = 0; g < G; g++) sum += chances.view[(starts[j] as number) + g * K + k] as number;
          for (let g = 0; g < G; g++)
            out[k * G + g] = (chances.view[(starts[j] as number) + g * K + k] as number) / sum;
        }
        return { groups: column, chances: out };
      }),
    }),
  };
}

function normalised(weights: Float32Array): Float64Array {
  let sum = 0;
  for (const weight of weights) sum += weight;
  const out = new Float64Array(new SharedArrayBuffer(8 * weights.length));
  for (let k = 0; k < weights.length; k++) out[k] = (weights[k] as number) / sum;
  return out;
}
