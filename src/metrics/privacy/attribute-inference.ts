import type { Metric } from "../metric.ts";
import { attackScore } from "./attack-score.ts";
import { guessSecrets } from "./secrets.ts";

/** Whether the synthetic table tells a secret of a person whose other values are known. */
export const attributeInference: Metric = {
  name: "attribute-inference",
  title: "Attribute inference",
  family: "privacy",
  better: "lower",
  range: [0, 1],
  source: "Giomi et al. (2023), PoPETs 2023(2)",
  definitionVersion: 1,
  explains:
    "A secret is guessed from the synthetic row nearest to what is known of a person: how often the guess is right for training people, beyond how often it is right for people never seen. What the guess gets right about both is knowledge of the population, which synthetic data is made to carry.",
  measure: (input) =>
    attackScore(attributeInference, input, {
      control: 0.5,
      attack: async (trial, seed) => {
        const guesses = await guessSecrets(trial, seed, input);
        return new Map(
          guesses.map(({ secret, attacks, right, baseline }) => [
            secret,
            {
              attacks,
              members: sum(right.subarray(0, attacks)),
              nonMembers: sum(right.subarray(attacks)),
              baseline,
            },
          ]),
        );
      },
    }),
};

function sum(values: Uint8Array): number {
  return values.reduce((total, value) => total + value, 0);
}
