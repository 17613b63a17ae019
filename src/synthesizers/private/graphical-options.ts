import { z } from "zod";
import type { LearnerFunctions } from "../draw-task.ts";

// What the synthesizers have in common that learn a graphical model from noisy counts.

/** Functions of the learner, for `code-model.ts`. */
export const graphicalLearner: LearnerFunctions = {
  module: new URL("../../learners/graphical/draw.js", import.meta.url).href,
  draw: "drawGraphical",
  logEvidence: "logEvidenceGraphical",
};

/** The option `rareSigmas`.
 * @param sigmas default */
export function rareSigmasOption(sigmas: number) {
  return z
    .number()
    .min(0)
    .max(100)
    .default(sigmas)
    .describe(
      "Values whose noisy count is below so many standard deviations of the noise are learned as one; 0: none.",
    );
}

/** The option `memoryMegabytes`. */
export const memoryMegabytesOption = z
  .number()
  .positive()
  .max(1_000_000)
  .default(1024)
  .describe("Memory that counts and model may take; what needs more is refused before anything is spent.");
