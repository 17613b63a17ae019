import { bivariateNormalCdf, bivariateNormalDensity } from "./bivariate-normal.ts";
import { standardNormalQuantile } from "./standard-normal.ts";

const MOST = 0.995;

/** The correlation of two standard normal variables that were cut into the ordered classes of a table: maximum likelihood, with the cuts
 * taken from the margins.
 * @param counts rows × columns, row-major; no negative entry
 * @param options.prior adds prior · log(1 − ρ²) to the log-likelihood: few rows, or cells that are empty by chance, then do not tell of a
 * correlation near one; default 0
 * @returns −.995 … .995; 0 when a margin has fewer than two classes
 * @source Olsson (1979), Psychometrika 44 (the two-step estimator, by Fisher scoring) */
export function polychoric(
  counts: Float64Array,
  { rows, columns, prior = 0 }: { readonly rows: number; readonly columns: number; readonly prior?: number },
): number {
  const left = new Float64Array(rows);
  const top = new Float64Array(columns);
  let total = 0;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const n = counts[i * columns + j] as number;
      left[i] = (left[i] as number) + n;
      top[j] = (top[j] as number) + n;
      total += n;
    }
  if (occurring(left) < 2 || occurring(top) < 2) return 0;
  const a = cutsOf(left, total);
  const b = cutsOf(top, total);
  const wide = columns + 1;
  const cdf = new Float64Array((rows + 1) * wide);
  const density = new Float64Array(cdf.length);
  /** Log-likelihood, its slope, and the information, at a correlation. */
  const at = (rho: number): { log: number; slope: number; information: number } => {
    for (let i = 1; i <= rows; i++)
      for (let j = 1; j <= columns; j++) {
        cdf[i * wide + j] = bivariateNormalCdf(a[i] as number, b[j] as number, rho);
        density[i * wide + j] = bivariateNormalDensity(a[i] as number, b[j] as number, rho);
      }
    const rest = 1 - rho * rho;
    let log = prior * Math.log(rest);
    let slope = (-2 * prior * rho) / rest;
    let information = (2 * prior * (1 + rho * rho)) / (rest * rest);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        const corner = i * wide + j;
        const p = Math.max(cornerDifference(cdf, corner, wide), 1e-12);
        const dp = cornerDifference(density, corner, wide);
        const n = counts[i * columns + j] as number;
        if (n > 0) log += n * Math.log(p);
        slope += (n * dp) / p;
        information += (total * dp * dp) / p;
      }
    return { log, slope, information };
  };
  let rho = 0;
  let here = at(rho);
  for (let iteration = 0; iteration < 25 && here.information > 0; iteration++) {
    let step = here.slope / here.information;
    // From 0 the first step may go too far; never past the middle of what is left.
    step = step > 0 ? Math.min(step, (MOST - rho) / 2) : Math.max(step, (-MOST - rho) / 2);
    let next = at(rho + step);
    for (let halving = 0; halving < 10 && next.log < here.log; halving++) {
      step /= 2;
      next = at(rho + step);
    }
    if (!(next.log >= here.log)) break;
    rho += step;
    here = next;
    if (Math.abs(step) < 1e-5) break;
  }
  return rho;
}

function cornerDifference(values: Float64Array, corner: number, wide: number): number {
  return (
    (values[corner + wide + 1] as number) -
    (values[corner + wide] as number) -
    (values[corner + 1] as number) +
    (values[corner] as number)
  );
}

function occurring(margin: Float64Array): number {
  return margin.reduce((count, n) => count + (n > 0 ? 1 : 0), 0);
}

/** −∞, the cuts between classes, ∞. */
function cutsOf(margin: Float64Array, total: number): Float64Array {
  const out = new Float64Array(margin.length + 1).fill(Number.POSITIVE_INFINITY);
  out[0] = Number.NEGATIVE_INFINITY;
  let below = 0;
  for (let i = 0; i + 1 < margin.length; i++) {
    below += margin[i] as number;
    out[i + 1] = standardNormalQuantile(below / total);
  }
  return out;
}
