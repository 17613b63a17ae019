import type { Json, JsonSchema } from "../model.ts";

/** A schema with every direct subschema put through `change`; everything else is as it was. */
export function mapSubschemas(schema: JsonSchema, change: (subschema: JsonSchema) => JsonSchema): JsonSchema {
  const one = (value: Json): Json => (isSchema(value) ? change(value) : value);
  const result: Record<string, Json> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (MAPS.has(keyword) && isSchema(value))
      result[keyword] = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, one(part)]));
    else if (LISTS.has(keyword) && Array.isArray(value)) result[keyword] = value.map(one);
    else if (SINGLES.has(keyword)) result[keyword] = one(value);
    else result[keyword] = value;
  }
  return result;
}

/** Whether a value is an object: as a schema, one that says more than true or false. */
export function isSchema(value: Json | undefined): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const MAPS = new Set(["properties", "$defs", "definitions", "patternProperties", "dependentSchemas"]);
const LISTS = new Set(["anyOf", "oneOf", "allOf", "prefixItems", "items"]);
const SINGLES = new Set([
  "items",
  "additionalItems",
  "additionalProperties",
  "unevaluatedItems",
  "unevaluatedProperties",
  "contains",
  "propertyNames",
  "not",
  "if",
  "then",
  "else",
]);
