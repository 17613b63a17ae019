import type { Metric } from "../metric.ts";
import { measureNearCopies } from "./near-copies.ts";
import { onQuasiIdentifiers } from "./on-quasi-identifiers.ts";
import { fullLadder } from "./plant.ts";

/** The near form on quasi-identifiers and sensitive columns alone. */
export const quasiIdentifierNearCopies: Metric = {
  name: "quasi-identifier-near-copies",
  title: "Excess near copies of quasi-identifiers and sensitive columns",
  family: "privacy",
  better: "lower",
  range: [-1, 1],
  source: "As near-copies, on the declared columns",
  definitionVersion: 1,
  explains:
    "As excess near copies among the closest rows, but a row is only its declared quasi-identifiers and sensitive columns.",
  measure: (input) => onQuasiIdentifiers(quasiIdentifierNearCopies, input, (cut) => measureNearCopies(cut, fullLadder)),
};
