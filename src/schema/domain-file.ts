import type { SchemaOverride } from "./file.ts";

/** A domain file of the marginal-based private synthesizers, which maps each column to its number of values: {"age": 85, "sex": 2}. Columns hold
 * the whole numbers from 0 up, and no cell is missing.
 * @param data the file's content
 * @returns undefined where it is no such file
 * @source McKenna, Miklau & Sheldon (2021), private-pgm */
export function schemaOfDomain(data: unknown, path: string): SchemaOverride | undefined {
  if (data === null || typeof data !== "object" || Array.isArray(data)) return undefined;
  const sizes = Object.entries(data);
  if (sizes.length === 0 || !sizes.every(([, size]) => Number.isInteger(size) && size >= 1 && size <= MOST_VALUES))
    return undefined;
  return {
    format: "counterfoil-schema/1",
    path,
    columns: sizes.map(([name, size]) => ({
      name,
      kind: "categorical",
      categories: Array.from({ length: size }, (_, value) => String(value)),
      nullable: false,
    })),
  };
}

/** Larger domains cannot be learned as codes. */
const MOST_VALUES = 1_000_000;
