import { categoriesLost } from "./coverage/categories-lost.ts";
import { tailCoverage } from "./coverage/tail-coverage.ts";
import { columnAccuracy } from "./fidelity/column-accuracy.ts";
import { columnRelations } from "./fidelity/column-relations.ts";
import { columnShape } from "./fidelity/column-shape.ts";
import { correlationDifference } from "./fidelity/correlation-difference.ts";
import { missingness } from "./fidelity/missingness.ts";
import { pairAccuracy } from "./fidelity/pair-accuracy.ts";
import { twoSample } from "./fidelity/two-sample.ts";
import { withinGroupCorrelation } from "./fidelity/within-group-correlation.ts";
import type { Metric } from "./metric.ts";
import { exactCopies } from "./privacy/exact-copies.ts";
import { nearCopies } from "./privacy/near-copies.ts";
import { replayedIdentifiers } from "./privacy/replayed-identifiers.ts";
import { trainOnSynthetic } from "./utility/train-on-synthetic.ts";
import { validity } from "./validity.ts";

/** Every metric, in the order of the report. A new one is a file and a line here. */
export const metrics: readonly Metric[] = [
  validity,
  replayedIdentifiers,
  columnAccuracy,
  columnShape,
  pairAccuracy,
  columnRelations,
  correlationDifference,
  missingness,
  withinGroupCorrelation,
  categoriesLost,
  tailCoverage,
  twoSample,
  trainOnSynthetic,
  exactCopies,
  nearCopies,
];
