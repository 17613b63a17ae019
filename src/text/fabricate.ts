import type { Json, JsonSchema } from "../llm/model.ts";

/** Most levels of a fabricated value. */
const MOST_DEPTH = 12;

/** Values for the commonest formats of a string. */
const FORMATS: Readonly<Record<string, string>> = {
  date: "2020-06-15",
  "date-time": "2020-06-15T12:00:00Z",
  time: "12:00:00Z",
  email: "somebody@example.com",
  uri: "https://example.com/",
  uuid: "00000000-0000-4000-8000-000000000000",
};

/** A value of plausible size that fits a schema, to reckon with before anything was asked. It says nothing: every text is filler.
 * @param words of a text whose length the schema leaves open */
export function fabricate(schema: JsonSchema, words: number): Json {
  return fitting(schema, { root: schema, words, depth: 0 });
}

interface Within {
  readonly root: JsonSchema;
  readonly words: number;
  readonly depth: number;
}

function fitting(schema: Json | undefined, within: Within): Json {
  if (!isObject(schema) || within.depth > MOST_DEPTH) return null;
  const inside = { ...within, depth: within.depth + 1 };
  if (typeof schema.$ref === "string") return fitting(resolve(within.root, schema.$ref), inside);
  if (schema.const !== undefined) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0] ?? null;
  if (Array.isArray(schema.allOf)) {
    const parts = schema.allOf
      .filter(isObject)
      .map((part) => (typeof part.$ref === "string" ? resolve(within.root, part.$ref) : part));
    return fitting(Object.assign({}, schema, { allOf: null }, ...parts), inside);
  }
  const branches = Array.isArray(schema.anyOf) ? schema.anyOf : Array.isArray(schema.oneOf) ? schema.oneOf : undefined;
  if (branches)
    return fitting(branches.find((branch) => isObject(branch) && branch.type !== "null") ?? branches[0], inside);
  switch (typeOf(schema)) {
    case "object":
      return Object.fromEntries(
        Object.entries(isObject(schema.properties) ? schema.properties : {}).map(([name, part]) => [
          name,
          fitting(part, inside),
        ]),
      );
    case "array": {
      const length = Math.min(Math.max(numberOr(schema.minItems, 0), 2), numberOr(schema.maxItems, 2));
      return Array.from({ length }, () => fitting(schema.items ?? { type: "string" }, inside));
    }
    case "integer":
      return Math.ceil(numberOr(schema.minimum, numberOr(schema.exclusiveMinimum, -1) + 1));
    case "number":
      return numberOr(schema.minimum, numberOr(schema.exclusiveMinimum, 0) + 0.5);
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return textOf(schema, within.words);
  }
}

function textOf(schema: { readonly [key: string]: Json }, words: number): string {
  const format = typeof schema.format === "string" ? FORMATS[schema.format] : undefined;
  if (format !== undefined) return format;
  const text = filler(words);
  const least = numberOr(schema.minLength, 0);
  return text.padEnd(least, " filler").slice(0, Math.max(least, numberOr(schema.maxLength, text.length)));
}

/** So many words. */
export function filler(words: number): string {
  return Array.from({ length: Math.max(1, Math.round(words)) }, (_, i) => (i % 7 === 6 ? "filler." : "filler")).join(
    " ",
  );
}

function typeOf(schema: { readonly [key: string]: Json }): Json {
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== "null") : schema.type;
  if (type !== undefined) return type;
  return schema.properties !== undefined ? "object" : schema.items !== undefined ? "array" : "string";
}

function resolve(root: JsonSchema, reference: string): Json {
  return reference
    .replace(/^#\/?/, "")
    .split("/")
    .filter((part) => part !== "")
    .reduce<Json>(
      (at, part) => (isObject(at) ? (at[part.replaceAll("~1", "/").replaceAll("~0", "~")] ?? null) : null),
      root,
    );
}

function numberOr(value: Json | undefined, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
