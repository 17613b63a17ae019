import { z } from "zod";

// The shape of what `counterfoil plan --json` prints. A number without an end is null.

const number = z.number().nullable();
const ranged = z
  .object({ value: number, low: number, high: number })
  .describe("With its interval; null: without an end");
const rows = { real: z.int(), synthetic: number };
const arm = z.enum(["mix", "pretrain"]);
const measured = z.object({ ...rows, arm, seeds: z.int(), value: ranged });
const metric = z.object({ name: z.string(), better: z.enum(["higher", "lower"]), perfect: z.number() });
const question = z.object({
  target: z.number().nullable(),
  cost: z.object({ real: z.number(), synthetic: z.number() }),
  realAvailable: z.number(),
  level: z.number().describe("Confidence of the intervals"),
});
const mix = z.object({ real: number, synthetic: number, cost: number, value: ranged });

const told = {
  metric,
  question,
  surface: z.looseObject({ kind: z.enum(["real-only", "exchange", "saturating"]) }),
  compared: z.array(z.object({ kind: z.string(), aicc: number, rmse: z.number() })),
  synthetic: z.enum(["helps", "depends", "no-evidence", "harms", "not-enough"]),
  turnsAt: z.array(z.int()).describe("Real sizes at which what was measured goes against that verdict"),
  exchangeRate: ranged.nullable().describe("Real rows that the first synthetic row stands for"),
  averageExchange: z.array(z.object({ multiple: z.number(), rate: ranged })),
  realRowsAlone: ranged.nullable(),
  fewestRealRows: ranged.nullable(),
  cheapest: mix.nullable(),
  stopsHelping: z.object({ real: number, synthetic: ranged }).nullable(),
  worth: z.array(
    z.object({ extra: z.int(), at: z.object({ real: number, synthetic: number }), gain: ranged, asSynthetic: ranged }),
  ),
  arm: z.object({ recommended: arm, difference: ranged.nullable(), pairs: z.int() }),
  shareCurve: z.object({
    total: z.number(),
    points: z.array(
      z.object({
        share: z.number(),
        real: z.number(),
        synthetic: z.number(),
        fitted: ranged.nullable(),
        measured: measured.nullable(),
      }),
    ),
  }),
  frontier: z.array(mix),
  lines: z.array(z.object({ multiple: z.number(), points: z.array(z.object({ real: z.number(), value: ranged })) })),
  measured: z.array(measured),
  holes: z.array(z.object({ ...rows, seed: z.int(), arm, failure: z.string() })),
  basis: z.looseObject({ seeds: z.int(), draws: z.int(), values: z.int() }),
  sentences: z.array(z.string()),
};

const answers = z.looseObject({
  ...told,
  shifted: z.looseObject(told).nullable().describe("The same on the shifted test set"),
});

/** What `counterfoil plan --json` prints. */
export const planSchema = z.object({
  format: z.literal("counterfoil-plan/1"),
  version: z.string(),
  decision: z.enum(["told", "indeterminate"]),
  sentences: z.array(z.string()).describe("The answer, the deciding sentence first"),
  answers: answers.nullable(),
  pilot: z.object({
    files: z.array(
      z.object({
        role: z.enum(["train", "test", "shifted", "grid"]),
        name: z.string(),
        rows: z.int(),
        sha256: z.string(),
      }),
    ),
    metric,
    student: z.string(),
    generator: z.string(),
    design: z
      .object({
        sizes: z.array(z.int()),
        multiples: z.array(z.number()),
        arms: z.array(arm),
        total: z.int().describe("Rows in all along the share of synthetic rows"),
        seeds: z.int(),
        fits: z.int(),
        trainings: z.int(),
      })
      .nullable()
      .describe("Null: the pilot was read from a grid"),
    cells: z.array(
      z.object({
        real: z.int(),
        synthetic: z.int(),
        source: z.int().optional().describe("Of a cell without real rows: those that the generator saw"),
        seed: z.int(),
        arm,
        test: z.enum(["test", "shifted"]),
        value: z.number().nullable().describe("Null: the cell failed"),
        failure: z.string().optional(),
      }),
    ),
  }),
  question,
  seed: z.number(),
  notices: z.array(z.string()),
  folder: z.string().nullable().describe("Where it was written; null in what is written"),
});
