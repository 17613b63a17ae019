import type { Metric } from "../metric.ts";
import { ballsOf, densityAndCoverage } from "../neighbourhoods.ts";
import { pairwiseRows } from "../pairwise-rows.ts";
import { embedFrames } from "../points.ts";
import { comparedScore, notApplicable, notComputable, tooFewRows } from "../score.ts";

const NEIGHBOURS = 5;

/** How densely synthetic rows lie where real ones do. */
export const density: Metric = {
  name: "density",
  title: "Density",
  family: "fidelity",
  better: "higher",
  range: [0, 1000],
  source:
    "Naeem, Oh, Uh, Choi & Yoo (2020), Reliable Fidelity and Diversity Metrics for Generative Models, ICML; k = 5",
  definitionVersion: 1,
  diagnostic: true,
  explains:
    "Whether synthetic rows lie where real rows are dense: about 1 for fresh real rows. More than that is no better: rows crowded into the middle of the real ones score highest.",
  async measure(input) {
    const few = tooFewRows(input);
    if (few) return notComputable(density, few);
    const embedded = embedFrames(input, { random: input.random.split("density"), rowsFor: pairwiseRows });
    if (!embedded) return notApplicable(density, "No column varies among the real rows: all lie in one point.");
    const { reference, synthetic, ceiling, floor, rows } = embedded;
    const balls = ballsOf(reference, NEIGHBOURS);
    const [value, top, bottom] = [synthetic, ceiling, floor].map(
      (side) => densityAndCoverage(reference, balls, side).density,
    ) as [Float64Array, Float64Array, Float64Array];
    return comparedScore(
      density,
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
