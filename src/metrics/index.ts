import { constraints } from "./constraints.ts";
import { betaRecall } from "./coverage/beta-recall.ts";
import { categoriesLost } from "./coverage/categories-lost.ts";
import { coverage } from "./coverage/coverage.ts";
import { duplicates } from "./coverage/duplicates.ts";
import { minorityClasses } from "./coverage/minority-classes.ts";
import { tailCoverage } from "./coverage/tail-coverage.ts";
import { twoWayCoverage } from "./coverage/two-way-coverage.ts";
import { dateOrder } from "./date-order.ts";
import { adverseImpactRatio } from "./fairness/adverse-impact-ratio.ts";
import { demographicParityDifference } from "./fairness/demographic-parity-difference.ts";
import { equalisedOddsDifference } from "./fairness/equalised-odds-difference.ts";
import { representation } from "./fairness/representation.ts";
import { subgroupAccuracy } from "./fairness/subgroup-accuracy.ts";
import { subgroupDisparity } from "./fairness/subgroup-disparity.ts";
import { alphaPrecision } from "./fidelity/alpha-precision.ts";
import { columnAccuracy } from "./fidelity/column-accuracy.ts";
import { columnDistances } from "./fidelity/column-distances.ts";
import { columnRelations } from "./fidelity/column-relations.ts";
import { columnShape } from "./fidelity/column-shape.ts";
import { correlationDifference } from "./fidelity/correlation-difference.ts";
import { density } from "./fidelity/density.ts";
import { missingness } from "./fidelity/missingness.ts";
import { multivariateHellinger } from "./fidelity/multivariate-hellinger.ts";
import { pairAccuracy } from "./fidelity/pair-accuracy.ts";
import { strongPairs } from "./fidelity/strong-pairs.ts";
import { threeWayMarginals } from "./fidelity/three-way-marginals.ts";
import { twoSample } from "./fidelity/two-sample.ts";
import { withinGroupCorrelation } from "./fidelity/within-group-correlation.ts";
import type { Metric } from "./metric.ts";
import { attributeDisclosure } from "./privacy/attribute-disclosure.ts";
import { attributeInference } from "./privacy/attribute-inference.ts";
import { closestRecordDistances } from "./privacy/closest-record-distances.ts";
import { exactCopies } from "./privacy/exact-copies.ts";
import { linkability } from "./privacy/linkability.ts";
import { membershipDisclosure } from "./privacy/membership-disclosure.ts";
import { membershipInference } from "./privacy/membership-inference.ts";
import { nearCopies } from "./privacy/near-copies.ts";
import { quasiIdentifierExactCopies } from "./privacy/quasi-identifier-exact-copies.ts";
import { quasiIdentifierNearCopies } from "./privacy/quasi-identifier-near-copies.ts";
import { quasiIdentifierToleranceCopies } from "./privacy/quasi-identifier-tolerance-copies.ts";
import { replayedIdentifiers } from "./privacy/replayed-identifiers.ts";
import { shadowModels } from "./privacy/shadow-models.ts";
import { singlingOutMultivariate } from "./privacy/singling-out-multivariate.ts";
import { singlingOutUnivariate } from "./privacy/singling-out-univariate.ts";
import { withinToleranceCopies } from "./privacy/within-tolerance-copies.ts";
import { featureImportanceAgreement } from "./utility/feature-importance-agreement.ts";
import { inferenceAgreement } from "./utility/inference-agreement.ts";
import { modelRankingAgreement } from "./utility/model-ranking-agreement.ts";
import { survivalOnSynthetic } from "./utility/survival-on-synthetic.ts";
import { trainOnSynthetic } from "./utility/train-on-synthetic.ts";
import { validity } from "./validity.ts";

/** Every metric, in the order of the report. A new one is a file and a line here. */
export const metrics: readonly Metric[] = [
  validity,
  constraints,
  dateOrder,
  replayedIdentifiers,
  columnAccuracy,
  columnShape,
  columnDistances,
  pairAccuracy,
  columnRelations,
  strongPairs,
  threeWayMarginals,
  correlationDifference,
  missingness,
  withinGroupCorrelation,
  multivariateHellinger,
  alphaPrecision,
  density,
  categoriesLost,
  tailCoverage,
  twoWayCoverage,
  minorityClasses,
  duplicates,
  betaRecall,
  coverage,
  twoSample,
  trainOnSynthetic,
  survivalOnSynthetic,
  inferenceAgreement,
  featureImportanceAgreement,
  modelRankingAgreement,
  representation,
  subgroupDisparity,
  subgroupAccuracy,
  equalisedOddsDifference,
  demographicParityDifference,
  adverseImpactRatio,
  exactCopies,
  nearCopies,
  withinToleranceCopies,
  quasiIdentifierExactCopies,
  quasiIdentifierNearCopies,
  quasiIdentifierToleranceCopies,
  membershipInference,
  membershipDisclosure,
  singlingOutUnivariate,
  singlingOutMultivariate,
  linkability,
  attributeInference,
  attributeDisclosure,
  shadowModels,
  closestRecordDistances,
];
