import { sharedCopy } from "../../executors/executor.ts";
import type { Grouping } from "./grouping.ts";
import { type BayesianNetworkModel, type Family, type NetworkNode, parentSizes, topologicalOrder } from "./model.ts";

const EMISSION_MASSES = [1, 3, 10, 30, 100, 300];

/** The tables of a network whose edges are known, counted over all rows.
 * @param groups `groups[r][j][row]`, resolutions 0 … 2 */
export function fillTables(input: {
  readonly rows: number;
  readonly codes: readonly Uint8Array[];
  readonly levels: readonly number[];
  readonly groupings: readonly Grouping[];
  readonly groups: readonly (readonly Uint8Array[])[];
  readonly families: readonly Family[];
}): BayesianNetworkModel {
  const { groupings, families } = input;
  const nodes = families.map((family, column): NetworkNode => {
    const grouping = groupings[column] as Grouping;
    return {
      ...grouping,
      levels: input.levels[column] as number,
      parents: family.parents,
      resolutions: family.resolutions,
      masses: family.masses,
      table: sharedCopy(groupTable(input, column, family)),
      ...emissions(input, column, family),
    };
  });
  return { order: topologicalOrder(families), nodes };
}

type Input = Parameters<typeof fillTables>[0];

function groupTable({ rows, groupings, groups }: Input, column: number, family: Family): Float64Array {
  const child = (groups[0] as readonly Uint8Array[])[column] as Uint8Array;
  const size = (groupings[column] as Grouping).sizes[0] as number;
  const sizes = parentSizes(groupings, family);
  const place = new Int32Array(rows);
  let before: Float64Array = new Float64Array(size).fill(1 / size);
  let configs = 1;
  for (let k = 0; k <= sizes.length; k++) {
    const parentSize = k === 0 ? 1 : (sizes[k - 1] as number);
    if (k > 0) {
      const codes = (groups[family.resolutions[k - 1] as number] as readonly Uint8Array[])[
        family.parents[k - 1] as number
      ] as Uint8Array;
      for (let row = 0; row < rows; row++) place[row] = (place[row] as number) * parentSize + (codes[row] as number);
      configs *= parentSize;
    }
    const table = new Float64Array(configs * size);
    for (let row = 0; row < rows; row++) {
      const cell = (place[row] as number) * size + (child[row] as number);
      table[cell] = (table[cell] as number) + 1;
    }
    const mass = family.masses[k] as number;
    for (let config = 0; config < configs; config++) {
      const pull = Math.floor(config / parentSize) * size;
      let total = 0;
      for (let g = 0; g < size; g++) total += table[config * size + g] as number;
      for (let g = 0; g < size; g++) {
        const at = config * size + g;
        table[at] = ((table[at] as number) + mass * (before[pull + g] as number)) / (total + mass);
      }
    }
    before = table;
  }
  return before;
}

/** Chances of codes inside groups: by counts, or by counts with the parent that tells most of them, pulled towards those without. */
function emissions(
  { rows, codes, levels, groupings, groups }: Input,
  column: number,
  family: Family,
): Pick<NetworkNode, "emission" | "emissionParent"> {
  const size = levels[column] as number;
  const { groupOf, sizes } = groupings[column] as Grouping;
  const cells = codes[column] as Uint8Array;
  const groupTotals = new Float64Array(sizes[0] as number);
  const tally = new Float64Array(size);
  for (let row = 0; row < rows; row++) tally[cells[row] as number] = (tally[cells[row] as number] as number) + 1;
  for (let code = 0; code < size; code++) {
    const group = groupOf[code] as number;
    groupTotals[group] = (groupTotals[group] as number) + (tally[code] as number);
  }
  const base = new Float64Array(size);
  // Without rows, every code is as good as another.
  if (rows === 0) base.fill(1 / size);
  else
    for (let code = 0; code < size; code++)
      if ((tally[code] as number) > 0)
        base[code] = (tally[code] as number) / (groupTotals[groupOf[code] as number] as number);
  let best = { emissionParent: -1, mass: 0, gain: Math.log(Math.max(2, rows)) };
  let counts = new Float64Array(0);
  const merged = tally.reduce((found, count) => found + (count > 0 ? 1 : 0), 0) > (sizes[0] as number);
  for (let k = 0; merged && k < family.parents.length; k++) {
    const parent = family.parents[k] as number;
    const resolution = family.resolutions[k] as number;
    const parentSize = (groupings[parent] as Grouping).sizes[resolution] as number;
    const of = (groups[resolution] as readonly Uint8Array[])[parent] as Uint8Array;
    const found = new Float64Array(parentSize * size);
    for (let row = 0; row < rows; row++) {
      const at = (of[row] as number) * size + (cells[row] as number);
      found[at] = (found[at] as number) + 1;
    }
    for (const mass of EMISSION_MASSES) {
      const gain = emissionGain(found, { tally, groupTotals, groupOf, parentSize, mass });
      if (gain <= best.gain) continue;
      best = { emissionParent: k, mass, gain };
      counts = found;
    }
  }
  if (best.emissionParent < 0) return { emissionParent: -1, emission: sharedCopy(base) };
  const places = counts.length / size;
  const totals = new Float64Array(groupTotals.length);
  for (let place = 0; place < places; place++) {
    totals.fill(0);
    for (let code = 0; code < size; code++) {
      const group = groupOf[code] as number;
      totals[group] = (totals[group] as number) + (counts[place * size + code] as number);
    }
    for (let code = 0; code < size; code++) {
      const at = place * size + code;
      counts[at] =
        ((counts[at] as number) + best.mass * (base[code] as number)) /
        ((totals[groupOf[code] as number] as number) + best.mass);
    }
  }
  return { emissionParent: best.emissionParent, emission: sharedCopy(counts) };
}

/** What the parent tells of codes inside groups, in nats of all rows, leave-one-out. */
function emissionGain(
  counts: Float64Array,
  input: {
    readonly tally: Float64Array;
    readonly groupTotals: Float64Array;
    readonly groupOf: Uint8Array;
    readonly parentSize: number;
    readonly mass: number;
  },
): number {
  const { tally, groupTotals, groupOf, parentSize, mass } = input;
  const size = tally.length;
  const totals = new Float64Array(groupTotals.length);
  let gain = 0;
  for (let place = 0; place < parentSize; place++) {
    totals.fill(0);
    for (let code = 0; code < size; code++) {
      const group = groupOf[code] as number;
      totals[group] = (totals[group] as number) + (counts[place * size + code] as number);
    }
    for (let code = 0; code < size; code++) {
      const n = counts[place * size + code] as number;
      if (n === 0) continue;
      const group = groupOf[code] as number;
      // Half a row in place of none: a code seen once has no chance without its row.
      const base = Math.max(0.5, (tally[code] as number) - 1) / Math.max(1, (groupTotals[group] as number) - 1);
      gain += n * Math.log((n - 1 + mass * base) / ((totals[group] as number) - 1 + mass) / base);
    }
  }
  return gain;
}
