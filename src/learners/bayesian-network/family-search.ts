import type { Grouping } from "./grouping.ts";

/** Rows as groups, at the resolutions at which a parent may be seen. */
export interface GroupedRows {
  readonly rows: number;
  readonly groupings: readonly Grouping[];
  /** `groups[r][j][row]`: group of column j at resolution r (0 … 2). */
  readonly groups: readonly (readonly Uint8Array[])[];
}

/** A column with the parents that it has so far. */
export interface FamilyState {
  readonly child: number;
  parents: number[];
  resolutions: number[];
  masses: number[];
  gains: number[];
  /** Configuration of the parents in each row, numbered as they occur. */
  readonly config: Int32Array;
  configs: number;
  /** Product of the sizes of the parents. */
  cells: number;
  /** Chance of each row's group by the table without that row. */
  readonly chance: Float64Array;
  /** Sum of the logs of `chance`. */
  logLikelihood: number;
}

export interface Candidate {
  readonly parent: number;
  readonly resolution: number;
  /** Gain in log-likelihood of all rows, leave-one-out. */
  readonly gain: number;
}

const MASSES = [1, 3, 10, 30, 100, 300, 1000];
const SCREEN_MASSES = [5, 60] as const;
/** Mass of equal chances in a column without parents. */
const ROOT_MASS = 0.5;

export interface FamilySearch {
  start(child: number): FamilyState;
  /** What one more parent would tell, at the best of its resolutions; undefined when no table fits. */
  tryParent(state: FamilyState, parent: number): Candidate | undefined;
  /** Adds the parent, with the best mass. */
  addParent(state: FamilyState, candidate: Candidate): void;
}

/** Scores of families by leave-one-out likelihood.
 *
 * A table with k parents is pulled towards the table with the first k − 1: P_k = (n + s·P_{k−1}) / (N + s), where n of the N rows with this
 * configuration have this group. Without the row itself that is (n − 1 + s·P_{k−1}) / (N − 1 + s) with P_{k−1} without the row too, the same
 * for all rows of a cell: the exact leave-one-out likelihood costs one logarithm for each cell that occurs, and prices a table by what it
 * tells of rows that it has not seen, not by the number of its cells.
 * @param maxCells most cells of a table
 * @source leave-one-out likelihood: Geisser (1975), JASA 70; the pull towards fewer parents: MacKay & Peto (1995), Natural Language
 * Engineering 1 (a hierarchical Dirichlet prior) */
export function familySearch(data: GroupedRows, maxCells: number): FamilySearch {
  const { rows, groupings, groups } = data;
  const counts = new Int32Array(maxCells);
  const first = new Int32Array(maxCells);
  const totals = new Int32Array(maxCells);
  const touched = new Int32Array(Math.min(rows, maxCells));
  const sizeOf = (column: number, resolution: number): number =>
    (groupings[column] as Grouping).sizes[resolution] as number;

  /** Counts the cells of a table; returns how many occur. */
  const count = (state: FamilyState, parent: number, resolution: number): number => {
    const child = (groups[0] as readonly Uint8Array[])[state.child] as Uint8Array;
    const codes = (groups[resolution] as readonly Uint8Array[])[parent] as Uint8Array;
    const childSize = sizeOf(state.child, 0);
    const parentSize = sizeOf(parent, resolution);
    const { config } = state;
    let found = 0;
    for (let row = 0; row < rows; row++) {
      const place = (config[row] as number) * parentSize + (codes[row] as number);
      const cell = place * childSize + (child[row] as number);
      const n = counts[cell] as number;
      if (n === 0) {
        touched[found++] = cell;
        first[cell] = row;
      }
      counts[cell] = n + 1;
      totals[place] = (totals[place] as number) + 1;
    }
    return found;
  };
  const clear = (found: number, childSize: number): void => {
    for (let i = 0; i < found; i++) {
      const cell = touched[i] as number;
      counts[cell] = 0;
      totals[(cell / childSize) | 0] = 0;
    }
  };
  const logLikelihoodAt = (state: FamilyState, found: number, mass: number): number => {
    const childSize = sizeOf(state.child, 0);
    const { chance } = state;
    let sum = 0;
    for (let i = 0; i < found; i++) {
      const cell = touched[i] as number;
      const n = counts[cell] as number;
      const total = totals[(cell / childSize) | 0] as number;
      sum += n * Math.log((n - 1 + mass * (chance[first[cell] as number] as number)) / (total - 1 + mass));
    }
    return sum;
  };

  return {
    start(child) {
      const codes = (groups[0] as readonly Uint8Array[])[child] as Uint8Array;
      const size = sizeOf(child, 0);
      const tally = new Float64Array(size);
      for (let row = 0; row < rows; row++) tally[codes[row] as number] = (tally[codes[row] as number] as number) + 1;
      const chance = new Float64Array(rows);
      for (let row = 0; row < rows; row++)
        chance[row] = ((tally[codes[row] as number] as number) - 1 + ROOT_MASS / size) / (rows - 1 + ROOT_MASS);
      let logLikelihood = 0;
      for (let g = 0; g < size; g++) {
        const n = tally[g] as number;
        if (n > 0) logLikelihood += n * Math.log((n - 1 + ROOT_MASS / size) / (rows - 1 + ROOT_MASS));
      }
      return {
        child,
        parents: [],
        resolutions: [],
        masses: [ROOT_MASS],
        gains: [],
        config: new Int32Array(rows),
        configs: 1,
        cells: 1,
        chance,
        logLikelihood,
      };
    },
    tryParent(state, parent) {
      const childSize = sizeOf(state.child, 0);
      let best: Candidate | undefined;
      for (let resolution = 0; resolution < 3; resolution++) {
        const size = sizeOf(parent, resolution);
        if (size < 2) break;
        if (resolution > 0 && size === sizeOf(parent, resolution - 1)) continue;
        if (state.cells * size * childSize > maxCells) continue;
        const found = count(state, parent, resolution);
        let gain = Number.NEGATIVE_INFINITY;
        for (const mass of SCREEN_MASSES)
          gain = Math.max(gain, logLikelihoodAt(state, found, mass) - state.logLikelihood);
        clear(found, childSize);
        if (!best || gain > best.gain) best = { parent, resolution, gain };
      }
      return best;
    },
    addParent(state, { parent, resolution }) {
      const childSize = sizeOf(state.child, 0);
      const parentSize = sizeOf(parent, resolution);
      const found = count(state, parent, resolution);
      let mass = MASSES[0] as number;
      let best = Number.NEGATIVE_INFINITY;
      for (const tried of MASSES) {
        const score = logLikelihoodAt(state, found, tried);
        if (score > best) {
          best = score;
          mass = tried;
        }
      }
      const child = (groups[0] as readonly Uint8Array[])[state.child] as Uint8Array;
      const codes = (groups[resolution] as readonly Uint8Array[])[parent] as Uint8Array;
      const { config, chance } = state;
      const number = new Int32Array(state.configs * parentSize).fill(-1);
      let configs = 0;
      for (let row = 0; row < rows; row++) {
        const place = (config[row] as number) * parentSize + (codes[row] as number);
        const n = counts[place * childSize + (child[row] as number)] as number;
        chance[row] = (n - 1 + mass * (chance[row] as number)) / ((totals[place] as number) - 1 + mass);
        if ((number[place] as number) < 0) number[place] = configs++;
        config[row] = number[place] as number;
      }
      clear(found, childSize);
      state.parents.push(parent);
      state.resolutions.push(resolution);
      state.masses.push(mass);
      state.gains.push((best - state.logLikelihood) / Math.max(1, rows));
      state.configs = configs;
      state.cells *= parentSize;
      state.logLikelihood = best;
    },
  };
}
