import { studentQuantile } from "../../math/student-t.ts";
import type { MeasuredCell, Ranged, Rows } from "./answers.ts";
import { type Arm, lossOf, metricOf, type PilotCell, type PilotMetric } from "./pilot.ts";

/** Losses of one mix, over seeds. */
export interface GridCell extends Rows {
  readonly seeds: readonly number[];
  /** By seed. */
  readonly losses: Float64Array;
  readonly mean: number;
}

/** Losses of one arm on one test set; cells ascend by real, then synthetic rows. */
export interface PilotGrid {
  readonly arm: Arm;
  readonly cells: readonly GridCell[];
  /** Cells without real rows, by synthetic rows: outside of what a surface says. */
  readonly syntheticOnly: readonly GridCell[];
  /** Ascending. */
  readonly seeds: readonly number[];
  /** Real sizes that were measured without synthetic rows, ascending. */
  readonly realAlone: readonly number[];
  /** Synthetic rows for one real row, above 0, ascending; those within a tenth of each other count as one, those at a single real size not at all
   * where two or more others are left. */
  readonly multiples: readonly number[];
}

/** Cells with a value of one arm; real rows alone are of both arms. A mix that was measured twice with one seed counts by its mean. */
export function pilotGrid(
  cells: readonly PilotCell[],
  of: { readonly metric: PilotMetric; readonly arm: Arm },
): PilotGrid {
  const byRows = new Map<string, { readonly rows: Rows; readonly bySeed: Map<number, number[]> }>();
  for (const { real, synthetic, seed, arm, value } of cells) {
    if (value === null || (real === 0 && synthetic === 0)) continue;
    if (real > 0 && synthetic > 0 && arm !== of.arm) continue;
    const key = `${real} ${synthetic}`;
    const entry = byRows.get(key) ?? { rows: { real, synthetic }, bySeed: new Map<number, number[]>() };
    byRows.set(key, entry);
    entry.bySeed.set(seed, [...(entry.bySeed.get(seed) ?? []), lossOf(of.metric, value)]);
  }
  const all = [...byRows.values()]
    .map(({ rows, bySeed }): GridCell => {
      const seeds = [...bySeed.keys()].sort((a, b) => a - b);
      const losses = Float64Array.from(seeds, (seed) => meanOf(bySeed.get(seed) as number[]));
      return { ...rows, seeds, losses, mean: meanOf(losses) };
    })
    .sort((a, b) => a.real - b.real || a.synthetic - b.synthetic);
  const surface = all.filter(({ real }) => real > 0);
  return {
    arm: of.arm,
    cells: surface,
    syntheticOnly: all.filter(({ real }) => real === 0),
    seeds: [...new Set(surface.flatMap(({ seeds }) => seeds))].sort((a, b) => a - b),
    realAlone: surface.filter(({ synthetic }) => synthetic === 0).map(({ real }) => real),
    multiples: multiplesOf(surface.filter(({ synthetic }) => synthetic > 0)),
  };
}

/** A cell as it is shown, with a Student interval over its seeds. */
export function measuredCell(
  cell: GridCell,
  of: { readonly arm: Arm; readonly metric: PilotMetric; readonly level: number },
): MeasuredCell {
  const { real, synthetic, losses } = cell;
  const value = studentInterval(
    Array.from(losses, (loss) => metricOf(of.metric, loss)),
    of.level,
  );
  return { real, synthetic, arm: of.arm, seeds: losses.length, value };
}

/** Mean with Student's interval; infinitely wide for one value. */
export function studentInterval(values: ArrayLike<number>, level: number): Ranged {
  const count = values.length;
  const mean = meanOf(values);
  if (count < 2) return { value: mean, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  let squares = 0;
  for (let i = 0; i < count; i++) squares += ((values[i] as number) - mean) ** 2;
  const half = studentQuantile((1 + level) / 2, count - 1) * Math.sqrt(squares / (count - 1) / count);
  return { value: mean, low: mean - half, high: mean + half };
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

function multiplesOf(cells: readonly GridCell[]): number[] {
  const found: { readonly multiple: number; readonly sizes: Set<number> }[] = [];
  for (const { real, synthetic } of [...cells].sort((a, b) => a.synthetic / a.real - b.synthetic / b.real)) {
    const last = found.at(-1);
    if (last && synthetic / real <= 1.1 * last.multiple) last.sizes.add(real);
    else found.push({ multiple: synthetic / real, sizes: new Set([real]) });
  }
  const repeated = found.filter(({ sizes }) => sizes.size > 1);
  return (repeated.length > 1 ? repeated : found).map(({ multiple }) => multiple);
}
