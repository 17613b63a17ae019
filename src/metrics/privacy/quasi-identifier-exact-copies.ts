import type { Metric } from "../metric.ts";
import { measureExactCopies } from "./exact-copies.ts";
import { onQuasiIdentifiers } from "./on-quasi-identifiers.ts";
import { fullLadder } from "./plant.ts";

/** The exact form of the copy test on quasi-identifiers and sensitive columns alone. */
export const quasiIdentifierExactCopies: Metric = {
  name: "quasi-identifier-exact-copies",
  title: "Excess exact copies of quasi-identifiers and sensitive columns",
  family: "privacy",
  better: "lower",
  range: [-1, 1],
  source: "As exact-copies, on the declared columns; partial copies of a row",
  definitionVersion: 1,
  explains:
    "As excess exact copies, but a row is only its declared quasi-identifiers and sensitive columns: it sees a person's identifying part copied while the other columns were made anew. Rows that several people share are left out.",
  measure: (input) =>
    onQuasiIdentifiers(quasiIdentifierExactCopies, input, (cut) => measureExactCopies(cut, fullLadder)),
};
