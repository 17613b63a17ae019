import { isMap, isScalar, isSeq, type LineCounter } from "yaml";
import { InvalidArgument } from "../errors.ts";

/** Where something stands in a recipe's file; 1-based. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Where the keys of a map, or the items of a list, stand; and where their values do. */
interface Spot {
  readonly key: Place;
  readonly value: Place;
  /** The value stands in one piece, so that a character of it can be pointed at: after so many characters, or as a block of lines below. */
  readonly text: { readonly quote: number } | "block" | undefined;
}

/** By the object that was read from the file: it stays the same where a caller lays other settings over the recipe. */
const spots = new WeakMap<object, Map<string, Spot>>();

/** Notes where the parts of a recipe stand.
 * @param data what the YAML `contents` means, plain */
export function notePlaces(
  data: unknown,
  contents: unknown,
  from: { readonly file: string; readonly lines: LineCounter },
): void {
  if (data === null || typeof data !== "object" || spots.has(data)) return;
  const at = (node: unknown): Place => {
    const range = node !== null && typeof node === "object" && "range" in node ? (node.range as [number]) : undefined;
    const { line, col } = from.lines.linePos(range?.[0] ?? 0);
    return { file: from.file, line, column: col };
  };
  const here = new Map<string, Spot>();
  spots.set(data, here);
  const note = (key: string, keyNode: unknown, value: unknown): void => {
    here.set(key, { key: at(keyNode), value: at(value ?? keyNode), text: textOf(value) });
    notePlaces((data as Record<string, unknown>)[key], value, from);
  };
  if (isMap(contents))
    for (const { key, value } of contents.items) note(String(isScalar(key) ? key.value : key), key, value);
  else if (isSeq(contents)) for (const [i, item] of contents.items.entries()) note(String(i), item, item);
}

function textOf(node: unknown): Spot["text"] {
  if (!isScalar(node) || typeof node.value !== "string") return undefined;
  if (node.type === "BLOCK_LITERAL") return "block";
  if (node.type === "PLAIN") return { quote: 0 };
  return node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE" ? { quote: 1 } : undefined;
}

/** What is pointed at: a key of an object that was read, or, by `at`, a character of the text under it. */
export interface Pointer {
  readonly in: object;
  readonly key?: PropertyKey | undefined;
  readonly at?: number | undefined;
}

/** Where it stands; undefined for a recipe that no file holds. */
export function placeOf(pointer: Pointer): Place | undefined {
  const here = spots.get(pointer.in);
  const spot = pointer.key === undefined ? here?.values().next().value : here?.get(String(pointer.key));
  // A key that is missing is looked for where the first one stands.
  if (spot === undefined) return here?.values().next().value?.key;
  const { at } = pointer;
  const value = pointer.key === undefined ? undefined : (pointer.in as Record<PropertyKey, unknown>)[pointer.key];
  if (at === undefined || typeof value !== "string" || spot.text === undefined) return spot.key;
  const before = value.slice(0, at).split("\n");
  if (spot.text === "block") return { ...spot.value, line: spot.value.line + before.length, column: 1 };
  if (before.length > 1) return spot.value;
  return { ...spot.value, column: spot.value.column + spot.text.quote + at };
}

/** The error of a recipe: where, what, and what to do. */
export function recipeProblem(pointer: Pointer | Place, text: string, cause?: unknown): InvalidArgument {
  const place = "in" in pointer ? placeOf(pointer) : pointer;
  const where = place === undefined ? "Recipe" : `${place.file}:${place.line}:${place.column}`;
  return new InvalidArgument("invalid-recipe", `${where}: ${text}${/[.?!]$/.test(text) ? "" : "."}`, {
    advice: "Mend the recipe; docs/recipes.md lists every key.",
    ...(cause === undefined ? {} : { cause }),
  });
}
