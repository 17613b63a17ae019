import type { ModelParameters } from "../../llm/model.ts";

/** The parameters of one draw: a seed is moved on by the number of the draw, since with the same seed every draw of the same question has the same answer.
 * The embedded model always gets one: it keeps its promise, so a run can be repeated. */
export function drawnParameters(
  parameters: ModelParameters,
  { sample, provider }: { readonly sample: number; readonly provider: string },
): ModelParameters {
  if (parameters.seed === undefined && provider !== "local") return parameters;
  return { ...parameters, seed: (parameters.seed ?? 0) + sample };
}
