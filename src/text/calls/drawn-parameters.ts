import type { ModelParameters } from "../../llm/model.ts";

/** The parameters of one draw. The embedded model always gets a seed, moved on by the number of the draw: it keeps its promise, so a run can be repeated. Where other
 * providers are given one, their adapters do the same. */
export function drawnParameters(
  parameters: ModelParameters,
  { sample, provider }: { readonly sample: number; readonly provider: string },
): ModelParameters {
  if (provider !== "local") return parameters;
  return { ...parameters, seed: (parameters.seed ?? 0) + sample };
}
