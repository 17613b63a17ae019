import { z } from "zod";

const generationPoint = {
  generation: z.int().describe("0: the real rows"),
  value: z.number(),
  low: z.number(),
  high: z.number(),
};
const arm = z.enum(["accumulate", "replace", "anchored"]);
const collapseCommon = {
  format: z.literal("counterfoil-collapse/1"),
  version: z.string(),
  generations: z.int(),
  level: z.number().describe("Of the intervals of single values"),
  seed: z.number(),
};

/** What `counterfoil collapse --json` prints. */
export const collapseSchema = z.discriminatedUnion("study", [
  z.object({
    ...collapseCommon,
    study: z.literal("linear"),
    dimensions: z.int(),
    rows: z.int(),
    trials: z.int(),
    arms: z.array(
      z.object({
        arm,
        points: z
          .array(z.object({ ...generationPoint, theory: z.number() }))
          .describe("Squared error over that of one fit to real rows"),
      }),
    ),
  }),
  z.object({
    ...collapseCommon,
    study: z.literal("table"),
    decision: z.enum(["none", "stop"]),
    reasons: z.array(z.string()),
    decides: arm.describe("The arm that decides"),
    table: z.object({ name: z.string(), rows: z.int(), sha256: z.string(), generation: z.int() }),
    learnt: z.int().describe("Real rows that the first generation learns from"),
    frozen: z.int().describe("Real rows that were set aside before"),
    synthesizer: z.object({ name: z.string(), options: z.record(z.string(), z.unknown()) }),
    seeds: z.int(),
    mostFall: z.number(),
    falseAlarms: z.number().describe("Of an arm, were every generation a redraw of one population"),
    monitors: z.array(z.object({ name: z.string(), title: z.string(), explains: z.string() })),
    notWatched: z.array(z.object({ name: z.string(), why: z.string() })),
    arms: z.array(
      z.object({
        arm,
        stops: z.array(z.object({ generation: z.int(), monitor: z.string(), change: z.number(), high: z.number() })),
        curves: z.array(z.object({ monitor: z.string(), points: z.array(z.object(generationPoint)) })),
      }),
    ),
  }),
]);
