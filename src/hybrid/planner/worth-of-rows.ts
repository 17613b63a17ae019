import type { Rows, Worth } from "./answers.ts";
import { answer, type Planning } from "./planning.ts";
import { lossAt, multipleFor, type ResponseSurface, standIn } from "./surface.ts";

/** What more real rows would bring at some rows, in the metric and in synthetic rows. Four times the synthetic rows for a real one that were tried
 * is as far as the latter go. Null: beyond the pilot's reach. */
export function worthOfRows(planning: Planning, options: { readonly extra: number; readonly at: Rows }): Worth | null {
  const { extra, at } = options;
  if (at.real + extra > planning.reach) return null;
  const more = { real: at.real + extra, synthetic: at.synthetic };
  const furthest = 4 * planning.largestMultiple * at.real;
  const equivalent = (surface: ResponseSurface): number => {
    if (planning.surfaces.verdict !== "helps") return Number.POSITIVE_INFINITY;
    const size = more.real * (1 + standIn(surface, more.synthetic / more.real));
    const rows = multipleFor(surface, size / at.real - 1) * at.real - at.synthetic;
    return at.synthetic + rows > furthest ? Number.POSITIVE_INFINITY : Math.max(0, Math.ceil(rows - 1e-9));
  };
  return {
    extra,
    at,
    gain: answer(planning, (surface) => lossAt(surface, at) - lossAt(surface, more)),
    asSynthetic: answer(planning, equivalent),
  };
}
