import { InvalidData } from "../../errors.ts";

/** What was measured of one learner: losses by size of its training data, several of a size where there are seeds. */
export interface ScalingPoints {
  /** The learner, where there are several. */
  readonly group: string | null;
  /** Rows, tokens, … */
  readonly sizes: Float64Array;
  /** ≥ 0 for a perfect learner, lower is better. */
  readonly losses: Float64Array;
}

/** One size and what was measured there. */
export interface Rung {
  readonly size: number;
  /** Positions in the points. */
  readonly at: readonly number[];
  readonly mean: number;
}

/** The sizes, ascending. */
export function rungsOf(points: Pick<ScalingPoints, "sizes" | "losses">): readonly Rung[] {
  const at = new Map<number, number[]>();
  for (const [i, size] of points.sizes.entries()) at.set(size, [...(at.get(size) ?? []), i]);
  return [...at]
    .sort(([a], [b]) => a - b)
    .map(([size, positions]) => ({
      size,
      at: positions,
      mean: positions.reduce((sum, i) => sum + (points.losses[i] as number), 0) / positions.length,
    }));
}

export const FEWEST_SIZES = 6;

/** Whether a law can be asked of the points at all.
 * @returns what the reader should know, though a law is fitted
 * @throws {InvalidData} sizes or losses that are not above 0 and finite; fewer than six sizes */
export function checkPoints(points: ScalingPoints): readonly string[] {
  const where = points.group === null ? "" : ` of "${points.group}"`;
  for (const [what, values] of [
    ["size", points.sizes],
    ["loss", points.losses],
  ] as const)
    for (const value of values)
      if (!(value > 0 && Number.isFinite(value)))
        throw new InvalidData(
          `bad-${what}`,
          `A ${what}${where} is ${value}; a scaling law is about ${what === "size" ? "sizes" : "losses"} above 0.`,
          {
            advice:
              what === "size"
                ? "Remove what was measured without training data: it is no point of the law."
                : "Give a loss or an error; for a score say --better higher --perfect with the score of a perfect learner.",
          },
        );
  const rungs = rungsOf(points);
  if (rungs.length < FEWEST_SIZES)
    throw new InvalidData(
      "few-sizes",
      `There are ${rungs.length} different sizes${where}; a law with four parameters needs ${FEWEST_SIZES} at least.`,
      { advice: "Measure more sizes, each twice the one before." },
    );
  const [first, last] = [rungs[0] as Rung, rungs.at(-1) as Rung];
  const before = rungs.at(-2) as Rung;
  const fewest = Math.min(...rungs.map(({ at }) => at.length));
  const share = last.size / first.size;
  return [
    ...(share < 100
      ? [
          `The sizes${where} span a factor of ${share < 10 ? share.toFixed(1) : share.toFixed(0)}; under 100 (two decades) floor and exponent can hardly be told apart.`,
        ]
      : []),
    ...(fewest < 3
      ? [
          `${rungs.every(({ at }) => at.length === fewest) ? "Every size" : "A size"}${where} has ${fewest === 1 ? "one measurement" : "two measurements"}: with three seeds or more per size, chance can be told from a law that does not fit.`,
        ]
      : []),
    ...(last.mean > before.mean
      ? [`At the largest size${where} the loss is above that of the size before it: check that run.`]
      : []),
  ];
}
