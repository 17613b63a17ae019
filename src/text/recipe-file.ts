import { type Document, LineCounter, parseDocument } from "yaml";
import { CounterfoilError } from "../errors.ts";
import type { Recipe } from "./recipe.ts";
import { checkRecipe } from "./recipe-check.ts";
import { notePlaces, recipeProblem } from "./recipe-places.ts";

export { checkRecipe };

const MAX_CHARACTERS = 2_000_000;
const MAX_DEPTH = 40;
const MAX_VALUES = 200_000;
const MAX_ALIASES = 100;

/** Reads a recipe from the text of its file.
 * @param text YAML (JSON is YAML)
 * @param options `file`: its name, for messages
 * @throws {InvalidArgument} "invalid-recipe": says file, line and column, what is wrong, what is wanted, and the nearest name for one that does not
 *   exist */
export function parseRecipe(text: string, options: { readonly file: string }): Recipe {
  const { file } = options;
  const start = { file, line: 1, column: 1 };
  if (text.length > MAX_CHARACTERS)
    throw recipeProblem(start, `this is too long for a recipe: ${text.length} characters, at most ${MAX_CHARACTERS}`);
  const lines = new LineCounter();
  const { document, data } = read(text, { file, lines });
  const depth = { values: 0 };
  if (!isBounded(data, MAX_DEPTH, depth))
    throw recipeProblem(
      start,
      `this is too much for a recipe: at most ${MAX_DEPTH} levels of nesting and ${MAX_VALUES} values`,
    );
  if (data === null || data === undefined) throw recipeProblem(start, "the file is empty: want a recipe");
  if (typeof data !== "object" || Array.isArray(data))
    throw recipeProblem(start, "this is no recipe: want keys and values");
  notePlaces(data, document.contents, { file, lines });
  return checkRecipe(data);
}

function read(
  text: string,
  { file, lines }: { readonly file: string; readonly lines: LineCounter },
): { readonly document: Document; readonly data: unknown } {
  const start = { file, line: 1, column: 1 };
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
    const [broken] = document.errors;
    if (broken) {
      const { line, col } = lines.linePos(broken.pos[0]);
      throw recipeProblem(
        { file, line, column: col },
        `this is not YAML: ${oneLine(broken.message)}${hintFor(text, line)}`,
      );
    }
    return { document, data: document.toJS({ maxAliasCount: MAX_ALIASES }) };
  } catch (cause) {
    if (cause instanceof CounterfoilError) throw cause;
    throw recipeProblem(
      start,
      cause instanceof RangeError ? "this is nested too deeply for a recipe" : "this cannot be read: too many aliases",
      cause,
    );
  }
}

/** The mistake that templates invite. */
function hintFor(text: string, line: number): string {
  const around = text.split("\n").slice(Math.max(0, line - 2), line);
  return around.some((written) => /:\s*\{\{/.test(written)) ? "; put a text that begins with {{ in quotes" : "";
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** Whether data is shallow and small enough, also where it holds itself. */
function isBounded(data: unknown, depth: number, count: { values: number }): boolean {
  if (++count.values > MAX_VALUES) return false;
  if (data === null || typeof data !== "object") return true;
  if (depth === 0) return false;
  return Object.values(data).every((item) => isBounded(item, depth - 1, count));
}
