import { type Table, tableOf } from "../../src/data/table.ts";
import { randomFromSeed } from "../../src/random.ts";
import type { TableSchema } from "../../src/schema/schema.ts";

export const linkedSchema: TableSchema = {
  format: "counterfoil-schema/1",
  notes: [],
  columns: [
    { name: "label", kind: "categorical", type: "text", evidence: [] },
    { name: "amount", kind: "continuous", type: "number", evidence: [] },
    { name: "later", kind: "continuous", type: "number", evidence: [] },
  ],
};

/** A label that goes with an amount, and a later amount that is the first with some noise. */
export function linkedTable(rows: number, seed: number): Table {
  const random = randomFromSeed(seed);
  const amount = Float64Array.from({ length: rows }, () => random.normal());
  return tableOf([
    {
      name: "label",
      type: "text",
      storage: "text",
      dictionary: ["up", "down"],
      codes: Int32Array.from(amount, (value) => (value + 0.5 * random.normal() > 0 ? 0 : 1)),
    },
    { name: "amount", type: "number", storage: "double", values: amount },
    { name: "later", type: "number", storage: "double", values: amount.map((value) => value + 0.3 * random.normal()) },
  ]);
}
