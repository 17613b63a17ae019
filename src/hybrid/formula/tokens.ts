import { formulaError, type Place } from "./formula-error.ts";

/** A word, a number or a sign of a formula. */
export interface Token extends Place {
  readonly kind: "name" | "number" | "sign" | "end";
  /** Of a name: without its backticks. */
  readonly text: string;
  /** Whether the name stood in backticks, and so is never the name of a function. */
  readonly quoted: boolean;
}

const NAME = /[\p{L}_][\p{L}\p{N}_.]*/uy;
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const SIGNS = "~+-*/:^().";

/** The tokens of a formula, the last of kind "end".
 * @throws {InvalidArgument} "bad-formula": a character that no formula has, or a backtick without its partner */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const push = (kind: Token["kind"], at: number, length: number, word = text.slice(at, at + length)): number => {
    tokens.push({ kind, text: word, at, length, quoted: text[at] === "`" });
    return at + length;
  };
  for (let at = 0; at < text.length; ) {
    const sign = text[at] as string;
    if (/\s/.test(sign)) {
      at++;
      continue;
    }
    if (sign === "`") {
      const end = text.indexOf("`", at + 1);
      if (end < 0)
        throw formulaError(text, { at, length: text.length - at }, { found: "this backtick has no partner" });
      at = push("name", at, end + 1 - at, text.slice(at + 1, end));
      continue;
    }
    const name = matchAt(NAME, text, at);
    const digits = matchAt(NUMBER, text, at);
    if (name !== undefined) at = push("name", at, name.length);
    else if (digits !== undefined) at = push("number", at, digits.length);
    else if (SIGNS.includes(sign)) at = push("sign", at, 1);
    else
      throw formulaError(
        text,
        { at, length: 1 },
        {
          found: `"${String.fromCodePoint(text.codePointAt(at) as number)}" cannot be read`,
          advice: "Names with blanks or signs stand in backticks: `hours per week`.",
        },
      );
  }
  push("end", text.length, 0);
  return tokens;
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
