import type { Metric } from "../metric.ts";
import { ballsOf, densityAndCoverage } from "../neighbourhoods.ts";
import { pairwiseRows } from "../pairwise-rows.ts";
import { embedFrames } from "../points.ts";
import { comparedScore, notApplicable, notComputable, tooFewRows } from "../score.ts";

const NEIGHBOURS = 5;

/** Share of the real rows that have a synthetic row in their neighbourhood. */
export const coverage: Metric = {
  name: "coverage",
  title: "Coverage of neighbourhoods",
  family: "coverage",
  better: "higher",
  range: [0, 1],
  source:
    "Naeem, Oh, Uh, Choi & Yoo (2020), Reliable Fidelity and Diversity Metrics for Generative Models, ICML; k = 5",
  definitionVersion: 1,
  explains:
    "How many of the real rows have a synthetic one nearby; it does not show whether synthetic rows also lie where no real ones are.",
  async measure(input) {
    const few = tooFewRows(input);
    if (few) return notComputable(coverage, few);
    const embedded = embedFrames(input, { random: input.random.split("coverage"), rowsFor: pairwiseRows });
    if (!embedded) return notApplicable(coverage, "No column varies among the real rows: all lie in one point.");
    const { reference, synthetic, ceiling, floor, rows } = embedded;
    const balls = ballsOf(reference, NEIGHBOURS);
    const [value, top, bottom] = [synthetic, ceiling, floor].map(
      (side) => densityAndCoverage(reference, balls, side).coverage,
    ) as [Float64Array, Float64Array, Float64Array];
    return comparedScore(
      coverage,
      input,
      { value, ceiling: top, floor: bottom },
      {
        n: rows,
        details: {
          neighbours: NEIGHBOURS,
          columns: embedded.columns,
          ...(rows < embedded.rowsAvailable ? { rowsAvailable: embedded.rowsAvailable } : {}),
        },
      },
    );
  },
};
