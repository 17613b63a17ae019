/** A share, and how uncertain it is, on the arcsine scale: u = 2 asin √p, on which the variance hardly depends on p, so that a share of no row at
 * all has an honest interval too.
 * @source Bartlett (1936); Freeman & Tukey (1950), Annals of Mathematical Statistics 21(4) */
export interface StableShare {
  readonly angle: number;
  /** Of the angle: 1 / rows, more where rows come in clusters. */
  readonly variance: number;
}

/** A share of `count` of `rows`, with ½ added on both sides.
 * @param designEffect variance over that of as many independent rows */
export function stableShare(count: number, rows: number, designEffect = 1): StableShare {
  return {
    angle: 2 * Math.asin(Math.sqrt((count + 0.5) / (rows + 1))),
    variance: designEffect / (rows + 1),
  };
}

/** p of an angle, kept off 0 and 1. */
export function shareOf(angle: number): number {
  return Math.sin(Math.max(LEAST_ANGLE, Math.min(Math.PI - LEAST_ANGLE, angle)) / 2) ** 2;
}

/** log(p / (1 − p)) of an angle. */
export function logOdds(angle: number): number {
  const p = shareOf(angle);
  return Math.log(p / (1 - p));
}

/** d log-odds / d angle. */
export function logOddsSlope(angle: number): number {
  return 2 / Math.sin(Math.max(LEAST_ANGLE, Math.min(Math.PI - LEAST_ANGLE, angle)));
}

/** Bounds of a function of independent shares: its values `width` standard deviations away, along its gradient, where all shares together are
 * least favourable.
 * @returns [low, high]; both the value itself where the gradient is zero */
export function boundsAlongGradient(
  of: (angles: readonly number[]) => number,
  shares: readonly StableShare[],
  gradient: readonly number[],
  width: number,
): readonly [number, number] {
  const spread = Math.sqrt(gradientVariance(shares, gradient));
  const at = (sign: number): number =>
    of(
      shares.map(({ angle, variance }, i) =>
        spread > 0 ? angle + (sign * width * (gradient[i] as number) * variance) / spread : angle,
      ),
    );
  return [at(-1), at(1)];
}

/** Variance of the function to first order. */
export function gradientVariance(shares: readonly StableShare[], gradient: readonly number[]): number {
  return shares.reduce((sum, { variance }, i) => sum + (gradient[i] as number) ** 2 * variance, 0);
}

const LEAST_ANGLE = 1e-4;
