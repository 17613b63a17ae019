import { added, product } from "../../math/matrix.ts";
import { contributionsOf, outer } from "./contributions.ts";
import type { MEstimate } from "./m-estimate.ts";
import type { Prepared } from "./prepared.ts";
import { momentsOf, type Rows, type Score, scoreAt } from "./rows.ts";
import { stackedMoments } from "./stacked-moments.ts";

/** The moment conditions of real, proxy and synthetic rows: real rows of labelled units, then each source on labelled units, then each source
 * on all units. k = p + 2 q moments, q = sources × p; p + q parameters, those of the real rows first. */
export interface GmmMoments {
  /** k: mean of the moments. */
  readonly mean: Float64Array;
  /** k × (p + q): minus the derivative of the mean. */
  readonly slope: Float64Array;
}

/** Mean and derivative at parameters. */
export function gmmMomentsAt(prepared: Prepared, parameters: Float64Array): GmmMoments {
  const { sample, sources, real, link, labelling } = prepared;
  const { width, units, labelled } = sample;
  const q = sources.length * width;
  const columns = width + q;
  const mean = new Float64Array(width + 2 * q);
  const slope = new Float64Array(mean.length * columns);
  const place = (
    score: Pick<Score, "gradient" | "information">,
    at: { readonly moment: number; readonly parameter: number; readonly scale: number },
  ): void => {
    for (let i = 0; i < width; i++) {
      mean[at.moment + i] = at.scale * (score.gradient[i] as number);
      for (let j = 0; j < width; j++)
        slope[(at.moment + i) * columns + at.parameter + j] = at.scale * (score.information[i * width + j] as number);
    }
  };
  const share = labelled.length / units;
  place(scoreAt(real, parameters.slice(0, width), link), { moment: 0, parameter: 0, scale: share });
  for (const [m, { source, all }] of sources.entries()) {
    const parameter = width * (m + 1);
    const own = parameters.slice(parameter, parameter + width);
    const rows: Rows = { ...source, width };
    const here = scoreAt({ ...rows, units: labelled, weights: labelling.share }, own, link);
    place(here, { moment: parameter, parameter, scale: share });
    const everywhere =
      link === "identity" ? linearScore(all, own) : scoreAt({ ...rows, weights: labelling.weights }, own, link);
    place(everywhere, { moment: parameter + q, parameter, scale: 1 / units });
  }
  return { mean, slope };
}

/** Of a linear model the score is known at all coefficients once it is 0 at some. */
function linearScore(
  { coefficients, information }: MEstimate,
  at: Float64Array,
): Pick<Score, "gradient" | "information"> {
  const away = added(coefficients, at, -1);
  return { gradient: product(information, away, { rows: at.length, inner: at.length, columns: 1 }), information };
}

/** k × k: mean of the products of moments over units; with strata about the means within them. */
export function gmmSpreadAt(prepared: Prepared, parameters: Float64Array): Float64Array {
  const { sample, sources, link, labelling } = prepared;
  const { width, units } = sample;
  const q = sources.length * width;
  const size = width + 2 * q;
  const strata = labelling.labelledCount.length;
  const labelled = contributionsOf(labelledMoments(prepared, parameters), labelling);
  const rest = stackedMoments(
    sources.map(({ source }, m) => ({
      ...source,
      coefficients: parameters.subarray(width * (m + 1), width * (m + 2)),
    })),
    {
      link,
      count: labelling.unlabelled.length,
      units: labelling.unlabelled,
      strata,
      weights: labelling.unlabelledWeights,
      stratum: strata === 1 ? undefined : labelling.unlabelledStratum,
    },
  );
  let spread: Float64Array = new Float64Array(size * size);
  for (let h = 0; h < strata; h++) {
    spread = added(spread, labelled.crosses[h]!);
    if (strata > 1) spread = added(spread, outer(labelled.sums[h]!), -1 / (labelling.labelledCount[h] as number));
    const count = labelling.unlabelledCount[h] as number;
    const others =
      strata > 1 && count > 0 ? added(rest.crosses[h]!, outer(rest.sums[h]!), -1 / count) : rest.crosses[h]!;
    for (let i = 0; i < q; i++)
      for (let j = 0; j < q; j++) spread[(width + q + i) * size + width + q + j]! += others[i * q + j] as number;
  }
  return spread.map((value) => value / units);
}

/** n × k. */
function labelledMoments(prepared: Prepared, parameters: Float64Array): Float64Array {
  const { sample, sources, real, link, labelling } = prepared;
  const { width, labelled } = sample;
  const n = labelled.length;
  const q = sources.length * width;
  const size = width + 2 * q;
  const out = new Float64Array(n * size);
  const copy = (moments: Float64Array, at: number, weight: (i: number) => number): void => {
    for (let i = 0; i < n; i++)
      for (let j = 0; j < width; j++) out[i * size + at + j] = weight(i) * (moments[i * width + j] as number);
  };
  const labelledWeight = (i: number): number => n * (labelling.share[i] as number);
  copy(momentsOf(real, parameters.subarray(0, width), link), 0, labelledWeight);
  for (const [m, { source }] of sources.entries()) {
    const at = width * (m + 1);
    const moments = momentsOf({ ...source, width, units: labelled }, parameters.subarray(at, at + width), link);
    copy(moments, at, labelledWeight);
    copy(moments, at + q, (i) =>
      labelling.weights === undefined ? 1 : (labelling.weights[labelled[i] as number] as number),
    );
  }
  return out;
}
