/** Distances of two distributions over the same bins, and of two samples of numbers. */

/** √(1 − Σ √(p q)): 0 the same, 1 nothing in common. Scaled counts may be given in place of shares.
 * @param p,q counts over the same bins, each with a sum above 0
 * @source Hellinger (1909); Pardo, Statistical Inference Based on Divergence Measures (2006), §1.2 */
export function hellinger(p: ArrayLike<number>, q: ArrayLike<number>): number {
  const [n, m] = [sum(p), sum(q)];
  // As ½ Σ (√p − √q)², which is exactly 0 for equal shares where 1 − Σ √(p q) is only nearly so.
  let total = 0;
  for (let i = 0; i < p.length; i++) total += (Math.sqrt((p[i] as number) / n) - Math.sqrt((q[i] as number) / m)) ** 2;
  return Math.min(1, Math.sqrt(total / 2));
}

/** Root of the Jensen-Shannon divergence in bits: 0 the same, 1 nothing in common.
 * @source Lin (1991), IEEE Transactions on Information Theory 37; the root is a metric: Endres & Schindelin (2003) */
export function jensenShannon(p: ArrayLike<number>, q: ArrayLike<number>): number {
  const [n, m] = [sum(p), sum(q)];
  let total = 0;
  for (let i = 0; i < p.length; i++) {
    const [a, b] = [(p[i] as number) / n, (q[i] as number) / m];
    const middle = (a + b) / 2;
    if (a > 0) total += a * Math.log2(a / middle);
    if (b > 0) total += b * Math.log2(b / middle);
  }
  return Math.sqrt(Math.min(1, Math.max(0, total / 2)));
}

/** ½ Σ |p − q|. */
export function totalVariation(p: ArrayLike<number>, q: ArrayLike<number>): number {
  const [n, m] = [sum(p), sum(q)];
  let total = 0;
  for (let i = 0; i < p.length; i++) total += Math.abs((p[i] as number) / n - (q[i] as number) / m);
  return total / 2;
}

/** Largest gap, and area, between two distribution functions.
 * @param x,y ascending, finite, neither empty
 * @returns ks: Kolmogorov-Smirnov statistic; wasserstein: the first Wasserstein distance, in the numbers' own unit */
export function sampleDistances(
  x: Float64Array,
  y: Float64Array,
): { readonly ks: number; readonly wasserstein: number } {
  let [i, j] = [0, 0];
  let [ks, wasserstein] = [0, 0];
  let last = Math.min(x[0] as number, y[0] as number);
  while (i < x.length || j < y.length) {
    const point = Math.min(
      i < x.length ? (x[i] as number) : Number.POSITIVE_INFINITY,
      j < y.length ? (y[j] as number) : Number.POSITIVE_INFINITY,
    );
    const gap = Math.abs(i / x.length - j / y.length);
    ks = Math.max(ks, gap);
    wasserstein += gap * (point - last);
    while (i < x.length && x[i] === point) i++;
    while (j < y.length && y[j] === point) j++;
    last = point;
  }
  return { ks, wasserstein };
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] as number;
  return total;
}
