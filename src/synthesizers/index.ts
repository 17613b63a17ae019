import { InvalidArgument } from "../errors.ts";
import { nearest } from "../math/nearest-name.ts";
import { adversarialForest } from "./adversarial-forest.ts";
import { aim } from "./aim.ts";
import { auto } from "./auto.ts";
import { bayesianNetwork } from "./bayesian-network.ts";
import { boostedTrees } from "./boosted-trees.ts";
import { circuit } from "./circuit.ts";
import { gaussianCopula } from "./gaussian-copula.ts";
import { independent } from "./independent.ts";
import { mixture } from "./mixture.ts";
import { mst } from "./mst.ts";
import { sequentialTrees } from "./sequential-trees.ts";
import type { Synthesizer } from "./synthesizer.ts";

/** Every synthesizer that ships. The conformance suite runs over this list. */
export const synthesizers = {
  auto,
  sequentialTrees,
  boostedTrees,
  circuit,
  mixture,
  adversarialForest,
  bayesianNetwork,
  gaussianCopula,
  independent,
  aim,
  mst,
} as const;

/** The synthesizer of a name, as in the command line and in JSON ("sequential-trees").
 * @throws {InvalidArgument} no such synthesizer; the message names the nearest and the advice lists all */
export function synthesizerNamed(name: string): Synthesizer<unknown> {
  const all = Object.values(synthesizers) as unknown as readonly Synthesizer<unknown>[];
  const found = all.find((synthesizer) => synthesizer.name === name);
  if (found) return found;
  const names = all.map((synthesizer) => synthesizer.name);
  const close = nearest(name, names);
  throw new InvalidArgument(
    "unknown-synthesizer",
    `There is no synthesizer "${name}".${close ? ` Did you mean "${close}"?` : ""}`,
    { advice: `The synthesizers are: ${names.join(", ")}.` },
  );
}
