import { type Grouped, type GroupedFrames, groupFrames } from "../grouped.ts";
import { type Estimate, GROUPS, intervalOf, mapEstimates, newEstimate } from "../jackknife.ts";
import type { Metric, WorstPart } from "../metric.ts";
import { choosePairs } from "../pairs.ts";
import { type Compared, comparedScore, notApplicable, notComputable, tooFewRows } from "../score.ts";

const MOST_PAIRS = 80_000;

/** Largest difference, real to synthetic, of the share of rows in which a column, or two columns at once, are missing. */
export const missingness: Metric = {
  name: "missingness",
  title: "Missing cells",
  family: "fidelity",
  better: "lower",
  range: [0, 1],
  source: "Largest absolute difference of missing and co-missing shares over columns and pairs of columns",
  definitionVersion: 1,
  explains:
    "Whether cells are missing as often, and together, as in the real table; it does not tell whether they are missing for the same reasons.",
  async measure(input) {
    const few = tooFewRows(input);
    if (few) return notComputable(missingness, few);
    const frames = groupFrames(input.frames, input.random.split("missingness"));
    const sides = [frames.reference, frames.synthetic, frames.ceiling, frames.floor].map((side) =>
      missingBits(side, frames),
    ) as unknown as FourSides;
    const positions = [...frames.columns.keys()].filter((j) => sides.some((side) => side.bits[j] !== undefined));
    if (positions.length === 0)
      return notApplicable(missingness, "No cell is missing, neither in the real rows nor in the synthetic ones.");
    const pairs = choosePairs(positions, { most: MOST_PAIRS, random: input.random.split("pairs") });
    const columns = largestDifference(
      sides,
      positions.map((j) => [j, j]),
    );
    const together = largestDifference(
      sides,
      Array.from({ length: pairs.count }, (_, i) => [pairs.first[i] as number, pairs.second[i] as number]),
    );
    const larger = (a: Estimate, b: Estimate): Estimate => mapEstimates([a, b], (x, y) => Math.max(x, y));
    const name = ([a, b]: readonly [number, number]): string =>
      a === b ? `${frames.columns[a]?.name}` : `${frames.columns[a]?.name} × ${frames.columns[b]?.name}`;
    return comparedScore(
      missingness,
      input,
      {
        value: larger(columns.value, together.value),
        ceiling: larger(columns.ceiling, together.ceiling),
        floor: larger(columns.floor, together.floor),
      },
      {
        n: frames.rows,
        worst: [...columns.parts, ...together.parts]
          .sort((a, b) => b.value - a.value)
          .slice(0, 50)
          .map((part): WorstPart => ({ name: name(part.columns), value: part.value, ceiling: part.ceiling })),
        details: {
          columns: { count: positions.length, ...intervals(columns, input.level) },
          pairs: {
            count: pairs.count,
            ...(pairs.count < pairs.of ? { chosenFrom: pairs.of } : {}),
            ...intervals(together, input.level),
          },
        },
      },
    );
  },
};

type FourSides = readonly [MissingBits, MissingBits, MissingBits, MissingBits];

interface MissingBits {
  /** One bit a row, groups on word bounds; undefined where the column is never missing. */
  readonly bits: readonly (Uint32Array | undefined)[];
  /** First word of each group. */
  readonly words: Uint32Array;
  readonly starts: Uint32Array;
}

function missingBits(side: Grouped, frames: GroupedFrames): MissingBits {
  const words = new Uint32Array(GROUPS + 1);
  for (let g = 0; g < GROUPS; g++)
    words[g + 1] = (words[g] as number) + Math.ceil(((side.starts[g + 1] as number) - (side.starts[g] as number)) / 32);
  const bits = side.codes.map((codes, j) => {
    const missing = (frames.columns[j] as GroupedFrames["columns"][number]).missing.length;
    if (!codes.some((code) => code < missing)) return undefined;
    const out = new Uint32Array(words[GROUPS] as number);
    for (let g = 0; g < GROUPS; g++) {
      const start = side.starts[g] as number;
      for (let i = start; i < (side.starts[g + 1] as number); i++) {
        if ((codes[i] as number) >= missing) continue;
        const word = (words[g] as number) + ((i - start) >> 5);
        out[word] = (out[word] as number) | (1 << ((i - start) & 31));
      }
    }
    return out;
  });
  return { bits, words, starts: side.starts };
}

interface Largest extends Compared {
  readonly parts: readonly {
    readonly columns: readonly [number, number];
    readonly value: number;
    readonly ceiling: number;
  }[];
}

/** Largest difference over these pairs of columns; a column paired with itself is the column alone. */
function largestDifference(sides: FourSides, pairs: readonly (readonly [number, number])[]): Largest {
  const shares = sides.map(() => newEstimate()) as [Estimate, Estimate, Estimate, Estimate];
  const [reference, synthetic, ceiling, floor] = shares;
  const largest = { value: newEstimate(), ceiling: newEstimate(), floor: newEstimate() };
  const parts = pairs.map((columns) => {
    sides.forEach((side, s) => {
      shareInto(side, columns, shares[s] as Estimate);
    });
    for (let r = 0; r <= GROUPS; r++) {
      const real = reference[r] as number;
      largest.value[r] = Math.max(largest.value[r] as number, Math.abs((synthetic[r] as number) - real));
      largest.ceiling[r] = Math.max(largest.ceiling[r] as number, Math.abs((ceiling[r] as number) - real));
      largest.floor[r] = Math.max(largest.floor[r] as number, Math.abs((floor[r] as number) - real));
    }
    const real = reference[0] as number;
    return {
      columns,
      value: Math.abs((synthetic[0] as number) - real),
      ceiling: Math.abs((ceiling[0] as number) - real),
    };
  });
  return { ...largest, parts };
}

/** Share of the rows in which both columns are missing, and the same without each group. */
function shareInto({ bits, words, starts }: MissingBits, [a, b]: readonly [number, number], into: Estimate): void {
  const x = bits[a];
  const y = bits[b];
  into.fill(0);
  if (!x || !y) return;
  const rows = starts[GROUPS] as number;
  let total = 0;
  for (let g = 0; g < GROUPS; g++) {
    let count = 0;
    for (let w = words[g] as number; w < (words[g + 1] as number); w++)
      count += countBits((x[w] as number) & (y[w] as number));
    into[g + 1] = count;
    total += count;
  }
  into[0] = total / rows;
  for (let g = 0; g < GROUPS; g++)
    into[g + 1] = (total - (into[g + 1] as number)) / (rows - (starts[g + 1] as number) + (starts[g] as number));
}

/** Ones in a 32-bit word. */
function countBits(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function intervals({ value, ceiling, floor }: Compared, level: number): Record<string, unknown> {
  return {
    value: intervalOf(value, level, [0, 1]),
    ceiling: intervalOf(ceiling, level, [0, 1]),
    floor: intervalOf(floor, level, [0, 1]),
  };
}
