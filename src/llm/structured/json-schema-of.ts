import { z } from "zod";
import { InvalidArgument } from "../../errors.ts";
import type { JsonSchema } from "../model.ts";

/** A schema as a recipe gives it: JSON Schema, or a zod schema (version 4). */
export type GivenSchema = JsonSchema | { readonly _zod: unknown };

/** The JSON Schema of what is given.
 * @throws {InvalidArgument} a zod schema of what JSON has no form for: a date, a map, a transformation */
export function jsonSchemaOf(given: GivenSchema, { where }: { readonly where: string }): JsonSchema {
  if (!isZod(given)) return given as JsonSchema;
  try {
    return z.toJSONSchema(given, { io: "input" }) as JsonSchema;
  } catch (error) {
    throw new InvalidArgument(
      "bad-schema",
      `The zod schema of ${where} has no form in JSON Schema: ${(error as Error).message}`,
      { advice: "Use strings, numbers, booleans, null, arrays, objects and unions of them.", cause: error },
    );
  }
}

/** Whether a schema is one of zod's. */
export function isZod(given: unknown): given is z.ZodType {
  return typeof given === "object" && given !== null && "_zod" in given;
}
