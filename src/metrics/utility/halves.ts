import { studentQuantile } from "../../math/student-t.ts";
import type { Random } from "../../random.ts";
import type { Interval } from "../metric.ts";
import { type TaskTables, usable } from "./prediction-tables.ts";

/** Models to train for a comparison of what synthetic and what real rows teach: of each repeat, a random half of the synthetic rows, and two
 * disjoint halves of the real ones, all of about the same number. */
export interface Halves {
  readonly real: Uint32Array;
  readonly fresh: Uint32Array;
  readonly synthetic: Uint32Array;
}

/** @param tables drawn with at most twice as many rows as a model may cost */
export function drawHalves(
  tables: TaskTables,
  options: { readonly repeats: number; readonly random: Random },
): Halves[] {
  const real = tables.real.target.length;
  const synthetic = tables.synthetic.target.length;
  const size = Math.min(real, synthetic) >> 1;
  return Array.from({ length: options.repeats }, (_, repeat) => {
    const own = options.random.split(repeat);
    const order = own.split("real").shuffle(Uint32Array.from({ length: real }, (_, i) => i));
    return {
      real: usable(tables.real.target, order.slice(0, size).sort()),
      fresh: usable(tables.real.target, order.slice(size, 2 * size).sort()),
      synthetic: usable(tables.synthetic.target, own.split("synthetic").sample(synthetic, size)),
    };
  });
}

/** Mean over the repeats. The spread of an estimate over random halves of the rows is that of the estimate on all rows over fresh draws.
 * @source Shao & Wu (1989), Annals of Statistics 17(3): delete-d jackknife, d = n / 2 */
export function halvesInterval(
  values: readonly number[],
  options: { readonly level: number; readonly range: readonly [number, number] },
): Interval {
  const n = values.length;
  const mean = values.reduce((sum, x) => sum + x / n, 0);
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1);
  const half = studentQuantile((1 + options.level) / 2, n - 1) * Math.sqrt(variance);
  const [least, most] = options.range;
  const value = Math.max(least, Math.min(most, mean));
  return {
    value,
    low: Math.max(least, Math.min(value, mean - half)),
    high: Math.min(most, Math.max(value, mean + half)),
  };
}
