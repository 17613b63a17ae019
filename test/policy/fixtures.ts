import type { Family, Interval, MeasuredScore, Planting, UncomputedScore } from "../../src/metrics/metric.ts";
import type { Facts } from "../../src/policy/facts.ts";

/** The metrics that the default policy names. */
export const KNOWN_METRICS: readonly { readonly name: string; readonly family: Family; readonly diagnostic?: true }[] =
  [
    { name: "validity", family: "validity" },
    { name: "replayed-identifiers", family: "validity" },
    { name: "column-accuracy", family: "fidelity" },
    { name: "pair-accuracy", family: "fidelity" },
    { name: "column-relations", family: "fidelity" },
    { name: "missingness", family: "fidelity" },
    { name: "two-sample", family: "fidelity" },
    { name: "categories-lost", family: "coverage" },
    { name: "tail-coverage", family: "coverage" },
    { name: "train-on-synthetic", family: "utility" },
    { name: "exact-copies", family: "privacy" },
    { name: "near-copies", family: "privacy" },
    { name: "within-tolerance-copies", family: "privacy" },
    { name: "strong-pairs", family: "fidelity" },
    { name: "quasi-identifier-exact-copies", family: "privacy" },
    { name: "quasi-identifier-near-copies", family: "privacy" },
    { name: "quasi-identifier-tolerance-copies", family: "privacy" },
    { name: "membership-inference", family: "privacy" },
    { name: "singling-out-univariate", family: "privacy" },
    { name: "singling-out-multivariate", family: "privacy" },
    { name: "linkability", family: "privacy" },
    { name: "attribute-inference", family: "privacy" },
    { name: "attribute-disclosure", family: "privacy" },
    { name: "shadow-models", family: "privacy" },
    { name: "membership-disclosure", family: "privacy" },
    { name: "constraints", family: "validity" },
    { name: "date-order", family: "validity" },
  ];

/** And one that no policy may name. */
export const DIAGNOSTIC = { name: "distances", family: "privacy", diagnostic: true } as const;

/** What a plain evaluation knows. */
export const FACTS: Facts = {
  declared: {
    target: true,
    survival: false,
    analyses: 0,
    quasiIdentifiers: [],
    sensitive: [],
    protectedAttributes: [],
    population: null,
  },
  rows: { train: 1000, holdout: 1000, synthetic: 1000 },
  judged: "release",
  queries: null,
  lineage: { sourceGeneration: 0, anchored: true, realRows: 1000, realShare: 1 },
};

export function around(value: number, half: number): Interval {
  return { value, low: value - half, high: value + half };
}

export function measured(metric: string, parts: Partial<MeasuredScore> & Interval): MeasuredScore {
  return { ...base(metric), level: 0.95, n: 1000, seeds: [1], ...parts };
}

export function uncomputed(metric: string, notComputable: string, notApplicable?: boolean): UncomputedScore {
  return { ...base(metric), notComputable, ...(notApplicable === undefined ? {} : { notApplicable }) };
}

/** Five plantings of each share, the first `seen` of them with a lower bound of `low`, the others with −1. */
export function plantings(leak: Planting["leak"], shares: Readonly<Record<number, number>>, low: number): Planting[] {
  return Object.entries(shares).flatMap(([share, seen]) =>
    Array.from({ length: 5 }, (_, index) => ({
      leak,
      share: Number(share),
      index,
      ...around((index < seen ? low : -1) + 0.01, 0.01),
    })),
  );
}

/** Scores that pass the default policy. */
export function goodScores(): MeasuredScore[] {
  const equal = { ceiling: around(0.95, 0.01), difference: around(-0.005, 0.01), normalised: around(0.97, 0.02) };
  return [
    measured("validity", { value: 1, low: 1, high: 1, ceiling: around(1, 0), difference: around(0, 0) }),
    measured("constraints", { ...around(1, 0), ceiling: around(1, 0), difference: around(0, 0) }),
    measured("date-order", { ...around(1, 0), ceiling: around(1, 0), difference: around(0, 0) }),
    measured("replayed-identifiers", { ...around(0, 0), ceiling: around(0, 0), difference: around(0, 0) }),
    measured("column-accuracy", { ...around(0.94, 0.01), ...equal }),
    measured("pair-accuracy", { ...around(0.93, 0.01), ...equal }),
    measured("column-relations", { ...around(0.93, 0.01), ...equal }),
    measured("strong-pairs", { ...around(0.5, 0.01), ...equal }),
    measured("missingness", { ...around(0.01, 0.005), ...equal }),
    measured("two-sample", { ...around(0.9, 0.03), ...equal }),
    measured("categories-lost", { ...around(0, 0), difference: around(0, 0) }),
    measured("tail-coverage", { ...around(0.94, 0.01), ...equal }),
    measured("train-on-synthetic", { ...around(0.98, 0.02) }),
    measured("exact-copies", {
      ...around(-0.001, 0.001),
      plantings: [
        ...plantings("verbatim", { 0.0025: 1, 0.005: 5, 0.01: 5, 0.02: 5 }, 0.005),
        ...plantings("noisy", { 0.01: 0, 0.02: 0 }, 0.005),
      ],
    }),
    measured("near-copies", {
      ...around(0, 0.1),
      plantings: [
        ...plantings("verbatim", { 0.01: 2 }, 0.4),
        ...plantings("noisy", { 0.01: 3, 0.02: 4, 0.05: 5 }, 0.4),
      ],
    }),
    measured("within-tolerance-copies", {
      ...around(-0.001, 0.001),
      plantings: plantings("spread", { 0.02: 5 }, 0.005),
    }),
    ...["exact", "near", "tolerance"].map((form) =>
      measured(`quasi-identifier-${form}-copies`, {
        ...around(-0.001, 0.001),
        plantings: plantings("verbatim", { 0.05: 5 }, 0.4),
      }),
    ),
    ...[
      "membership-inference",
      "singling-out-univariate",
      "singling-out-multivariate",
      "linkability",
      "attribute-inference",
      "attribute-disclosure",
      "shadow-models",
      "membership-disclosure",
    ].map((metric) =>
      measured(metric, {
        ...around(0, 0.02),
        p: 0.5,
        plantings: foundPlantings(metric === "shadow-models" ? { outliers: [0.05] } : { verbatim: [0.1, 0.5] }),
      }),
    ),
  ];
}

/** Three plantings of each leak and share that an attack finds. */
export function foundPlantings(shares: Partial<Record<Planting["leak"], readonly number[]>>): Planting[] {
  return Object.entries(shares).flatMap(([leak, of]) =>
    of.flatMap((share) =>
      [0, 1, 2].map((index) => ({ leak: leak as Planting["leak"], share, index, ...around(0.3, 0.05), p: 1e-9 })),
    ),
  );
}

function base(metric: string) {
  const family = KNOWN_METRICS.find((item) => item.name === metric)?.family ?? "fidelity";
  return { metric, title: metric, family, definitionVersion: 1, better: "higher" } as const;
}
