import { agreementOf, recallCurve } from "../fidelity/alpha-curve.ts";
import { type Estimate, newEstimate } from "../jackknife.ts";
import type { Metric } from "../metric.ts";
import { type NearestTwo, nearestTwo } from "../neighbourhoods.ts";
import { pairwiseRows } from "../pairwise-rows.ts";
import { centreDistances, embedFrames, type Points } from "../points.ts";
import { comparedScore, notApplicable, notComputable, tooFewRows } from "../score.ts";

/** Whether real rows have a synthetic row as near as their nearest real one, throughout. */
export const betaRecall: Metric = {
  name: "beta-recall",
  title: "β-recall",
  family: "coverage",
  better: "higher",
  range: [0, 1],
  source:
    "Alaa, van Breugel, Saveliev & van der Schaar (2022), How Faithful is your Synthetic Data?, ICML; integrated as in synthcity",
  definitionVersion: 1,
  explains:
    "How much of the real table the synthetic rows reach, from its middle to its edge; fresh real rows reach about half of what is possible, so compare with the ceiling. A copy of the reference rows scores best.",
  async measure(input) {
    const few = tooFewRows(input);
    if (few) return notComputable(betaRecall, few);
    const embedded = embedFrames(input, { random: input.random.split("beta-recall"), rowsFor: pairwiseRows });
    if (!embedded) return notApplicable(betaRecall, "No column varies among the real rows: all lie in one point.");
    const { reference, synthetic, ceiling, floor, rows } = embedded;
    const own = nearestTwo(reference, reference);
    const estimate = (others: Points): Estimate => recallEstimate(reference, own, others);
    return comparedScore(
      betaRecall,
      input,
      { value: estimate(synthetic), ceiling: estimate(ceiling), floor: estimate(floor) },
      {
        n: rows,
        details: {
          columns: embedded.columns,
          ...(rows < embedded.rowsAvailable ? { rowsAvailable: embedded.rowsAvailable } : {}),
        },
      },
    );
  },
};

/** The score of some rows, and the same without each group.
 * @param own nearest real row of each real row */
export function recallEstimate(reference: Points, own: NearestTwo, others: Points): Estimate {
  const found = nearestTwo(reference, others);
  return newEstimate().map((_, r) => {
    const without = r - 1;
    const centre = centreDistances(others, others, without);
    const near: number[] = [];
    const distances: number[] = [];
    for (let i = 0; i < reference.rows; i++) {
      if (reference.groups[i] === without) continue;
      const real = 2 * i + (reference.groups[own.rows[2 * i] as number] === without ? 1 : 0);
      const made = 2 * i + (others.groups[found.rows[2 * i] as number] === without ? 1 : 0);
      near.push((found.distances[made] as number) <= (own.distances[real] as number) ? 1 : 0);
      distances.push(centre[found.rows[made] as number] as number);
    }
    return agreementOf(recallCurve(Uint8Array.from(near), Float64Array.from(distances)));
  });
}
