import { Ajv, type ErrorObject } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { InvalidArgument } from "../../errors.ts";
import { nearest } from "../../math/nearest-name.ts";
import type { Json, JsonSchema } from "../model.ts";
import { FORMATS } from "./formats.ts";
import { isSchema, mapSubschemas } from "./map-subschemas.ts";
import { patternRisk } from "./pattern-risk.ts";

/** What a value does not fulfil of a schema. */
export interface Misfit {
  /** JSON Pointer to the value. */
  readonly path: string;
  /** The keyword of JSON Schema that it breaks. */
  readonly keyword: string;
  /** Types that would do, where `keyword` is "type". */
  readonly types: readonly string[];
  /** For a reader, and for the model that is asked again. */
  readonly message: string;
}

/** @returns what does not fit; empty: it fits */
export type SchemaCheck = (value: Json) => readonly Misfit[];

/** Compiles a JSON Schema, once for all answers. Integers must be such as a double holds exactly.
 * @param where whose schema it is, for errors, as in 'step "question"'
 * @throws {InvalidArgument} it is none; it is too big or too deep; it refers to another file; a pattern in it can take exponential time */
export function compileSchema(schema: JsonSchema, { where }: { readonly where: string }): SchemaCheck {
  limitSchema(schema, where);
  refuseMistypedKeywords(schema, where);
  const { $schema, ...rest } = boundIntegers(schema);
  const options = {
    strict: false,
    allErrors: true,
    addUsedSchema: false,
    logger: false as const,
    formats: { ...FORMATS },
    // A validator of its own for each definition: a schema that refers to one of them a thousand times must not grow a thousandfold.
    inlineRefs: false,
    code: { regExp: Object.assign((pattern: string) => safePattern(pattern, where), { code: "safePattern" }) },
  };
  const isOld = typeof $schema === "string" && /draft-0[67]/.test($schema);
  const validate = asOurs(where, () => (isOld ? new Ajv(options) : new Ajv2020(options)).compile(rest));
  return (value) => (validate(value) ? [] : misfits(validate.errors ?? []));
}

const MOST_CHARACTERS = 200_000;
const DEEPEST = 64;

function limitSchema(schema: JsonSchema, where: string): void {
  const refuse = (what: string, advice: string): never => {
    throw new InvalidArgument("bad-schema", `The schema of ${where} ${what}.`, { advice });
  };
  const visit = (value: Json, depth: number): void => {
    if (depth > DEEPEST) refuse(`is nested deeper than ${DEEPEST} levels`, "Make it flatter.");
    if (Array.isArray(value)) for (const part of value) visit(part, depth + 1);
    else if (isSchema(value))
      for (const [keyword, part] of Object.entries(value)) {
        if ((keyword === "$ref" || keyword === "$dynamicRef") && typeof part === "string" && !part.startsWith("#"))
          refuse(
            `refers to "${part}"; want a reference into itself ("#/$defs/…")`,
            "Copy what it refers to under $defs; nothing is fetched.",
          );
        visit(part, depth + 1);
      }
  };
  if (!isSchema(schema)) refuse("is no object", 'Write it as { "type": "object", "properties": { … } }.');
  visit(schema, 0);
  const characters = JSON.stringify(schema).length;
  if (characters > MOST_CHARACTERS)
    refuse(`has ${characters} characters; at most ${MOST_CHARACTERS} are taken`, "Ask for less at a time.");
}

/** A keyword that JSON Schema does not know says nothing, and is let be; one that is nearly one that it knows is a slip that would check nothing. */
function refuseMistypedKeywords(schema: JsonSchema, where: string): JsonSchema {
  for (const keyword of Object.keys(schema)) {
    if (KEYWORDS.has(keyword) || keyword.startsWith("x-")) continue;
    const near = nearest(keyword, [...KEYWORDS]);
    if (near !== undefined && near.length >= SHORTEST_GUESSED)
      throw new InvalidArgument(
        "bad-schema",
        `The schema of ${where} has an unknown keyword "${keyword}"; did you mean "${near}"?`,
        { advice: "See json-schema.org/draft/2020-12; begin a keyword of your own with x-." },
      );
  }
  return mapSubschemas(schema, (part) => refuseMistypedKeywords(part, where));
}

/** Shorter ones are near to too many words that somebody may mean. */
const SHORTEST_GUESSED = 6;
const KEYWORDS: ReadonlySet<string> = new Set(
  (
    "$schema $id $ref $defs $anchor $dynamicRef $dynamicAnchor $comment $vocabulary definitions type enum const title description default examples " +
    "deprecated readOnly writeOnly format properties required additionalProperties patternProperties unevaluatedProperties propertyNames minProperties maxProperties " +
    "dependentRequired dependentSchemas dependencies items prefixItems additionalItems unevaluatedItems contains minContains maxContains minItems maxItems uniqueItems " +
    "minLength maxLength pattern minimum maximum exclusiveMinimum exclusiveMaximum multipleOf allOf anyOf oneOf not if then else " +
    "contentEncoding contentMediaType contentSchema discriminator nullable example id $recursiveRef $recursiveAnchor propertyOrdering"
  ).split(" "),
);

function boundIntegers(schema: JsonSchema): JsonSchema {
  const bounded = mapSubschemas(schema, boundIntegers);
  if (bounded.type !== "integer") return bounded;
  return { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER, ...bounded };
}

function safePattern(pattern: string, where: string): RegExp {
  const risk = patternRisk(pattern);
  if (risk !== undefined)
    throw new InvalidArgument(
      "risky-pattern",
      `A pattern in the schema of ${where} can take exponential time: ${risk} (${pattern.slice(0, 100)}).`,
      { advice: "Write it without a repetition inside a repetition, or leave it out and add a check step." },
    );
  return new RegExp(pattern, "u");
}

function asOurs<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof InvalidArgument) throw error;
    throw new InvalidArgument("bad-schema", `The schema of ${where} is no JSON Schema: ${(error as Error).message}.`, {
      advice: "See json-schema.org/draft/2020-12; a zod schema is taken too.",
      cause: error,
    });
  }
}

/** The alternatives of an anyOf each report what they miss, and the anyOf itself: the first is what helps. */
function misfits(errors: readonly ErrorObject[]): readonly Misfit[] {
  return errors.map(({ instancePath, keyword, message, params }) => ({
    path: instancePath,
    keyword,
    types: keyword === "type" ? [params.type as string | string[]].flat() : [],
    message: `${instancePath === "" ? "the answer" : instancePath} ${message ?? `breaks "${keyword}"`}${detail(params)}`,
  }));
}

function detail(params: Record<string, unknown>): string {
  if (Array.isArray(params.allowedValues)) return `: ${JSON.stringify(params.allowedValues).slice(0, 200)}`;
  if (typeof params.additionalProperty === "string") return `: "${params.additionalProperty.slice(0, 60)}"`;
  if ("allowedValue" in params) return `: ${JSON.stringify(params.allowedValue).slice(0, 100)}`;
  return "";
}
