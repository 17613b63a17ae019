import type { Json, JsonSchema, OutputMode } from "../model.ts";
import { isSchema, mapSubschemas } from "./map-subschemas.ts";

/** A schema in the form that a provider's structured mode takes. */
export interface FittedSchema {
  readonly schema: JsonSchema;
  /** The provider can be asked to hold to it strictly. */
  readonly strict: boolean;
}

/** Fits a schema to a provider and a rung: strict where that can be said in its terms, else as it is and not strict. What the provider has no words
 * for (a least length, say) is left out and checked afterwards, since every answer is checked against the schema as given.
 *
 * Strict means closed objects with every property required; one that may be absent may be null instead, and null is dropped when the answer is read.
 * @returns undefined: the rung cannot be asked for this schema at all
 * @source OpenAI, Anthropic and Gemini, guides to structured outputs (2026); node-llama-cpp 3.22, `GbnfJsonSchema` */
export function fitSchema(
  schema: JsonSchema,
  { provider, mode }: { readonly provider: string; readonly mode: OutputMode },
): FittedSchema | undefined {
  if (mode === "grammar") return grammarSchema(schema);
  if (mode === "json" || mode === "prompt") return { schema, strict: false };
  const dialect = DIALECTS[provider] ?? OPENAI;
  const { $schema: _, ...plain } = schema;
  if (!canBeStrict(plain, { depth: 0, dialect })) return { schema: plain, strict: false };
  return { schema: close(plain, dialect), strict: true };
}

interface Dialect {
  /** Keywords that only narrow a value, and that the provider does not take. */
  readonly without: ReadonlySet<string>;
  readonly deepest: number;
}

const NARROWING = ["minLength", "maxLength", "uniqueItems", "minProperties", "maxProperties", "default", "examples"];
const OPENAI: Dialect = { without: new Set(NARROWING), deepest: 10 };
const DIALECTS: Readonly<Record<string, Dialect>> = {
  openai: OPENAI,
  anthropic: {
    without: new Set([
      ...NARROWING,
      "minimum",
      "maximum",
      "exclusiveMinimum",
      "exclusiveMaximum",
      "multipleOf",
      "minItems",
      "maxItems",
      "pattern",
    ]),
    deepest: 10,
  },
  gemini: {
    without: new Set([...NARROWING, "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "pattern"]),
    deepest: 10,
  },
};

/** Their meaning would be lost if they were left out, and no strict mode takes them. */
const NEVER_STRICT = [
  "allOf",
  "not",
  "if",
  "dependentRequired",
  "dependentSchemas",
  "patternProperties",
  "propertyNames",
  "contains",
  "unevaluatedProperties",
  "unevaluatedItems",
  "prefixItems",
  "$dynamicRef",
];

function canBeStrict(schema: JsonSchema, { depth, dialect }: { depth: number; dialect: Dialect }): boolean {
  if (depth > dialect.deepest || NEVER_STRICT.some((keyword) => keyword in schema)) return false;
  if (depth === 0 && (schema.type !== "object" || schema.$ref !== undefined)) return false;
  const { additionalProperties: open, items, type, properties } = schema;
  if (open !== undefined && open !== false) return false;
  if (Array.isArray(items)) return false;
  if (type === "object" && !isSchema(properties)) return false;
  if (![type, schema.$ref, schema.enum, schema.const, schema.anyOf, schema.oneOf].some((said) => said !== undefined))
    return false;
  let strict = true;
  mapSubschemas(schema, (part) => {
    strict &&= canBeStrict(part, { depth: depth + 1, dialect });
    return part;
  });
  return strict;
}

function close(schema: JsonSchema, dialect: Dialect): JsonSchema {
  const kept = Object.fromEntries(
    Object.entries(mapSubschemas(schema, (part) => close(part, dialect)))
      .filter(([keyword]) => !dialect.without.has(keyword))
      // Alternatives that exclude each other are alternatives: what fits two of them is found when the answer is checked.
      .map(([keyword, value]) => [keyword === "oneOf" ? "anyOf" : keyword, value]),
  ) as Record<string, Json>;
  if (!isSchema(kept.properties)) return kept;
  const required = Array.isArray(schema.required) ? schema.required : [];
  const properties = Object.fromEntries(
    Object.entries(kept.properties).map(([name, part]) => [
      name,
      required.includes(name) || !isSchema(part) ? part : orNull(part),
    ]),
  );
  return { ...kept, properties, required: Object.keys(properties), additionalProperties: false };
}

function orNull(schema: JsonSchema): JsonSchema {
  const { type, enum: values, ...rest } = schema;
  if (typeof type === "string" && values === undefined)
    return type === "null" ? schema : { ...rest, type: [type, "null"] };
  return { anyOf: [schema, { type: "null" }] };
}

/** The part of JSON Schema that the grammar of the embedded model is made from. Numbers have no bounds there, so few whole numbers are listed. */
function grammarSchema(schema: JsonSchema): FittedSchema | undefined {
  const fitted = toGrammar(schema);
  return fitted && { schema: fitted, strict: true };
}

const MOST_LISTED = 200;

function toGrammar(schema: JsonSchema): JsonSchema | undefined {
  if (NEVER_STRICT.some((keyword) => keyword !== "prefixItems" && keyword in schema)) return undefined;
  const { type, minimum, maximum, anyOf, oneOf, properties, items, prefixItems, additionalProperties } = schema;
  const named: Record<string, Json> = {};
  const definitions = schema.$defs ?? schema.definitions;
  if (isSchema(definitions)) {
    const parts = mapAll(definitions);
    if (!parts) return undefined;
    named.$defs = parts;
  }
  if (typeof schema.$ref === "string") {
    const reference = schema.$ref.replace("#/definitions/", "#/$defs/");
    return reference.startsWith("#/$defs/") ? { ...named, $ref: reference } : undefined;
  }
  if (schema.const !== undefined) return isScalar(schema.const) ? { const: schema.const } : undefined;
  if (Array.isArray(schema.enum)) return schema.enum.every(isScalar) ? { enum: schema.enum } : undefined;
  const alternatives = anyOf ?? oneOf;
  if (Array.isArray(alternatives)) {
    const parts = alternatives.map((part) => (isSchema(part) ? toGrammar(part) : undefined));
    return parts.every((part) => part !== undefined) ? { ...named, oneOf: parts as Json[] } : undefined;
  }
  if (type === "integer" && typeof minimum === "number" && typeof maximum === "number") {
    const low = Math.ceil(minimum);
    const values = Math.floor(maximum) - low + 1;
    if (values >= 1 && values <= MOST_LISTED) return { enum: Array.from({ length: values }, (_, i) => low + i) };
  }
  if (type === "object") {
    const parts = isSchema(properties) ? mapAll(properties) : {};
    if (!parts) return undefined;
    const rest = isSchema(additionalProperties) ? toGrammar(additionalProperties) : undefined;
    return {
      ...named,
      type,
      properties: parts,
      ...(rest ? { additionalProperties: rest } : {}),
      ...(additionalProperties === true ? { additionalProperties } : {}),
    };
  }
  if (type === "array") {
    const each = isSchema(items) ? toGrammar(items) : undefined;
    if (isSchema(items) && !each) return undefined;
    const first = Array.isArray(prefixItems) ? prefixItems.map((part) => isSchema(part) && toGrammar(part)) : undefined;
    if (first?.some((part) => !part)) return undefined;
    return {
      ...named,
      type,
      ...(each ? { items: each } : {}),
      ...(first ? { prefixItems: first as Json[] } : {}),
      ...pick(schema, ["minItems", "maxItems"]),
    };
  }
  if (type === "string") {
    const format = ["date", "time", "date-time"].includes(schema.format as string) ? pick(schema, ["format"]) : {};
    return { type, ...("format" in format ? format : pick(schema, ["minLength", "maxLength"])) };
  }
  if (typeof type === "string") return { type };
  if (Array.isArray(type)) {
    const parts = type.map((one) => toGrammar({ ...schema, type: one }));
    return parts.every((part) => part !== undefined) ? { ...named, oneOf: parts as Json[] } : undefined;
  }
  return undefined;
}

function mapAll(parts: JsonSchema): JsonSchema | undefined {
  const entries = Object.entries(parts).map(([name, part]) => [name, isSchema(part) ? toGrammar(part) : undefined]);
  return entries.every(([, part]) => part !== undefined) ? Object.fromEntries(entries) : undefined;
}

function isScalar(value: Json): boolean {
  return value === null || typeof value !== "object";
}

function pick(schema: JsonSchema, keywords: readonly string[]): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => keywords.includes(keyword)));
}
