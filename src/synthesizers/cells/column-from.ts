import type { Column } from "../../data/table.ts";
import type { ColumnPlan } from "./columns.ts";
import type { Cells } from "./draw-cells.ts";

/** The drawn cells as a column like the training table's. */
export function columnFrom(plan: ColumnPlan, { cells, tokens }: Cells): Column {
  const base = {
    name: plan.name,
    ...(tokens ? { missing: { tokens: plan.codec.missing, codes: tokens } } : {}),
  };
  if (plan.type === "text")
    return {
      ...base,
      type: "text",
      codes: cells as Int32Array,
      dictionary: plan.kind === "labels" ? plan.dictionary : [],
      storage: plan.storage as "text" | "boolean",
    };
  if (plan.type === "date")
    return {
      ...base,
      type: "date",
      values: cells as Float64Array,
      storage: plan.storage as "date" | "timestamp",
      ...(plan.format !== undefined ? { format: plan.format } : {}),
    };
  return { ...base, type: "number", values: cells as Float64Array, storage: plan.storage as "integer" | "double" };
}
