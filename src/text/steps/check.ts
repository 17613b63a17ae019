import { InvalidArgument } from "../../errors.ts";
import type { Json } from "../../llm/model.ts";
import type { CheckStep } from "../recipe.ts";
import { shortened } from "../shortened.ts";
import type { CellOutcome, Row } from "../step.ts";
import { wordCount } from "./word-count.ts";

/** What a check needs that is not made here. */
export interface CheckParts {
  /** The compiled CEL; undefined: it cannot be told for this row. */
  readonly expression?: ((row: Row) => boolean | undefined) | undefined;
  /** The compiled JSON Schema: what is wrong with a value; undefined: nothing. */
  readonly schema?: ((value: Json) => string | undefined) | undefined;
  /** What is wrong with a text in a language; undefined: it parses. Must never run it. */
  readonly parses?: ((language: "javascript", text: string) => string | undefined) | undefined;
  /** Whether an expression is found in a text, within a time limit; undefined: it took too long. Absent: no limit, and the text is the longer the slower. */
  readonly matches?: ((pattern: RegExp, text: string) => boolean | undefined) | undefined;
}

/** Characters of a text that a regular expression is tried on: where a pattern backtracks, time grows with a power of them. */
const MOST_MATCHED = 100_000;

const KEPT: CellOutcome = { value: true };

/** The cell of a check: true, or the row is rejected with the part that does not hold and the value it saw.
 * @throws {InvalidArgument} the regular expression is none, or a part is given without what compiles it */
export function checkCell({ name, check, because }: CheckStep, parts: CheckParts): (row: Row) => CellOutcome {
  const { expression, cell, matches, words, schema, parses } =
    typeof check === "string" ? { expression: check } : check;
  const pattern = matches === undefined ? undefined : patternOf(name, matches);
  const test = parts.matches ?? ((one: RegExp, text: string) => one.test(text));
  const needs = { expression, schema, parses: parses === "javascript" ? parses : undefined };
  for (const part of ["expression", "schema", "parses"] as const) {
    if (needs[part] !== undefined && !parts[part]) throw new Error(`check "${name}" was built without its ${part}`);
  }

  const wrongWith = (row: Row): string | undefined => {
    if (expression !== undefined) {
      const holds = parts.expression?.(row);
      if (holds === undefined) return `it cannot be told whether ${expression}`;
      if (!holds) return `not ${expression}`;
    }
    if (cell === undefined) return undefined;
    const value = (row.cells[cell] ?? null) as Json;
    if (schema !== undefined) {
      const wrong = parts.schema?.(value);
      if (wrong !== undefined) return `"${cell}" does not fit the schema: ${wrong}: ${shortened(value)}`;
    }
    if (pattern || words || (parses && typeof value !== "object")) {
      if (value === null || typeof value === "object") return `"${cell}" is no text: ${shortened(value)}`;
    }
    const text = typeof value === "string" ? value : String(value);
    if (words) {
      const count = wordCount(text);
      if (count < words[0] || count > words[1])
        return `"${cell}" has ${count} ${count === 1 ? "word" : "words"}, wanted ${words[0]} to ${words[1]}: ${shortened(value)}`;
    }
    if (pattern) {
      if (text.length > MOST_MATCHED)
        return `"${cell}" has ${text.length} characters, more than the ${MOST_MATCHED} that ${pattern} is tried on: ${shortened(value)}`;
      const isFound = test(pattern, text);
      if (isFound === undefined) return `${pattern} took too long on "${cell}": ${shortened(value)}`;
      if (!isFound) return `"${cell}" does not match ${pattern}: ${shortened(value)}`;
    }
    if (parses) {
      const wrong = parses === "json" ? wrongJson(value) : parts.parses?.(parses, text);
      if (wrong !== undefined) return `"${cell}" does not parse as ${parses}: ${wrong}: ${shortened(value)}`;
    }
    return undefined;
  };

  return (row) => {
    const wrong = wrongWith(row);
    if (wrong === undefined) return KEPT;
    return { reject: { reason: "check", detail: because === undefined ? wrong : `${because}: ${wrong}` } };
  };
}

function patternOf(name: string, source: string): RegExp {
  try {
    return new RegExp(source, "u");
  } catch (cause) {
    throw new InvalidArgument(
      "bad-pattern",
      `Check "${name}": matches is no regular expression: ${(cause as Error).message}.`,
      { cause, advice: "Write it as in JavaScript with the flag u, without slashes around it." },
    );
  }
}

/** A cell that is an object already came from JSON. */
function wrongJson(value: Json): string | undefined {
  if (typeof value !== "string") return undefined;
  try {
    JSON.parse(value);
    return undefined;
  } catch (cause) {
    // V8 quotes the text, which is shown anyway.
    return (cause as Error).message.replace(/,? ?"?(\.\.\.)?".*$/s, "").slice(0, 120);
  }
}
