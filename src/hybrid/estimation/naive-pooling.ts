import { sandwich } from "../../math/matrix.ts";
import type { Estimation, NoEstimation } from "./estimation.ts";
import { estimationOf } from "./estimation-of.ts";
import type { Labelling } from "./labelling.ts";
import type { Link } from "./link.ts";
import { mEstimate } from "./m-estimate.ts";
import type { Rows } from "./rows.ts";
import type { PairedSample } from "./sample.ts";
import { stackedMoments } from "./stacked-moments.ts";

/** Real rows of the labelled units and every source's rows of the others, as if all were real. Whatever bias the sources have stays, and its interval
 * shrinks around it: shown because it fails. */
export function naivePooling(
  sample: PairedSample,
  { labelling, link, level }: { readonly labelling: Labelling; readonly link: Link; readonly level: number },
): Estimation | NoEstimation {
  if (sample.sources.length === 0)
    return { method: "naive-pooling", notComputable: "There is no source of predicted or synthetic rows." };
  const rows = pooledRows(sample, labelling);
  const estimate = mEstimate(rows, link);
  if ("problem" in estimate)
    return {
      method: "naive-pooling",
      notComputable: `The term "${sample.terms[estimate.term]}" cannot be estimated from the pooled rows.`,
    };
  const { width } = sample;
  const { crosses } = stackedMoments([{ ...rows, coefficients: estimate.coefficients }], {
    link,
    count: rows.outcome.length,
    strata: 1,
    weights: rows.weights,
  });
  const covariance = sandwich(
    estimate.inverseHessian.map((value) => value / estimate.weight),
    crosses[0]!,
    { rows: width, inner: width },
  );
  return estimationOf("naive-pooling", {
    terms: sample.terms,
    coefficients: estimate.coefficients,
    covariance,
    degreesOfFreedom: null,
    level,
    labelled: sample.labelled.length,
  });
}

/** All rows one below the other. */
export function pooledRows({ real, sources, width, labelled, weights }: PairedSample, { unlabelled }: Labelling): Rows {
  const n = labelled.length;
  const count = n + sources.length * unlabelled.length;
  const design = new Float64Array(count * width);
  const outcome = new Float64Array(count);
  const heavy = weights && new Float64Array(count);
  design.set(real.design);
  outcome.set(real.outcome);
  for (let i = 0; heavy && i < n; i++) heavy[i] = weights[labelled[i] as number] as number;
  let at = n;
  for (const source of sources)
    for (const unit of unlabelled) {
      for (let j = 0; j < width; j++) design[at * width + j] = source.design[unit * width + j] as number;
      outcome[at] = source.outcome[unit] as number;
      if (heavy) heavy[at] = weights[unit] as number;
      at++;
    }
  return { design, outcome, width, weights: heavy };
}
