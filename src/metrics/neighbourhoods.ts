import { type Estimate, GROUPS, newEstimate } from "./jackknife.ts";
import { type Points, squaredDistance } from "./points.ts";

/** Each point's ball that just holds its k nearest of the same table, and the same without each jackknife group. Rows of GROUPS + 1 numbers a
 * point: with all rows, without group 0, …. */
export interface Balls {
  readonly k: number;
  /** Squared radius. */
  readonly radii: Float64Array;
  /** Other points of the table in it: k, or more where several are equally far. */
  readonly held: Float64Array;
  /** The largest of a point's squared radii. */
  readonly largest: Float64Array;
}

const WIDTH = GROUPS + 1;

/** @param points more than k + 1 rows */
export function ballsOf(points: Points, k: number): Balls {
  const { rows, groups } = points;
  const most = Math.min(rows - 1, 2 * k + 2);
  const radii = new Float64Array(rows * WIDTH);
  const held = new Float64Array(rows * WIDTH);
  const largest = new Float64Array(rows);
  const near = new Float64Array(most);
  const nearGroups = new Uint8Array(most);
  for (let i = 0; i < rows; i++) {
    let count = 0;
    for (let j = 0; j < rows; j++) {
      if (i === j) continue;
      const bound = count < most ? Number.POSITIVE_INFINITY : (near[most - 1] as number);
      const distance = squaredDistance(points, i, points, j, bound);
      if (distance >= bound) continue;
      let at = count < most ? count++ : most - 1;
      for (; at > 0 && (near[at - 1] as number) > distance; at--) {
        near[at] = near[at - 1] as number;
        nearGroups[at] = nearGroups[at - 1] as number;
      }
      near[at] = distance;
      nearGroups[at] = groups[j] as number;
    }
    for (let r = 0; r < WIDTH; r++) {
      let left = k;
      let at = 0;
      // Where so many of the nearest are of one group that the list ends, its end stands for the k-th.
      for (; at < count - 1; at++) if (nearGroups[at] !== r - 1 && --left === 0) break;
      const radius = near[at] as number;
      radii[i * WIDTH + r] = radius;
      if (radius > (largest[i] as number)) largest[i] = radius;
    }
    const own = held.subarray(i * WIDTH, (i + 1) * WIDTH);
    const ownRadii = radii.subarray(i * WIDTH, (i + 1) * WIDTH);
    const bound = largest[i] as number;
    // The list tells who is in the ball unless its very end is: then others may be as far.
    if ((near[count - 1] as number) > bound) {
      for (let at = 0; at < count; at++) countHeld(near[at] as number, nearGroups[at] as number, ownRadii, own);
      continue;
    }
    for (let j = 0; j < rows; j++) {
      if (i === j) continue;
      const distance = squaredDistance(points, i, points, j, bound);
      if (distance <= bound) countHeld(distance, groups[j] as number, ownRadii, own);
    }
  }
  return { k, radii, held, largest };
}

function countHeld(distance: number, group: number, radii: Float64Array, into: Float64Array): void {
  for (let r = 0; r < WIDTH; r++)
    if (r - 1 !== group && distance <= (radii[r] as number)) into[r] = (into[r] as number) + 1;
}

/** @returns density: the mean, over the others, of the balls that hold it, each by one over the points it holds; coverage: the share of the balls that
 * hold one of the others
 * @source Naeem, Oh, Uh, Choi & Yoo (2020), Reliable Fidelity and Diversity Metrics for Generative Models, ICML, eq. 3 and 4. There every ball counts 1 / k;
 * where rows tie, a ball holds more than k, and here it counts as one over those; and its edge is in it. */
export function densityAndCoverage(
  points: Points,
  balls: Balls,
  others: Points,
): { readonly density: Estimate; readonly coverage: Estimate } {
  const sums = new Float64Array(WIDTH);
  const covered = new Float64Array(WIDTH);
  const hit = new Uint8Array(WIDTH);
  for (let i = 0; i < points.rows; i++) {
    const base = i * WIDTH;
    const own = (points.groups[i] as number) + 1;
    const bound = balls.largest[i] as number;
    hit.fill(0);
    for (let j = 0; j < others.rows; j++) {
      const distance = squaredDistance(points, i, others, j, bound);
      if (distance > bound) continue;
      const skip = (others.groups[j] as number) + 1;
      for (let r = 0; r < WIDTH; r++) {
        if (r === own || r === skip || distance > (balls.radii[base + r] as number)) continue;
        hit[r] = 1;
        sums[r] = (sums[r] as number) + 1 / Math.max(1, balls.held[base + r] as number);
      }
    }
    for (let r = 0; r < WIDTH; r++) covered[r] = (covered[r] as number) + (hit[r] as number);
  }
  const [left, othersLeft] = [rowsWithout(points), rowsWithout(others)];
  return {
    density: newEstimate().map((_, r) => (sums[r] as number) / (othersLeft[r] as number)),
    coverage: newEstimate().map((_, r) => (covered[r] as number) / (left[r] as number)),
  };
}

/** Nearest of a table for each point: the nearest of all, and the nearest that is of another jackknife group than that. */
export interface NearestTwo {
  /** Squared distances, two a point. */
  readonly distances: Float64Array;
  /** Rows of the table, two a point. */
  readonly rows: Uint32Array;
}

/** @param others the table that is searched; where it is `points` itself, a point is not its own neighbour */
export function nearestTwo(points: Points, others: Points): NearestTwo {
  const distances = new Float64Array(2 * points.rows).fill(Number.POSITIVE_INFINITY);
  const rows = new Uint32Array(2 * points.rows);
  for (let i = 0; i < points.rows; i++) {
    let [first, second] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    let [firstRow, secondRow] = [0, 0];
    for (let j = 0; j < others.rows; j++) {
      if (i === j && points === others) continue;
      const distance = squaredDistance(points, i, others, j, second);
      if (distance < first) {
        if (others.groups[j] !== others.groups[firstRow] || first === Number.POSITIVE_INFINITY) {
          second = first;
          secondRow = firstRow;
        }
        first = distance;
        firstRow = j;
      } else if (distance < second && others.groups[j] !== others.groups[firstRow]) {
        second = distance;
        secondRow = j;
      }
    }
    distances[2 * i] = first;
    distances[2 * i + 1] = second;
    rows[2 * i] = firstRow;
    rows[2 * i + 1] = secondRow;
  }
  return { distances, rows };
}

/** Rows of a table: all, and without each group. */
export function rowsWithout({ rows, groups }: Points): Float64Array {
  const left = new Float64Array(WIDTH).fill(rows);
  for (const group of groups) left[group + 1] = (left[group + 1] as number) - 1;
  return left;
}
