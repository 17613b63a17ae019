import { z } from "zod";
import { lineageSchema } from "../evidence/manifest.ts";
import { privacyStatementSchema } from "../evidence/privacy-statement.ts";
import { COMBINING_RULES } from "../hybrid/estimation/combining-rules.ts";
import { METHODS } from "../hybrid/estimation/estimation.ts";
import { collapseSchema } from "./collapse/result-schema.ts";
import { planSchema } from "./plan-schema.ts";
import { scaleSchema } from "./scale-schema.ts";

// The shape of what `--json` prints, for scripts in any language. `docs/schemas/*.json` are made from these (scripts/schemas.mjs), and a test
// checks that they are up to date and that real results satisfy them.

const interval = { value: z.number(), low: z.number(), high: z.number() };

const scoreBase = {
  metric: z.string().describe("Name of the metric; docs/metrics/<name>.md defines it"),
  title: z.string(),
  family: z.enum(["validity", "fidelity", "coverage", "diversity", "utility", "fairness", "privacy"]),
  definitionVersion: z.int().describe("Raised whenever the number for the same data would change"),
  better: z.enum(["higher", "lower"]),
};

const measured = z.looseObject({
  ...scoreBase,
  ...interval,
  level: z.number().describe("Confidence of the intervals"),
  n: z.int().describe("Rows the number rests on, per side"),
  seeds: z.array(z.number()),
  counted: z.literal(true).optional().describe("Everything there is was counted: value, low and high are one number"),
  ceiling: z.object(interval).optional().describe("The same metric for fresh real rows"),
  floor: z.object(interval).optional().describe("The same metric for columns drawn independently of each other"),
  difference: z.object(interval).optional().describe("value − ceiling"),
  normalised: z.object(interval).optional().describe("(value − floor) / (ceiling − floor)"),
  plantings: z
    .array(
      z.looseObject({
        ...interval,
        leak: z.enum(["verbatim", "noisy", "outliers", "spread"]),
        share: z.number(),
        index: z.int(),
      }),
    )
    .optional()
    .describe("The same score after training rows were planted in the synthetic table"),
  worst: z.array(z.looseObject({ name: z.string(), value: z.number() })).optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

const uncomputed = z.looseObject({
  ...scoreBase,
  notComputable: z.string().describe("Why there is no number"),
  notApplicable: z.boolean().optional().describe("True when there is nothing to measure"),
});

/** One score. */
export const scoreSchema = z.union([measured, uncomputed]);

/** What the policy made of the scores. */
export const decisionSchema = z.object({
  decision: z.enum(["pass", "refuse", "indeterminate", "waived"]),
  policy: z.object({ name: z.string(), sha256: z.string() }),
  summary: z.string(),
  rules: z.array(
    z.object({
      rule: z.string(),
      metric: z.string().nullable().describe("Null where the rule looks at facts, or at several scores"),
      outcome: z.enum(["pass", "warn", "fail", "indeterminate", "not-applicable"]),
      severity: z.enum(["refuse", "warn"]),
      reason: z.string(),
      remedy: z.string().optional().describe("What would make it decidable"),
      pass: z.string().describe("The rule's expressions, as the policy has them"),
      fail: z.string(),
      bound: z.string().nullable().describe("Where the rule is one comparison: what it looks at"),
      observed: z.number().nullable(),
      op: z.string().nullable(),
      threshold: z.number().nullable(),
    }),
  ),
  detectable: z.array(
    z.object({
      leak: z.enum(["verbatim", "noisy", "outliers", "spread"]),
      share: z.number().nullable().describe("Smallest planted share that is refused in at least 4 of 5 plantings"),
      tried: z.array(z.object({ share: z.number(), refused: z.int(), plantings: z.int() })),
    }),
  ),
  facts: z
    .object({
      declared: z.looseObject({}),
      rows: z.object({ train: z.int().nullable(), holdout: z.int().nullable(), synthetic: z.int() }),
      judged: z.enum(["release", "procedure"]).nullable(),
      queries: z.int().nullable(),
      privacy: z
        .looseObject({ epsilon: z.number(), delta: z.number() })
        .nullish()
        .describe("The differential privacy guarantee; null: none"),
      lineage: z
        .object({
          sourceGeneration: z.int(),
          anchored: z.boolean().nullable(),
          realRows: z.int().nullable(),
          realShare: z.number().nullish(),
        })
        .optional()
        .describe("What the table was learnt from; absent: nobody knows"),
      run: z
        .object({
          asked: z.int(),
          accepted: z.int(),
          attempts: z.int(),
          price: z.number().nullable().describe("US dollars of all answers; null: not known"),
          ended: z.string().describe('"complete", or why it ended before it had what was asked for'),
          source: z.enum(["none", "synthetic", "real"]),
        })
        .optional()
        .describe("Of a run of a text recipe"),
    })
    .describe("What rules may have asked beside scores"),
});

/** What `counterfoil synthesize --json` and `evaluate --json` print. */
export const resultSchema = z.object({
  format: z.literal("counterfoil-result/1"),
  job: z.enum(["synthesize", "evaluate"]),
  decision: decisionSchema,
  scores: z.array(scoreSchema),
  headline: z.object({
    pairs: z.object({ value: z.number(), ceiling: z.number() }).nullable(),
    twoSample: z.number().nullable(),
    trainOnSynthetic: z.number().nullable(),
    excessCopies: z.number().nullable(),
    commonestCategoryLost: z.object({ column: z.string(), expected: z.number() }).nullable(),
  }),
  compat: z
    .object({
      peer: z.enum(["sdmetrics", "anonymeter", "mostlyai"]),
      version: z.string(),
      numbers: z.array(
        z.object({
          name: z.string(),
          theirs: z.number().nullable(),
          ours: z.object({ metric: z.string(), value: z.number().nullable() }).nullable(),
          difference: z.string(),
        }),
      ),
    })
    .nullable()
    .describe("A peer's own numbers for this table; null when they were not asked for"),
  selfTest: z
    .object({
      format: z.literal("counterfoil-self-test/1"),
      rows: z.int(),
      seed: z.number(),
      held: z.int(),
      tried: z.int(),
      cases: z.array(
        z.object({
          name: z.string(),
          says: z.string(),
          right: z.array(z.enum(["pass", "refuse", "indeterminate", "waived"])),
          got: z.enum(["pass", "refuse", "indeterminate", "waived"]).nullable(),
          held: z.boolean().nullable(),
          because: z.array(z.string()),
        }),
      ),
    })
    .nullable()
    .describe("The gate's answers to cases with a known right answer; null when it was not asked"),
  bundle: z.string().nullable(),
  report: z.string().nullable(),
  rows: z.object({ train: z.int(), holdout: z.int(), synthetic: z.int() }),
  testCases: z
    .object({
      column: z.string().describe("Says what a row is a test case for; empty in the ordinary rows"),
      mostPairRows: z.int(),
      judged: z.literal(false),
      rows: z.object({ boundary: z.int(), pairs: z.int(), breaking: z.int() }),
      boundary: z.object({ possible: z.int(), reached: z.int(), missed: z.array(z.string()) }),
      pairs: z.object({
        columns: z.int(),
        columnsLeft: z.int(),
        possible: z.int(),
        forbidden: z.int(),
        before: z.int(),
        after: z.int(),
        unreachable: z.int(),
      }),
      breaking: z.array(z.object({ name: z.string(), rows: z.int() })),
    })
    .optional()
    .describe("Rows to test programs with, after the ordinary rows that scores and decision speak of"),
  judged: z.enum(["release", "procedure"]).describe("What the privacy metrics looked at"),
  lineage: lineageSchema
    .nullable()
    .describe("How far the synthetic rows are from real ones, and what they were learnt from; null: nobody knows"),
  privacy: privacyStatementSchema.optional().describe("The guarantee under --epsilon, as in the bundle's dp.json"),
  evaluation: z
    .string()
    .nullable()
    .optional()
    .describe("Folder of the evaluation, where the policy keeps it out of the bundle"),
  queries: z.int().describe("Runs so far that measured the same real rows on this machine, this one included"),
  seed: z.number(),
  seconds: z.number(),
  notices: z.array(z.string()),
});

const countsByName = z.record(z.string(), z.int());

/** What a run of a text recipe came to; also in the bundle's `run.json`. */
export const runSummarySchema = z.object({
  asked: z.int().describe("Rows that were asked for: the recipe's number, or as many as the source has"),
  accepted: z.int(),
  attempts: z.int().describe("Rows that were begun: accepted + rejected + unfinished"),
  rejected: z.int(),
  unfinished: z.int(),
  rejections: z.array(
    z.object({
      step: z.string(),
      reason: z.string(),
      rows: z.int(),
      examples: z.array(
        z.object({
          index: z.int().describe("Number of the attempt"),
          sourceIndex: z.int().nullable(),
          detail: z.string().describe("Empty in a bundle whose source is real"),
          matched: z.int().optional().describe("Number of the attempt of the accepted row that it repeats"),
        }),
      ),
    }),
  ),
  stopped: z
    .object({ reason: z.string(), detail: z.string() })
    .nullable()
    .describe("Why it ended before it had what was asked for; null: it has"),
  spending: z.array(
    z.object({
      column: z.string(),
      model: z.string(),
      calls: z.int().describe("Answers that the rows rest on, rejected rows included"),
      replayed: z.int().describe("Those that stood in the journal before"),
      promptTokens: z.int(),
      completionTokens: z.int(),
      uncounted: z.int().describe("Calls whose tokens the provider did not say"),
      price: z.number().nullable().describe("US dollars of all of them; null: not known"),
      paidNow: z.number().nullable().describe("US dollars of those that this run paid"),
      rungs: countsByName.describe("Structured answers by how they were asked for"),
      repaired: z.int(),
      unusable: z.int(),
    }),
  ),
  lanes: z.array(
    z.object({
      model: z.string(),
      sent: z.int(),
      answered: z.int(),
      rateLimited: z.int(),
      failures: countsByName,
      mostInFlight: z.int(),
      latencyMs: z
        .tuple([z.number(), z.number(), z.number(), z.number(), z.number()])
        .nullable()
        .describe("Milliseconds from sending to answer: quantiles .05, .5, .95, .99 and the largest"),
      pausedSeconds: z.number(),
    }),
  ),
  seconds: z.number(),
});

/** What `counterfoil run --json` prints. */
export const runResultSchema = z.object({
  format: z.literal("counterfoil-run-result/1"),
  decision: decisionSchema,
  scores: z.array(scoreSchema),
  lineage: lineageSchema.describe("How far the rows are from real ones, and what they were made from"),
  summary: runSummarySchema,
  bundle: z.string().nullable(),
  report: z.string().nullable(),
  rows: z.int().describe("Rows of the release"),
  seed: z.number(),
  seconds: z.number(),
  notices: z.array(z.string()),
});

/** What `counterfoil verify --json` prints. */
export const verificationSchema = z.object({
  format: z.literal("counterfoil-verification/1"),
  trusted: z.boolean(),
  decision: z.enum(["pass", "refuse", "indeterminate", "waived"]).nullable(),
  signer: z.string().nullable(),
  lineage: lineageSchema.optional().describe("As it was signed; absent: not trusted, or it says nothing of it"),
  files: z.int(),
  problems: z.array(z.string()),
  notices: z
    .array(z.string())
    .optional()
    .describe("What was asked for and could not be done, and is no fault of the bundle"),
});

const driftSide = z.object({ name: z.string(), rows: z.int(), sha256: z.string() });
const oneSided = z
  .object({
    labels: z.int(),
    share: z.number(),
    named: z.array(z.string()).describe("Those held by 5 rows or more, at most 10"),
  })
  .nullable();

/** What `counterfoil drift --json` prints. */
export const driftSchema = z.object({
  format: z.literal("counterfoil-drift/1"),
  version: z.string(),
  decision: z.enum(["none", "drift", "indeterminate"]),
  reasons: z.array(z.string()),
  old: driftSide,
  new: driftSide,
  alpha: z.number().describe("False alarms of both tests together"),
  tolerance: z.number().describe("Area under the curve that still counts as alike"),
  level: z.number(),
  seed: z.number(),
  notCompared: z.array(z.object({ name: z.string(), why: z.string() })),
  columns: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      psi: z.number(),
      jensenShannon: z.number(),
      wasserstein: z.number().nullable().describe("Over the old side's standard deviation; null for categories"),
      missing: z.object({ old: z.number(), new: z.number() }),
      arrived: oneSided,
      gone: oneSided,
      flag: z.enum(["none", "some", "much"]),
    }),
  ),
  tests: z.array(
    z.object({ name: z.enum(["classifier", "kernel"]), p: z.number(), pHolm: z.number(), area: z.object(interval) }),
  ),
  tellers: z.array(z.object({ name: z.string(), share: z.number() })),
  tested: z.object({ old: z.int(), new: z.int() }),
  permutations: z.int(),
});

const term = {
  term: z.string(),
  value: z.number(),
  standardError: z.number(),
  low: z.number(),
  high: z.number(),
};
const combiningRule = z.enum(COMBINING_RULES);

/** What `counterfoil infer --json` prints. */
export const inferSchema = z.object({
  format: z.literal("counterfoil-infer/1"),
  version: z.string(),
  decision: z
    .enum(["estimated", "alarm", "none"])
    .describe("alarm: a test says that the estimate's assumptions do not hold; none: no valid interval can be given"),
  sentences: z.array(z.string()).describe("The answer first"),
  formula: z.string(),
  family: z.enum(["mean", "quantile", "ols", "logistic", "poisson"]),
  probability: z.number().nullable(),
  outcome: z.object({
    column: z.string(),
    label: z.string().describe("As the formula has it"),
    labels: z
      .tuple([z.string(), z.string()])
      .nullable()
      .describe("Of two labels: the one that counts 0, the one that counts 1"),
  }),
  level: z.number(),
  seed: z.number(),
  units: z.int(),
  labelled: z.int(),
  files: z.array(
    z.object({
      role: z.enum(["labelled", "unlabelled", "synthetic"]),
      name: z.string(),
      rows: z.int(),
      sha256: z.string(),
    }),
  ),
  sources: z.array(z.object({ name: z.string(), kind: z.enum(["proxy", "synthetic", "cross-fitted"]) })),
  primary: z.enum(METHODS).nullable().describe("The method to go by; null: none gives a valid interval"),
  refusal: z.string().nullable().describe("Why the default method is not the one to go by"),
  headline: z.string().nullable().describe("The coefficient that the first sentence speaks of"),
  estimations: z.array(
    z.object({
      method: z.enum(METHODS),
      terms: z
        .array(
          z.object({
            ...term,
            effectiveN: z
              .number()
              .nullable()
              .describe("Labels that labels alone would need for an interval as short; null where no interval is owed"),
          }),
        )
        .nullable(),
      covariance: z.array(z.array(z.number())).nullable(),
      degreesOfFreedom: z.number().nullable().describe("Of Student's t; null: the normal distribution"),
      lambda: z.number().nullable().describe("Weight of the predictions in PPI++"),
      notComputable: z.string().nullable(),
    }),
  ),
  alarms: z.array(
    z.object({
      name: z.enum(["overidentification", "covariate-balance"]),
      statistic: z.number(),
      degreesOfFreedom: z.number(),
      law: z
        .enum(["permutation", "chi-squared"])
        .describe(
          "Where p is from: redraws of which units are labelled, exact under random labelling, or chi-squared, for very many labels and for unequal chances",
        ),
      p: z.number(),
      alpha: z.number(),
      rejected: z.boolean(),
      words: z.string(),
    }),
  ),
  tables: z
    .object({
      tables: z.int(),
      syntheticRows: z.number().describe("Of one table, on average"),
      realRows: z.int(),
      synthesis: z.enum(["fitted", "full", "partial"]),
      rule: combiningRule,
      combined: z.array(
        z.object({
          rule: combiningRule,
          terms: z.array(z.object(term)).nullable(),
          repaired: z.boolean().describe("A negative variance was replaced"),
          notComputable: z.string().nullable(),
        }),
      ),
      asIfReal: z.array(z.object(term)).describe("The first table read as if it were real: what must not be done"),
      agreement: z.array(z.object({ term: z.string(), overlap: z.number(), standardisedDifference: z.number() })),
    })
    .nullable(),
  notices: z.array(z.string()),
});

/** Every published schema, by file name. */
export function publishedSchemas(): Readonly<Record<string, unknown>> {
  return {
    "result.schema.json": z.toJSONSchema(resultSchema),
    "run-result.schema.json": z.toJSONSchema(runResultSchema),
    "drift.schema.json": z.toJSONSchema(driftSchema),
    "plan.schema.json": z.toJSONSchema(planSchema),
    "scale.schema.json": z.toJSONSchema(scaleSchema),
    "infer.schema.json": z.toJSONSchema(inferSchema),
    "collapse.schema.json": z.toJSONSchema(collapseSchema),
    "verification.schema.json": z.toJSONSchema(verificationSchema),
    "dp.schema.json": z.toJSONSchema(privacyStatementSchema),
  };
}
