import type { Metric } from "../metric.ts";
import { onQuasiIdentifiers } from "./on-quasi-identifiers.ts";
import { measureToleranceCopies, toleranceLadder } from "./within-tolerance-copies.ts";

/** The form within tolerance on quasi-identifiers and sensitive columns alone. */
export const quasiIdentifierToleranceCopies: Metric = {
  name: "quasi-identifier-tolerance-copies",
  title: "Excess copies within tolerance of quasi-identifiers and sensitive columns",
  family: "privacy",
  better: "lower",
  range: [-1, 1],
  source: "As within-tolerance-copies, on the declared columns",
  definitionVersion: 2,
  explains:
    "As excess copies within tolerance, but a row is only its declared quasi-identifiers and sensitive columns.",
  measure: (input) =>
    onQuasiIdentifiers(quasiIdentifierToleranceCopies, input, (cut) =>
      measureToleranceCopies(quasiIdentifierToleranceCopies, cut, toleranceLadder),
    ),
};
