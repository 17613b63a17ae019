import { z } from "zod";

const interval = { value: z.number(), low: z.number(), high: z.number() };
const answer = z.object(interval);
const ends = { low: z.number(), high: z.number() };
const lawSchema = z
  .object({
    kind: z.enum(["rectified", "power"]),
    amplitude: z.number().describe("B"),
    learnt: z.number().describe("D_l; 0 in a power law"),
    exponent: z.number().describe("beta"),
    floor: z.number().describe("E"),
  })
  .describe("loss = amplitude / (learnt + size^exponent) + floor; for a score the loss is perfect − score");
const scaleParameter = z.object({
  value: z.number(),
  bootstrap: z.object(ends),
  profile: z
    .object({
      ...ends,
      lowOpen: z.boolean().describe("The interval runs into the lower end of what is looked at"),
      highOpen: z.boolean(),
      empty: z.boolean(),
    })
    .nullable(),
});
const foretold = z.object({ ...interval, logError: z.number().describe("log foretold loss − log measured loss") });
const fittedScale = z.object({
  law: lawSchema,
  parameters: z.object({
    amplitude: scaleParameter,
    learnt: scaleParameter,
    exponent: scaleParameter,
    floor: scaleParameter,
  }),
  rmsdLog: z.number().describe("Root mean squared distance of the points to the law, in log loss"),
  scatter: z.number().describe("Standard deviation of log losses about the law, robust"),
  huber: z.number().describe("Distance in log loss beyond which a point counts by its size, not its square"),
  aicc: z.number().nullable().describe("Null: too few points"),
  power: z.object({ law: lawSchema, rmsdLog: z.number(), aicc: z.number().nullable() }),
  resampling: z.enum(["seeds", "residuals", "both"]).describe("What the bootstrap drew anew"),
  heldOut: z
    .object({ size: z.number(), measured: z.number(), seeds: z.int(), rectified: foretold, power: foretold })
    .describe("The largest size, foretold from all others"),
  limit: answer.describe("What no amount of data gets past"),
  knee: answer.describe("The size from which the loss falls as a power law"),
  doubling: z
    .object({ ...interval, from: z.number(), to: z.number(), before: z.number() })
    .describe("Gain from twice the largest size"),
  target: z
    .object({
      target: z.number(),
      verdict: z.enum(["reached", "beyond", "unreachable"]),
      size: z.number().nullable(),
      low: z.number().nullable(),
      high: z.number().nullable().describe("Null: no end within 16 times the largest size"),
    })
    .nullable(),
  predictions: z.array(
    z.object({
      size: z.number(),
      answer: answer.nullable().describe("Null: refused, beyond 16 times the largest size"),
    }),
  ),
  curve: z.array(z.object({ ...interval, size: z.number(), power: z.number() })),
});

/** What `counterfoil scale --json` prints. */
export const scaleSchema = z.object({
  format: z.literal("counterfoil-scale/1"),
  version: z.string(),
  decision: z
    .enum(["fitted", "refused"])
    .describe("Refused: the loss does not fall with the size, or a size beyond 16 times the largest was asked about"),
  reasons: z.array(z.string()).describe("Whole sentences, the answer first"),
  source: z.object({ name: z.string(), rows: z.int(), sha256: z.string() }),
  metric: z.object({ name: z.string(), better: z.enum(["higher", "lower"]), perfect: z.number() }),
  columns: z.object({
    size: z.string().nullable(),
    loss: z.string().nullable(),
    seed: z.string().nullable(),
    group: z.string().nullable(),
    wide: z.boolean(),
  }),
  level: z.number().describe("Confidence of the intervals"),
  samples: z.int().describe("Laws of the bootstrap"),
  seed: z.number(),
  laws: z.array(
    z.object({
      group: z.string().nullable(),
      rungs: z.array(
        z.object({
          size: z.number(),
          values: z.array(z.number()),
          mean: z.number(),
          interval: z.object(ends).nullable().describe("Of the mean; null: one measurement"),
        }),
      ),
      notices: z.array(z.string()),
      falling: z.object({ direction: z.enum(["falls", "rises", "flat"]), slope: z.number(), p: z.number() }),
      fitted: fittedScale.nullable().describe("Null: the loss does not fall with the size"),
      sentences: z.array(z.string()),
    }),
  ),
  left: z.array(z.object({ group: z.string(), why: z.string() })),
  summary: z
    .object({
      fitted: z.int(),
      meanRmsdLog: z.object({ rectified: z.number(), power: z.number() }),
      heldOut: z.object({
        medianLogError: z.object({ rectified: z.number(), power: z.number() }),
        inside: z.int().describe("Laws whose interval held what was measured"),
      }),
    })
    .nullable(),
  notices: z.array(z.string()),
});
