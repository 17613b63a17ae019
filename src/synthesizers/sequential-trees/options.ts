import { z } from "zod";

/** How a tree splits a number: by variance, by variance of its ranks, or as so many classes of equal count. */
export const CRITERIA = ["variance", "ranks", "classes8", "classes16"] as const;
export type Criterion = (typeof CRITERIA)[number];

/** How a column is drawn: by trees, from an additive regression's nearest rows, or from the whole column, asking nobody. */
export const METHODS = ["tree", "forest", "linear", "sample"] as const;
export type Method = (typeof METHODS)[number];

export const sequentialTreesOptions = z.strictObject({
  minLeaf: z.int().min(1).max(100_000).default(40).describe("Fewest training rows in a leaf."),
  price: z
    .number()
    .min(0)
    .max(100)
    .default(1.2)
    .describe("What a split must gain: likelihood ratio ≥ price × (degrees of freedom + 2 log cuts tried)."),
  criterion: z
    .enum(["auto", ...CRITERIA])
    .default("auto")
    .describe("How numbers are split; auto: chosen for each column on validation rows."),
  order: z
    .union([
      z.enum(["auto", "given", "two-valued-first", "fewest-values-first", "missing-first"]),
      z.array(z.string()).min(1),
    ])
    .default("auto")
    .describe("The order in which columns are modelled, or their names; auto: chosen on validation rows."),
  forest: z
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe("Trees of each column; each row is drawn by one of them. More take longer, and miss and remember less."),
  methods: z
    .record(z.string(), z.enum(METHODS))
    .default({})
    .describe(
      "How single columns are drawn: tree; forest (five, if forest is 1); linear: among rows alike by an additive regression; sample: from the column by itself.",
    ),
  minLeafOf: z
    .record(z.string(), z.int().min(1).max(100_000))
    .default({})
    .describe("Fewest training rows in a leaf, for single columns."),
  survival: z
    .strictObject({ time: z.string(), event: z.string() })
    .optional()
    .describe("Columns of a survival outcome: the event is drawn first, then the time given the event."),
  rules: z
    .array(z.strictObject({ when: z.string(), column: z.string(), value: z.union([z.string(), z.number(), z.null()]) }))
    .default([])
    .describe(
      "Rows that meet a condition (CEL) hold this value in the column, whose trees do not learn from them; null: missing.",
    ),
  proper: z
    .boolean()
    .default(false)
    .describe("Learn from a bootstrap sample of the rows, so that several tables differ as much as new samples would."),
  maxPredictors: z.int().min(1).max(2000).default(60).describe("Most earlier columns that one tree may ask."),
  growRows: z.int().min(100).default(200_000).describe("Most rows that a tree is grown on; all rows fill its leaves."),
  chooseRows: z.int().min(100).default(20_000).describe("Most rows used to choose order and criteria."),
  scores: z.boolean().default(true).describe("Offer each tree an additive score of all earlier columns to split on."),
  plainDonors: z
    .boolean()
    .default(false)
    .describe("Hand out the leaves' values as they are, rare ones too. Copies people: for tests of the judge."),
});

export type SequentialTreesOptions = z.infer<typeof sequentialTreesOptions>;
