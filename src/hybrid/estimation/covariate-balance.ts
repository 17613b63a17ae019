import type { AlarmTest } from "./estimation.ts";
import { labelledAgainstAll, type RelabellingOptions, type UnitColumn } from "./labelled-against-all.ts";
import type { PairedSample } from "./sample.ts";

/** Whether labelled units look like all units in what is known of every unit: covariates and outcomes of the sources. Null: nothing to compare. */
export function covariateBalance({ sources, width }: PairedSample, options: RelabellingOptions): AlarmTest | null {
  const columns: UnitColumn[] = [];
  const seen: Float64Array[] = [];
  for (const { design, outcome, kind } of sources) {
    // Proxies share the design of the units.
    const known = seen.some((other) => other === design) || (kind === "proxy" && seen.length > 0);
    if (!known) {
      seen.push(design);
      for (let offset = 0; offset < width; offset++) columns.push({ values: design, stride: width, offset });
    }
    columns.push({ values: outcome, stride: 1, offset: 0 });
  }
  return labelledAgainstAll("covariate-balance", columns, options);
}
