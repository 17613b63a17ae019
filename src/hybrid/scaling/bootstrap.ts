import { cholesky, solveCholesky } from "../../math/cholesky.ts";
import type { Random } from "../../random.ts";
import { lawFitter, lawProblem, parametersIn } from "./fit-law.ts";
import type { FittedLaw } from "./fitted.ts";
import { type Law, lossAt } from "./law.ts";
import { rungsOf } from "./points.ts";

/** How points were drawn anew: seeds within each size, or residuals with turned signs where a size has one measurement. */
export type Resampling = "seeds" | "residuals" | "both";

/** Laws fitted to points drawn anew.
 *
 * Where a size has two or more measurements, as many are drawn from them, spread by √(s / (s − 1)) about their mean, which s draws would
 * otherwise understate; where it has one, the residual is put back with a random sign, divided by 1 − leverage.
 * @param options.samples how many laws
 * @source Efron (1979), Annals of Statistics 7; Davidson & Flachaire (2008), Journal of Econometrics 146, for the signs and HC3 */
export function bootstrapLaws(
  fit: FittedLaw,
  options: { readonly samples: number; readonly random: Random },
): { readonly laws: readonly Law[]; readonly resampling: Resampling } {
  const { random } = options;
  const { kind } = fit.law;
  const rungs = rungsOf(fit);
  const repeated = rungs.filter(({ at }) => at.length > 1);
  const single = rungs.filter(({ at }) => at.length === 1).flatMap(({ at }) => at);
  const leverage = leverageOf(fit);
  const fitter = lawFitter(fit.sizes);
  const logLosses = fit.losses.map(Math.log);
  const laws: Law[] = [];
  for (let sample = 0; sample < options.samples; sample++) {
    const draw = random.split(sample);
    const losses = new Float64Array(logLosses.length);
    for (const { at } of repeated) {
      const mean = at.reduce((sum, i) => sum + (logLosses[i] as number), 0) / at.length;
      const spread = Math.sqrt(at.length / (at.length - 1));
      for (const i of at) {
        const drawn = logLosses[at[draw.integer(at.length)] as number] as number;
        losses[i] = Math.exp(mean + spread * (drawn - mean));
      }
    }
    for (const i of single) {
      const residual = (fit.residuals[i] as number) / (1 - (leverage[i] as number));
      losses[i] = lossAt(fit.law, fit.sizes[i] as number) * Math.exp(draw.uniform() < 0.5 ? residual : -residual);
    }
    laws.push(fitter(losses, { kind, huber: fit.huber, quick: true }).law);
  }
  return { laws, resampling: single.length === 0 ? "seeds" : repeated.length === 0 ? "residuals" : "both" };
}

/** The middle share of numbers.
 * @param values not empty */
export function middleOf(values: readonly number[], level: number): { readonly low: number; readonly high: number } {
  const sorted = Float64Array.from(values).sort();
  const last = sorted.length - 1;
  const place = (1 - level) / 2;
  return { low: sorted[Math.round(place * last)] as number, high: sorted[Math.round((1 - place) * last)] as number };
}

const MOST_LEVERAGE = 0.9;

/** How much of each point the law takes up, over the parameters that are at no bound. */
function leverageOf(fit: FittedLaw): Float64Array {
  const { sizes, law, largest } = fit;
  const parameters = parametersIn(law, largest);
  const slope = new Float64Array(4 * sizes.length);
  lawProblem({
    logs: sizes.map((size) => Math.log(size / largest)),
    logLosses: sizes,
    kind: law.kind,
  }).jacobian(Float64Array.from(parameters), slope);
  const free = [0, 2, ...(law.learnt > 0 ? [1] : []), ...(law.floor > 0 ? [3] : [])];
  const normal = new Float64Array(free.length ** 2);
  const row = (i: number): Float64Array => Float64Array.from(free, (j) => slope[4 * i + j] as number);
  for (let i = 0; i < sizes.length; i++) {
    const x = row(i);
    for (let a = 0; a < x.length; a++)
      for (let b = 0; b < x.length; b++)
        normal[a * x.length + b] = (normal[a * x.length + b] as number) + (x[a] as number) * (x[b] as number);
  }
  const solved = cholesky(normal, free.length, { tolerance: 1e-14 });
  if ("dependent" in solved) return new Float64Array(sizes.length).fill(Math.min(MOST_LEVERAGE, 4 / sizes.length));
  return sizes.map((_, i) => {
    const x = row(i);
    const y = solveCholesky(solved.factor, x);
    return Math.min(
      MOST_LEVERAGE,
      x.reduce((sum, value, j) => sum + value * (y[j] as number), 0),
    );
  });
}
