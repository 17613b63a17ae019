import type { Json } from "../model.ts";
import type { Misfit, SchemaCheck } from "./schema-check.ts";

/** A value that was made to fit by changes that lose nothing. */
export interface Mended {
  readonly value: Json;
  /** Empty: it fits. */
  readonly misfits: readonly Misfit[];
  /** A cell was read as what it says: "3" as 3. */
  readonly retyped: boolean;
  /** A null was read as absent. */
  readonly dropped: boolean;
}

/** Reads cells of the wrong type as what they say: "3" as 3, "true" as true, 3 as "3", a text that is a JSON object as that object. Null for a property
 * that may be absent is left out, which is how strict modes say that it is absent. Changes `value` in place. */
export function mendValue(value: Json, check: SchemaCheck): Mended {
  const holder: { value: Json } = { value };
  let misfits = check(holder.value);
  let retyped = false;
  let dropped = false;
  for (let pass = 0; pass < MOST_PASSES && misfits.length > 0; pass++) {
    let changed = false;
    for (const { path, keyword, types } of misfits) {
      const place = placeOf(holder, path);
      if (!place) continue;
      const found = place.in[place.name];
      if (found === null && keyword !== "additionalProperties" && !Array.isArray(place.in) && place.in !== holder) {
        delete place.in[place.name];
        dropped = true;
        changed = true;
        continue;
      }
      if (keyword !== "type") continue;
      const mended = types.map((type) => readAs(found as Json, type)).find((other) => other !== undefined);
      if (mended === undefined) continue;
      place.in[place.name] = mended;
      changed = true;
      retyped = true;
    }
    if (!changed) break;
    misfits = check(holder.value);
  }
  return { value: holder.value, misfits, retyped, dropped };
}

/** Text within text within text is not worth more. */
const MOST_PASSES = 4;

interface Place {
  readonly in: Record<string, Json>;
  readonly name: string;
}

function placeOf(holder: { value: Json }, path: string): Place | undefined {
  const names = path.split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  names[0] = "value";
  let at: unknown = holder;
  for (const name of names.slice(0, -1)) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  const name = names.at(-1) as string;
  return typeof at === "object" && at !== null && Object.hasOwn(at, name)
    ? { in: at as Record<string, Json>, name }
    : undefined;
}

function readAs(value: Json, type: string): Json | undefined {
  if (type === "string") return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (type === "number" || type === "integer") {
    const number = Number(text);
    const isNumber =
      /^[+-]?(\d{1,15}|\d{1,14}\.\d{1,14})$/.test(text) && (type === "number" || Number.isInteger(number));
    return isNumber ? number : undefined;
  }
  if (type === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  if (type === "null") return text === "null" || text === "" ? null : undefined;
  if (!/^[{[]/.test(text)) return undefined;
  try {
    const parsed = JSON.parse(text) as Json;
    return Array.isArray(parsed) === (type === "array") ? parsed : undefined;
  } catch {
    return undefined;
  }
}
