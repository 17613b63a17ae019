import { cholesky, invertCholesky } from "../../math/cholesky.ts";
import { normalMass, truncatedNormalQuantile } from "../../math/truncated-normal.ts";
import type { LatentEvidence, Pieces } from "./latent-evidence.ts";
import type { Latent } from "./latents.ts";
import type { GaussianCopulaModel } from "./model.ts";

/** Latent variables in the order points, bounded ones, free ones, and the factor of their correlations in that order. */
export interface ConditionPlan {
  readonly points: number;
  readonly bounded: number;
  /** Latents, in order; free ones only for drawing. */
  readonly order: Int32Array;
  /** Lower triangle, row-major, of the size of `order`. */
  readonly factor: Float64Array;
  /** Inverse of the covariance of the bounded ones given the points (for drawing, when they are several). */
  readonly precision: Float64Array;
}

/** Plans for one pattern of evidence: which latents are at points, which are bounded. */
export function planCondition(
  model: GaussianCopulaModel,
  kind: Uint8Array,
  { drawing }: { readonly drawing: boolean },
): ConditionPlan {
  const m = model.latents.length;
  const places = Array.from({ length: m }, (_, k) => k);
  const points = places.filter((k) => kind[k] === 1);
  const bounded = places.filter((k) => kind[k] === 2);
  const order = [...points, ...bounded, ...(drawing ? places.filter((k) => kind[k] === 0) : [])];
  const size = order.length;
  const none = new Float64Array(0);
  if (points.length + bounded.length === 0)
    return { points: 0, bounded: 0, order: Int32Array.from(order), factor: model.factor, precision: none };
  const permuted = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++)
      permuted[i * size + j] = model.correlation[(order[i] as number) * m + (order[j] as number)] as number;
  // The whole matrix has a factor, so has every part of it.
  const found = cholesky(permuted, size, { tolerance: 1e-12 }) as { readonly factor: Float64Array };
  const p = points.length;
  const b = bounded.length;
  let precision: Float64Array = none;
  if (drawing && b > 1) {
    const inner = new Float64Array(b * b);
    for (let i = 0; i < b; i++)
      for (let j = 0; j <= i; j++) inner[i * b + j] = found.factor[(p + i) * size + p + j] as number;
    precision = invertCholesky(inner, b);
  }
  return { points: p, bounded: b, order: Int32Array.from(order), factor: found.factor, precision };
}

/** Points of integration: for each of many rows, and for one question. */
const ROW_POINTS = 64;
const QUESTION_POINTS = 4096;
const PARTICLES = 32;
const SWEEPS = 10;
const MOST_TRIES = 200;
/** Stands for a mass that underflows. */
const LEAST_MASS = 1e-300;

export interface Deviates {
  uniform(): number;
  normal(): number;
}

export interface Conditioner {
  /** Log probability of the evidence: exact for at most one bounded latent, otherwise by quasi-random integration, with fewer points where
   * there are many rows to ask. */
  logEvidence(plan: ConditionPlan, evidence: LatentEvidence, forMany: boolean): number;
  /** Draws the latents, in the model's order, given the evidence; overwritten by the next call. */
  draw(plan: ConditionPlan, evidence: LatentEvidence, random: Deviates): Float64Array;
  /** The same by rejection, exactly: undefined when {@link MOST_TRIES} tries were not enough. */
  tryDraw(plan: ConditionPlan, evidence: LatentEvidence, random: Deviates): Float64Array | undefined;
}

/** Conditions latent variables on points and pieces.
 *
 * The bounded ones are taken one after the other, each drawn within its pieces given those before it, with the product of the masses of the
 * pieces as weight (the GHK simulator). The mean weight over fixed quasi-random points is the probability of the evidence. A draw that is
 * accepted with its weight over the highest that it can have is exact. Where every row must be drawn, one of some random particles is
 * picked by its weight, and Gibbs sweeps over the bounded latents take off what bias so few particles leave; with at most one bounded
 * latent that is exact too.
 * @source Geweke (1991); Hajivassiliou, McFadden & Ruud (1996), Journal of Econometrics 72; Genz (1992), J. Comput. Graph. Stat. 1 */
export function conditioner(model: GaussianCopulaModel): Conditioner {
  const m = model.latents.length;
  const noise = new Float64Array(m);
  const z = new Float64Array(m);
  const out = new Float64Array(m);
  const particles = new Float64Array(PARTICLES * m);
  const weights = new Float64Array(Math.max(PARTICLES, QUESTION_POINTS));
  const chances = new Float64Array(512);
  const position = new Int32Array(m);
  let firstLog = 0;
  const alphas = Float64Array.from({ length: m }, (_, i) => Math.sqrt(prime(i)) % 1);
  // Where the cell is there, in a latent of missing cells.
  const thereFrom = model.latents.map(({ kind, cuts }) =>
    kind === "missing" ? (cuts[cuts.length - 2] as number) : Number.NEGATIVE_INFINITY,
  );

  /** Noise of the latents at points; returns the log probability of their intervals. */
  const settlePoints = ({ points, order, factor }: ConditionPlan, { place }: LatentEvidence): number => {
    const size = order.length;
    let log = 0;
    for (let i = 0; i < points; i++) {
      const { cuts, centres } = model.latents[order[i] as number] as Latent;
      const at = place[order[i] as number] as number;
      let mean = 0;
      for (let k = 0; k < i; k++) mean += (factor[i * size + k] as number) * (noise[k] as number);
      const sd = factor[i * size + i] as number;
      noise[i] = ((centres[at] as number) - mean) / sd;
      log += logMass(((cuts[at] as number) - mean) / sd, ((cuts[at + 1] as number) - mean) / sd);
      z[i] = centres[at] as number;
    }
    return log;
  };
  /** Whether the pieces count, given the latents so far. */
  const counts = ({ guard }: Pieces): boolean =>
    guard < 0 || (z[position[guard] as number] as number) > (thereFrom[guard] as number);
  /** Draws the bounded latents in turn; u(i) is uniform. Returns the log of the weight. */
  const walk = (
    { points, bounded, order, factor }: ConditionPlan,
    { pieces }: LatentEvidence,
    u: (i: number) => number,
  ): number => {
    const size = order.length;
    let log = 0;
    for (let i = points; i < points + bounded; i++) {
      let mean = 0;
      for (let k = 0; k < i; k++) mean += (factor[i * size + k] as number) * (noise[k] as number);
      const sd = factor[i * size + i] as number;
      const of = pieces[order[i] as number] as Pieces;
      if (counts(of)) {
        log += Math.log(Math.max(within(of, { mean, sd, u: u(i - points), chances }), LEAST_MASS));
        if (i === points) firstLog = log;
      } else anywhere(mean, { sd, u: u(i - points) });
      noise[i] = (drawn - mean) / sd;
      z[i] = drawn;
    }
    return log;
  };
  /** The most that the weight can be, but for the first bounded latent, whose mass is the same in every walk. */
  const mostWeight = ({ points, bounded, order }: ConditionPlan, { pieces }: LatentEvidence): number => {
    let log = 0;
    for (let i = points + 1; i < points + bounded; i++)
      log += Math.log(Math.max(...(pieces[order[i] as number] as Pieces).weight));
    return log;
  };
  /** Free latents given the others, then all in the model's order. */
  const finish = ({ points, bounded, order, factor }: ConditionPlan, random: Deviates): Float64Array => {
    const size = order.length;
    for (let i = points + bounded; i < size; i++) {
      noise[i] = random.normal();
      let sum = 0;
      const row = i * size;
      for (let k = 0; k <= i; k++) sum += (factor[row + k] as number) * (noise[k] as number);
      z[i] = sum;
    }
    for (let i = 0; i < size; i++) out[order[i] as number] = z[i] as number;
    return out;
  };
  const setPositions = ({ order, points, bounded }: ConditionPlan): void => {
    for (let i = 0; i < points + bounded; i++) position[order[i] as number] = i;
  };

  return {
    logEvidence(plan, evidence, forMany) {
      setPositions(plan);
      const log = evidence.logConstant + settlePoints(plan, evidence);
      if (plan.bounded === 0 || log === Number.NEGATIVE_INFINITY) return log;
      const count = plan.bounded === 1 ? 1 : forMany ? ROW_POINTS : QUESTION_POINTS;
      for (let p = 0; p < count; p++)
        weights[p] = walk(plan, evidence, (i) => {
          const x = ((p + 0.5) * (alphas[i] as number)) % 1;
          return Math.abs(2 * x - 1);
        });
      return log + exponentials(weights, count) - Math.log(count);
    },
    draw(plan, evidence, random) {
      const { points, bounded, order, factor } = plan;
      const size = order.length;
      setPositions(plan);
      settlePoints(plan, evidence);
      const uniform = (): number => random.uniform();
      if (bounded === 1) walk(plan, evidence, uniform);
      else if (bounded > 1) {
        for (let p = 0; p < PARTICLES; p++) {
          weights[p] = walk(plan, evidence, uniform);
          particles.set(z.subarray(points, points + bounded), p * bounded);
        }
        exponentials(weights, PARTICLES);
        let left = random.uniform() * weights.reduce((sum, weight, p) => (p < PARTICLES ? sum + weight : sum), 0);
        let chosen = 0;
        for (let p = 0; p < PARTICLES; p++) {
          if (!((weights[p] as number) > 0)) continue;
          chosen = p;
          left -= weights[p] as number;
          if (left < 0) break;
        }
        z.set(particles.subarray(chosen * bounded, (chosen + 1) * bounded), points);
        sweep(plan, evidence, uniform);
        for (let i = points; i < points + bounded; i++) {
          let mean = 0;
          for (let k = 0; k < i; k++) mean += (factor[i * size + k] as number) * (noise[k] as number);
          noise[i] = ((z[i] as number) - mean) / (factor[i * size + i] as number);
        }
      }
      return finish(plan, random);
    },
    tryDraw(plan, evidence, random) {
      setPositions(plan);
      settlePoints(plan, evidence);
      const most = mostWeight(plan, evidence);
      const uniform = (): number => random.uniform();
      for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
        const weight = walk(plan, evidence, uniform) - firstLog;
        if (plan.bounded <= 1 || Math.log(random.uniform()) < weight - most) return finish(plan, random);
      }
      return undefined;
    },
  };

  /** Gibbs sweeps over the bounded latents, z in and out. */
  function sweep(plan: ConditionPlan, { pieces }: LatentEvidence, uniform: () => number): void {
    const { points, bounded, order, factor, precision } = plan;
    const size = order.length;
    const means = new Float64Array(bounded);
    for (let i = 0; i < bounded; i++)
      for (let k = 0; k < points; k++)
        means[i] = (means[i] as number) + (factor[(points + i) * size + k] as number) * (noise[k] as number);
    const guarded = new Int32Array(bounded).fill(-1);
    for (let i = 0; i < bounded; i++) {
      const { guard } = pieces[order[points + i] as number] as Pieces;
      if (guard >= 0) guarded[(position[guard] as number) - points] = i;
    }
    for (let round = 0; round < SWEEPS; round++)
      for (let i = 0; i < bounded; i++) {
        const own = precision[i * bounded + i] as number;
        let pull = 0;
        for (let k = 0; k < bounded; k++)
          if (k !== i)
            pull += (precision[i * bounded + k] as number) * ((z[points + k] as number) - (means[k] as number));
        const mean = (means[i] as number) - pull / own;
        const sd = 1 / Math.sqrt(own);
        const latent = order[points + i] as number;
        const of = pieces[latent] as Pieces;
        const value = guarded[i] as number;
        const there =
          value < 0
            ? undefined
            : {
                from: thereFrom[latent] as number,
                weight: weightAt(pieces[order[points + value] as number] as Pieces, z[points + value] as number),
              };
        if (counts(of)) within(of, { mean, sd, u: uniform(), chances, there });
        else anywhere(mean, { sd, u: uniform() });
        z[points + i] = drawn;
      }
  }
}

/** What was drawn last; kept apart so that `within` can return the total. */
let drawn = 0;

function anywhere(mean: number, { sd, u }: { readonly sd: number; readonly u: number }): void {
  drawn = mean + sd * truncatedNormalQuantile(u, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
}

/** Draws a normal variable within pieces, each taken with its mass times its weight; sets `drawn`, returns the total. */
function within(
  pieces: Pieces,
  input: {
    readonly mean: number;
    readonly sd: number;
    readonly u: number;
    readonly chances: Float64Array;
    /** Pieces from here on have their weight times this. */
    readonly there?: { readonly from: number; readonly weight: number } | undefined;
  },
): number {
  const { mean, sd, u, chances, there } = input;
  const { low, high, weight } = pieces;
  let total = 0;
  for (let t = 0; t < low.length; t++) {
    const mass =
      normalMass(((low[t] as number) - mean) / sd, ((high[t] as number) - mean) / sd) * (weight[t] as number);
    chances[t] = there && (low[t] as number) >= there.from ? mass * there.weight : mass;
    total += chances[t] as number;
  }
  let left = u * total;
  let at = 0;
  for (let t = 0; t < low.length; t++) {
    if (!((chances[t] as number) > 0)) continue;
    at = t;
    if (left < (chances[t] as number)) break;
    left -= chances[t] as number;
  }
  const chance = chances[at] as number;
  const share = chance > 0 ? Math.min(left / chance, 1 - 2 ** -53) : u;
  const from = low[at] as number;
  const to = high[at] as number;
  const z = mean + sd * truncatedNormalQuantile(share, (from - mean) / sd, (to - mean) / sd);
  // Rounding must not carry it over a bound: intervals are open below.
  drawn = Math.min(to, Number.isFinite(from) ? Math.max(z, from + 1e-12 * Math.max(1, Math.abs(from))) : z);
  return total;
}

/** Puts exp(log − the largest) in the place of some logs; returns the log of the sum of their exponentials. */
function exponentials(logs: Float64Array, count: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let p = 0; p < count; p++) most = Math.max(most, logs[p] as number);
  let sum = 0;
  for (let p = 0; p < count; p++) {
    logs[p] = Math.exp((logs[p] as number) - most);
    sum += logs[p] as number;
  }
  return most + Math.log(sum);
}

function weightAt({ low, high, weight }: Pieces, z: number): number {
  for (let t = 0; t < low.length; t++)
    if (z > (low[t] as number) && z <= (high[t] as number)) return weight[t] as number;
  return 0;
}

/** log P(low < X ≤ high), also where the probability underflows. */
function logMass(low: number, high: number): number {
  const mass = normalMass(low, high);
  if (mass > 1e-290) return Math.log(mass);
  // The density at the nearer bound times the width of the tail there.
  const near = low > 0 ? low : -high;
  const width = Math.min(high - low, 1 / Math.max(near, 1));
  return -0.5 * near * near - 0.9189385332046727 + Math.log(Math.max(width, 1e-300));
}

function prime(index: number): number {
  let found = -1;
  for (let n = 2; ; n++) {
    let divides = false;
    for (let k = 2; k * k <= n && !divides; k++) divides = n % k === 0;
    if (!divides && ++found === index) return n;
  }
}
