import type { Arm } from "./pilot.ts";

/** Which cells a pilot measures. */
export interface PilotDesign {
  /** Ascending; the largest is no more than the rows there are. */
  readonly sizes: readonly number[];
  readonly multiples: readonly number[];
  readonly seeds: readonly number[];
  readonly arms: readonly Arm[];
  /** Rows in all of the cells along the share of synthetic rows. */
  readonly total: number;
  /** Everything to be done, from the most work to the least. */
  readonly draws: readonly PilotDraw[];
}

/** One draw of real rows: one fit of the generator, whose first rows serve every cell. */
export interface PilotDraw {
  readonly size: number;
  readonly seed: number;
  /** Synthetic rows of the largest cell; 0: no generator is needed. */
  readonly synthetic: number;
  readonly cells: readonly DesignedCell[];
}

/** A student to be trained: on all real rows of the draw, or on none. */
export interface DesignedCell {
  readonly real: number;
  readonly synthetic: number;
  readonly arm: Arm;
}

/** Real sizes of a pilot when nobody names any: about twice the one before, and multiples of a quarter, a tenth, … of the largest, so that the
 * cells along the share at a fixed total fall on them. */
const LADDER: readonly number[] = [25, 50, 100, 250, 500, 1000, 2000];
export const MULTIPLES: readonly number[] = [0, 1, 2, 5, 10];
export const SHARES: readonly number[] = [0, 0.5, 0.9, 0.95, 0.975, 1];
/** Fewer real rows than this make no generator. */
const FEWEST_SOURCE = 10;
/** The last rung is at least so much larger than the one before. */
const LEAST_STEP = 1.25;

/** Real sizes up to what is there, at most seven. */
export function sizesUpTo(rows: number): readonly number[] {
  const below = LADDER.filter((size) => size * LEAST_STEP <= rows);
  return below.length === LADDER.length ? LADDER : [...below, rows];
}

/** Lays a pilot out: every real size × multiple × seed in every arm (without synthetic rows there is one); and, at one fixed total of rows, the
 * shares of synthetic rows from none to all. Synthetic rows alone come from the generator of the smallest real size along that line.
 * @param ask.sizes ascending; ask.multiples ascending, 0 among them or not */
export function designPilot(ask: {
  readonly sizes: readonly number[];
  readonly multiples: readonly number[];
  readonly seeds: number;
  readonly arms: readonly Arm[];
}): PilotDesign {
  const { sizes, multiples } = ask;
  const arms = ask.arms.length === 0 ? (["mix"] as const) : ask.arms;
  const first = arms[0] as Arm;
  const total = sizes.includes(1000) ? 1000 : (sizes.at(-1) as number);
  const cells = new Map<number, DesignedCell[]>();
  const add = (size: number, cell: DesignedCell): void => {
    const own = cells.get(size) ?? [];
    cells.set(size, own);
    if (!own.some((other) => sameCell(other, cell))) own.push(cell);
  };
  const used = multiples.filter((multiple) => multiple > 0);
  for (const size of sizes) {
    for (const multiple of multiples) add(size, { real: size, synthetic: Math.round(multiple * size), arm: first });
    for (const arm of arms.slice(1))
      for (const multiple of used) add(size, { real: size, synthetic: Math.round(multiple * size), arm });
  }
  if (used.length > 0) {
    const line = SHARES.map((share) => Math.round((1 - share) * total)).filter((real) => real >= FEWEST_SOURCE);
    for (const real of line) add(real, { real, synthetic: total - real, arm: first });
    add(Math.min(...line), { real: 0, synthetic: total, arm: first });
  }
  const draws = [...cells.entries()].flatMap(([size, own]) =>
    Array.from({ length: ask.seeds }, (_, seed) => ({
      size,
      seed,
      synthetic: Math.max(...own.map(({ synthetic }) => synthetic)),
      cells: own,
    })),
  );
  draws.sort((a, b) => b.size + b.synthetic - (a.size + a.synthetic) || b.size - a.size || a.seed - b.seed);
  return {
    sizes,
    multiples,
    seeds: Array.from({ length: ask.seeds }, (_, seed) => seed),
    arms,
    total,
    draws,
  };
}

function sameCell(a: DesignedCell, b: DesignedCell): boolean {
  return a.real === b.real && a.synthetic === b.synthetic && a.arm === b.arm;
}
