import { z } from "zod";

/** Options of what is fitted by online EM over groups of codes: `mixture` and `circuit`.
 * @param fitRows default for the rows that are learnt from */
export function emOptions(fitRows: number) {
  return {
    groups: z
      .number()
      .int()
      .min(4)
      .max(250)
      .default(48)
      .describe("Most groups that the codes of a quantity share: relations are learnt between groups."),
    passes: z.number().int().min(1).max(1000).default(60).describe("Most passes over the training rows."),
    patience: z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(3)
      .describe("Passes without likelier held-out rows before it ends."),
    fitRows: z
      .number()
      .int()
      .min(100)
      .default(fitRows)
      .describe("Most rows that are learnt from, drawn at random. Shares of single columns count all rows."),
  };
}

/** What such a fit tells: how likely held-out rows are, and on how many rows it was learnt. */
export function emNotes(
  model: { readonly heldOutLogLikelihood: number },
  how: { readonly rows: number; readonly fitRows: number },
): readonly string[] {
  const { heldOutLogLikelihood } = model;
  const { rows, fitRows } = how;
  return [
    ...(Number.isNaN(heldOutLogLikelihood)
      ? []
      : [`Log-likelihood of held-out training rows: ${heldOutLogLikelihood.toFixed(2)} nats a row.`]),
    ...(rows > fitRows
      ? [`Learnt from ${fitRows} of ${rows} training rows, drawn at random; shares of columns count all.`]
      : []),
  ];
}
