import { added, product, sandwich } from "../../math/matrix.ts";
import { type Contributions, contributionsOf, groupedVariance, pooled } from "./contributions.ts";
import { type Controls, controlsOf } from "./controls.ts";
import type { Estimation, NoEstimation } from "./estimation.ts";
import { estimationOf, variancesOf } from "./estimation-of.ts";
import { labelledCovariance } from "./labelled-only.ts";
import type { Prepared } from "./prepared.ts";
import { type StackedMoments, stackedMoments } from "./stacked-moments.ts";

/** The default: the labelled estimate, less what the sources say it got wrong by the luck of which units were labelled.
 *
 * θ̂ = θ_L − Λ (η_L − η_A): η_L and η_A are the same regression of a source on the labelled and on all units, so their difference is known
 * and has mean 0, whatever the quality of the source. Beyond linear models η_L is one step from η_A instead of a fit. Λ regresses the influence of real rows on that of the sources, over labelled units. Each
 * coefficient is controlled by the same coefficient of each source only ("matching"): all p of them at once ("joint", as first published) cost
 * p times the degrees of freedom and buy nothing where residuals do not depend on x. The variance takes the residuals by HC3 of the real
 * regression and by HC2 of that on the controls; Student's t has n − p − sources degrees of freedom.
 *
 * With weights, strata and unequal chances Λ minimises the variance that labelling adds, Σ (1 − π)/π² w² (φ − Λφ′)².
 * @param options.form "joint" with the variance of its source is kept to compare with
 * @source Chen & Chen (2000), JRSS B 62 (control by a surrogate regression); Kluger et al. (2025), "Prediction-powered inference with imputed
 *   covariates" (predict-then-debias); MacKinnon & White (1985) */
export function controlVariate(
  prepared: Prepared,
  { level, form = "matching" }: { readonly level: number; readonly form?: "matching" | "joint" },
): Estimation | NoEstimation {
  const { sample, estimate, sources, labelling } = prepared;
  const { width, terms } = sample;
  const n = sample.labelled.length;
  if (sources.length === 0)
    return { method: "control-variate", notComputable: "There is no source of predicted or synthetic rows." };
  if (labelling.unlabelled.length === 0)
    return { method: "control-variate", notComputable: "Every unit is labelled; sources have nothing to add." };
  const degreesOfFreedom = controlledDegrees(prepared, form);
  if (degreesOfFreedom < 1)
    return {
      method: "control-variate",
      notComputable: `${n} labelled units leave no degrees of freedom beside ${width} coefficients and ${sources.length} sources.`,
    };
  const controls = controlsOf(prepared, form);
  const shift = Float64Array.from({ length: sources.length * width }, (_, at) => {
    return sources[Math.floor(at / width)]!.shift[at % width] as number;
  });
  const correction = product(controls.slopes, shift, { rows: width, inner: shift.length, columns: 1 });
  const covariance = form === "joint" ? jointVariance(prepared, controls) : matchingVariance(prepared, controls);
  return estimationOf("control-variate", {
    terms,
    coefficients: added(estimate.coefficients, correction, -1),
    covariance,
    degreesOfFreedom,
    level,
    labelled: n,
    labelledVariance: variancesOf(labelledCovariance(prepared), width),
  });
}

/** n − p − controls, less one for each stratum after the first. */
export function controlledDegrees({ sample, sources, labelling }: Prepared, form: "matching" | "joint"): number {
  const controls = sources.length * (form === "joint" ? sample.width : 1);
  return sample.labelled.length - sample.width - controls - (labelling.labelledCount.length - 1);
}

function matchingVariance(prepared: Prepared, controls: Controls): Float64Array {
  const { labelling } = prepared;
  const labelled = contributionsOf(controls.contributions, labelling);
  const unlabelled = unlabelledContributions(prepared, controls);
  if (labelling.isUniform)
    return added(
      groupedVariance(labelled, labelling.labelledCount, { isUnbiased: false }),
      groupedVariance(unlabelled, labelling.unlabelledCount, { isUnbiased: true }),
    );
  const counts = labelling.labelledCount.map((count, h) => count + (labelling.unlabelledCount[h] as number));
  return groupedVariance(pooled(labelled, unlabelled), counts, { isUnbiased: true });
}

/** Var(φ_HC3 − (1 − f) Λφ′)/n · (n − 1)/(n − p − q) + (1 − f)² Λ Var(φ′) Λᵀ/(T − n), the last variance over all units. */
function jointVariance(prepared: Prepared, controls: Controls): Float64Array {
  const { sample, labelling } = prepared;
  const n = sample.labelled.length;
  const labelled = groupedVariance(contributionsOf(controls.contributions, labelling), labelling.labelledCount, {
    isUnbiased: true,
  });
  const all = groupedVariance(
    mapped(
      prepared,
      controls,
      stackedMoments(blocksOf(prepared), {
        link: prepared.link,
        weights: labelling.weights,
        count: sample.units,
        strata: 1,
      }),
    ),
    Uint32Array.of(sample.units),
    { isUnbiased: true },
  );
  const corrected = labelled.map((value) => (value * (n - 1)) / controlledDegrees(prepared, "joint"));
  return added(corrected, all, labelling.unlabelled.length / sample.units);
}

function unlabelledContributions(prepared: Prepared, controls: Controls): Contributions {
  const { unlabelled, unlabelledStratum, unlabelledCount } = prepared.labelling;
  const strata = unlabelledCount.length;
  return mapped(
    prepared,
    controls,
    stackedMoments(blocksOf(prepared), {
      link: prepared.link,
      count: unlabelled.length,
      units: unlabelled,
      weights: prepared.labelling.unlabelledWeights,
      strata,
      stratum: strata === 1 ? undefined : unlabelledStratum,
    }),
  );
}

/** Moments of the sources as contributions to the coefficients: Λ H⁻¹ψ w / T. */
function mapped(prepared: Prepared, controls: Controls, moments: StackedMoments): Contributions {
  const { sources, sample } = prepared;
  const { width, units } = sample;
  const inner = sources.length * width;
  const map = new Float64Array(width * inner);
  for (const [m, { all }] of sources.entries())
    for (let i = 0; i < width; i++)
      for (let j = 0; j < width; j++) {
        let sum = 0;
        for (let k = 0; k < width; k++)
          sum += (controls.slopes[i * inner + m * width + k] as number) * (all.inverseHessian[k * width + j] as number);
        map[i * inner + m * width + j] = sum / units;
      }
  return {
    sums: moments.sums.map((sum) => product(map, sum, { rows: width, inner, columns: 1 })),
    crosses: moments.crosses.map((cross) => sandwich(map, cross, { rows: width, inner })),
  };
}

function blocksOf({ sources }: Prepared) {
  return sources.map(({ source, all }) => ({ ...source, coefficients: all.coefficients }));
}
