import { type Estimate, newEstimate } from "../jackknife.ts";
import type { Metric } from "../metric.ts";
import { centreDistances, embedFrames, type Points } from "../points.ts";
import { comparedScore, notApplicable, notComputable, tooFewRows } from "../score.ts";
import { agreementOf, precisionCurve } from "./alpha-curve.ts";

/** Cells a side that are looked at. */
const MOST_CELLS = 400_000;

/** Whether balls around the real centre hold as much of the synthetic rows as of the real ones. */
export const alphaPrecision: Metric = {
  name: "alpha-precision",
  title: "α-precision",
  family: "fidelity",
  better: "higher",
  range: [0, 1],
  source:
    "Alaa, van Breugel, Saveliev & van der Schaar (2022), How Faithful is your Synthetic Data?, ICML; integrated as in synthcity",
  definitionVersion: 1,
  explains:
    "Whether synthetic rows lie as central and as far out as real ones; it looks at the distance from one centre only, so that wrong directions and a copy go unseen.",
  async measure(input) {
    const few = tooFewRows(input);
    if (few) return notComputable(alphaPrecision, few);
    const embedded = embedFrames(input, {
      random: input.random.split("alpha-precision"),
      rowsFor: (columns) => Math.max(200, Math.floor(MOST_CELLS / columns)),
    });
    if (!embedded) return notApplicable(alphaPrecision, "No column varies among the real rows: all lie in one point.");
    const { reference, synthetic, ceiling, floor, rows } = embedded;
    return comparedScore(
      alphaPrecision,
      input,
      {
        value: precisionEstimate(reference, synthetic),
        ceiling: precisionEstimate(reference, ceiling),
        floor: precisionEstimate(reference, floor),
      },
      {
        n: rows,
        details: {
          columns: embedded.columns,
          ...(rows < embedded.rowsAvailable ? { rowsAvailable: embedded.rowsAvailable } : {}),
          // Shares at the levels 0, 1/29, …, 1.
          curve: [...precisionCurve(centreDistances(reference, reference), centreDistances(synthetic, reference))],
        },
      },
    );
  },
};

function precisionEstimate(reference: Points, others: Points): Estimate {
  return newEstimate().map((_, r) => {
    const without = r - 1;
    return agreementOf(
      precisionCurve(
        kept(centreDistances(reference, reference, without), reference, without),
        kept(centreDistances(others, reference, without), others, without),
      ),
    );
  });
}

function kept(distances: Float64Array, points: Points, without: number): Float64Array {
  return without < 0 ? distances : distances.filter((_, i) => points.groups[i] !== without);
}
