import type { Metric } from "../metric.ts";
import { attackScore } from "./attack-score.ts";
import { runRandom, sidesOf, singleOutByMany } from "./singling-out.ts";

/** Clauses of a question. */
const WIDTHS = [2, 3, 4] as const;
/** Whether a question about several columns that singles out one synthetic row singles out one real person. */
export const singlingOutMultivariate: Metric = {
  name: "singling-out-multivariate",
  title: "Singling out by several columns",
  family: "privacy",
  better: "lower",
  range: [0, 1],
  source: "Giomi et al. (2023), PoPETs 2023(2); singling out after Cohen & Nissim (2020), PNAS 117",
  definitionVersion: 1,
  explains:
    "Combinations of two to four values of a random synthetic row that no other synthetic row has are asked of the real rows: how often exactly one training row answers, beyond how often exactly one of as many never seen rows does. It finds memorised combinations, not what is common to the population.",
  measure: (input) =>
    attackScore(singlingOutMultivariate, input, {
      control: 0.5,
      attack: async (trial, seed) => {
        const random = runRandom(input, seed);
        const columns = sidesOf(trial, random);
        return new Map(
          WIDTHS.map((width) => [`${width} columns`, singleOutByMany(columns, width, random.split(width))]),
        );
      },
    }),
};
