import { betaCdf } from "../../math/distributions.ts";
import type { ScalingPoints } from "./points.ts";

/** Whether the loss falls with the size at all. */
export interface Falling {
  readonly direction: "falls" | "rises" | "flat";
  /** d log loss / d log size of a straight line. */
  readonly slope: number;
  /** One-sided: the chance of a slope as low without any fall. */
  readonly p: number;
}

const ALPHA = 0.05;

/** A straight line through log loss against log size, and whether it goes down, or up, by more than the points scatter: Student's t, one-sided, at .05.
 * A law is not asked of points that pass for flat. */
export function fallingOf(points: Pick<ScalingPoints, "sizes" | "losses">): Falling {
  const x = points.sizes.map(Math.log);
  const y = points.losses.map(Math.log);
  const n = x.length;
  const [mx, my] = [meanOf(x), meanOf(y)];
  let [xx, xy, yy] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [dx, dy] = [(x[i] as number) - mx, (y[i] as number) - my];
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  const slope = xy / xx;
  const rest = Math.max(0, yy - slope * xy);
  const freedom = n - 2;
  const t = rest > 0 ? slope / Math.sqrt(rest / freedom / xx) : Math.sign(slope) * Number.POSITIVE_INFINITY;
  const tail = Number.isFinite(t) ? betaCdf(freedom / (freedom + t * t), freedom / 2, 0.5) / 2 : 0;
  const p = Number.isNaN(t) ? 1 : t < 0 ? tail : 1 - tail;
  return { direction: p <= ALPHA ? "falls" : slope > 0 && p >= 1 - ALPHA ? "rises" : "flat", slope, p };
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
