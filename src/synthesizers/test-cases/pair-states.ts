import { columnOf, type Table } from "../../data/table.ts";
import { type Factor, NO_LEVEL } from "./factors.ts";

/** What is known of a combination of two levels. */
export const MISSING = 0;
export const COVERED = 1;
export const FORBIDDEN = 2;
export const UNREACHABLE = 3;
/** A row that is being made shall have it. */
export const PLANNED = 4;

/** Two levels of two factors, the first factor before the second. */
export interface Pair {
  readonly first: number;
  readonly second: number;
  readonly firstLevel: number;
  readonly secondLevel: number;
}

/** Every combination of two levels of two factors, and how many with each level are missing. */
export interface PairStates {
  readonly factors: readonly Factor[];
  get(first: number, firstLevel: number, second: number, secondLevel: number): number;
  set(pair: Pair, state: number): void;
  /** Missing combinations with a level. */
  missingWith(factor: number, level: number): number;
  count(state: number): number;
  readonly total: number;
}

/** All missing. */
export function pairStates(factors: readonly Factor[]): PairStates {
  const n = factors.length;
  const levels = factors.map((factor) => factor.levels.length);
  const cells: Uint8Array[] = [];
  for (let a = 0; a < n; a++)
    for (let b = 0; b < n; b++) cells.push(new Uint8Array(a < b ? (levels[a] as number) * (levels[b] as number) : 0));
  const all = levels.reduce((sum, count) => sum + count, 0);
  const missing = levels.map((count) => new Float64Array(count).fill(all - count));
  const counts = [0, 0, 0, 0, 0];
  const total = cells.reduce((sum, { length }) => sum + length, 0);
  counts[MISSING] = total;
  const add = (factor: number, level: number, by: number): void => {
    const own = missing[factor] as Float64Array;
    own[level] = (own[level] as number) + by;
  };
  const placeOf = (a: number, la: number, b: number, lb: number): readonly [Uint8Array, number] =>
    a < b
      ? [cells[a * n + b] as Uint8Array, la * (levels[b] as number) + lb]
      : [cells[b * n + a] as Uint8Array, lb * (levels[a] as number) + la];
  return {
    factors,
    total,
    get(a, la, b, lb) {
      const [own, at] = placeOf(a, la, b, lb);
      return own[at] as number;
    },
    set({ first, firstLevel, second, secondLevel }, state) {
      const [own, at] = placeOf(first, firstLevel, second, secondLevel);
      const before = own[at] as number;
      if (before === state) return;
      own[at] = state;
      counts[before] = (counts[before] as number) - 1;
      counts[state] = (counts[state] as number) + 1;
      const by = state === MISSING ? 1 : before === MISSING ? -1 : 0;
      if (by === 0) return;
      add(first, firstLevel, by);
      add(second, secondLevel, by);
    },
    missingWith: (factor, level) => missing[factor]?.[level] as number,
    count: (state) => counts[state] as number,
  };
}

/** Marks what the rows of a table have.
 * @returns for each row, the combinations that no row before had, where they are asked for */
export function coverWith(states: PairStates, table: Table): readonly (readonly Pair[])[] {
  const { factors } = states;
  const codes = factors.map((factor) => factor.codesOf(columnOf(table, factor.name)));
  const fresh: Pair[][] = Array.from({ length: table.rows }, () => []);
  for (let first = 0; first < factors.length; first++)
    for (let second = first + 1; second < factors.length; second++) {
      const a = codes[first] as Uint8Array;
      const b = codes[second] as Uint8Array;
      for (let row = 0; row < table.rows; row++) {
        const firstLevel = a[row] as number;
        const secondLevel = b[row] as number;
        if (firstLevel === NO_LEVEL || secondLevel === NO_LEVEL) continue;
        if (states.get(first, firstLevel, second, secondLevel) === COVERED) continue;
        const pair = { first, second, firstLevel, secondLevel };
        states.set(pair, COVERED);
        fresh[row]?.push(pair);
      }
    }
  return fresh;
}

/** Every combination in a state, by factors, then by levels. */
export function* pairsIn(states: PairStates, state: number): Generator<Pair> {
  const { factors } = states;
  for (let first = 0; first < factors.length; first++)
    for (let second = first + 1; second < factors.length; second++)
      for (let firstLevel = 0; firstLevel < (factors[first] as Factor).levels.length; firstLevel++)
        for (let secondLevel = 0; secondLevel < (factors[second] as Factor).levels.length; secondLevel++)
          if (states.get(first, firstLevel, second, secondLevel) === state)
            yield { first, second, firstLevel, secondLevel };
}

/** "sex = F & plan = gold". */
export function pairName({ factors }: PairStates, { first, firstLevel, second, secondLevel }: Pair): string {
  const named = (factor: number, level: number): string =>
    `${factors[factor]?.name} = ${factors[factor]?.levels[level]?.text}`;
  return `${named(first, firstLevel)} & ${named(second, secondLevel)}`;
}
