import { suggest } from "../../math/nearest-name.ts";
import { type ArithmeticSign, type Expression, FUNCTIONS, type FunctionName } from "./expression.ts";
import { formulaError, type Place } from "./formula-error.ts";
import { type Token, tokensOf } from "./tokens.ts";

/** One column, or a number made out of columns, in a term. */
export interface Factor extends Place {
  /** As a reader knows it: "age", "log(age)", "age^2". */
  readonly label: string;
  readonly expression: Expression;
  /** Written C(x): a category, though its cells may be numbers. */
  readonly category: boolean;
}

/** What stands between two signs: factors that are multiplied, the intercept or none of it, or every other column. */
export type FormulaTerm = ProductTerm | PlainTerm;

export interface ProductTerm extends Place {
  readonly kind: "product";
  readonly factors: readonly Factor[];
}

export interface PlainTerm extends Place {
  readonly kind: "intercept" | "no-intercept" | "all";
}

/** A formula as it was written; which columns there are is not yet known. */
export interface Formula {
  readonly text: string;
  readonly outcome: Factor;
  /** In the order written; `a*b` is already a + b + a:b. A term that is removed counts where it stands. */
  readonly terms: readonly { readonly removed: boolean; readonly term: FormulaTerm }[];
}

/** Reads "outcome ~ terms" in the notation of Wilkinson & Rogers (1973), as R has it, but that `x^2` is a square also outside of I().
 * @throws {InvalidArgument} "bad-formula", pointing at the place */
export function parseFormula(text: string): Formula {
  const reader = { text, tokens: tokensOf(text), at: 0 };
  if (!reader.tokens.some(({ kind, text: sign }) => kind === "sign" && sign === "~"))
    throw formulaError(
      text,
      { at: 0, length: text.length },
      {
        found: "there is no ~",
        advice: 'Write the outcome, ~, and what explains it: "y ~ x1 + x2", or "y ~ 1" for a mean.',
      },
    );
  const outcome = readFactor(reader);
  expectSign(reader, "~", "the outcome is one column, or a function of one, and ~ follows it");
  const terms: Formula["terms"][number][] = [];
  let removed = takeSign(reader, "-") !== undefined;
  if (!removed) takeSign(reader, "+");
  for (;;) {
    for (const term of readTerms(reader)) terms.push({ removed, term });
    if (takeSign(reader, "+")) removed = false;
    else if (takeSign(reader, "-")) removed = true;
    else break;
  }
  const rest = peek(reader);
  if (rest.kind !== "end") throw unexpected(reader, rest);
  return { text, outcome, terms };
}

interface Reader {
  readonly text: string;
  readonly tokens: readonly Token[];
  at: number;
}

/** a*b*c: all products of some of them, single ones first. */
function readTerms(reader: Reader): readonly FormulaTerm[] {
  const parts = [readProduct(reader)];
  while (takeSign(reader, "*")) parts.push(readProduct(reader));
  if (parts.length === 1) return parts;
  const factors = parts.map((part) => {
    if (part.kind !== "product")
      throw formulaError(reader.text, part, { found: "only columns and functions of them can be crossed" });
    return part.factors;
  });
  const subsets = Array.from({ length: 2 ** parts.length - 1 }, (_, i) =>
    factors.filter((_, k) => ((i + 1) >> k) & 1),
  ).sort((a, b) => a.length - b.length);
  return subsets.map((subset) => ({
    kind: "product",
    factors: subset.flat(),
    at: (parts[0] as Place).at,
    length: (parts.at(-1) as Place).at + (parts.at(-1) as Place).length - (parts[0] as Place).at,
  }));
}

/** a:b, 1, 0 or a point. */
function readProduct(reader: Reader): FormulaTerm {
  const first = peek(reader);
  if (takeSign(reader, ".")) return { kind: "all", at: first.at, length: 1 };
  if (first.kind === "number") {
    reader.at++;
    if (first.text === "1" || first.text === "0")
      return { kind: first.text === "1" ? "intercept" : "no-intercept", at: first.at, length: 1 };
    throw formulaError(reader.text, first, {
      found: `${first.text} is no term`,
      advice: 'A number stands in I(…), as in I(10 * x); 1 is the intercept, and "- 1" leaves it out.',
    });
  }
  const factors = [readFactor(reader)];
  while (takeSign(reader, ":")) factors.push(readFactor(reader));
  const last = factors.at(-1) as Factor;
  return { kind: "product", factors, at: first.at, length: last.at + last.length - first.at };
}

/** x, `a name`, log(x), I(x / 10), C(x), x^2. */
function readFactor(reader: Reader): Factor {
  const start = peek(reader);
  if (start.kind !== "name") throw unexpected(reader, start);
  const called = !start.quoted && isSign(reader.tokens[reader.at + 1], "(");
  let expression: Expression;
  let category = false;
  if (called && (start.text === "I" || start.text === "C")) {
    reader.at += 2;
    category = start.text === "C";
    const inner = peek(reader);
    expression = readSum(reader);
    if (category && expression.kind !== "column")
      throw formulaError(reader.text, inner, { found: "C() takes one column", advice: "Write C(x)." });
    expectSign(reader, ")", "this bracket is not closed", start);
  } else expression = readPower(reader);
  const last = reader.tokens[reader.at - 1] as Token;
  const place = { at: start.at, length: last.at + last.length - start.at };
  return {
    ...place,
    label: labelOf(reader, { start, last, expression, wrapped: called && start.text === "I" }),
    expression,
    category,
  };
}

function readSum(reader: Reader): Expression {
  let left = readQuotient(reader);
  for (let sign = takeSign(reader, "+", "-"); sign; sign = takeSign(reader, "+", "-"))
    left = arithmetic(sign, left, readQuotient(reader));
  return left;
}

function readQuotient(reader: Reader): Expression {
  let left = readSigned(reader);
  for (let sign = takeSign(reader, "*", "/"); sign; sign = takeSign(reader, "*", "/"))
    left = arithmetic(sign, left, readSigned(reader));
  return left;
}

function readSigned(reader: Reader): Expression {
  if (takeSign(reader, "-")) return arithmetic("-", { kind: "number", value: 0 }, readSigned(reader));
  return readPower(reader);
}

function readPower(reader: Reader): Expression {
  const base = readPrimary(reader);
  if (!takeSign(reader, "^")) return base;
  const exponent = peek(reader);
  const negative = takeSign(reader, "-") !== undefined;
  const token = peek(reader);
  if (token.kind !== "number") throw formulaError(reader.text, exponent, { found: "a power is a number, as in x^2" });
  reader.at++;
  return arithmetic("^", base, { kind: "number", value: (negative ? -1 : 1) * Number(token.text) });
}

function readPrimary(reader: Reader): Expression {
  const token = peek(reader);
  if (token.kind === "number") {
    reader.at++;
    return { kind: "number", value: Number(token.text) };
  }
  if (takeSign(reader, "(")) {
    const inner = readSum(reader);
    expectSign(reader, ")", "this bracket is not closed", token);
    return inner;
  }
  if (token.kind !== "name") throw unexpected(reader, token);
  reader.at++;
  if (token.quoted || !isSign(peek(reader), "("))
    return { kind: "column", name: token.text, at: token.at, length: token.length };
  if (!Object.hasOwn(FUNCTIONS, token.text))
    throw formulaError(reader.text, token, {
      found: `there is no function "${token.text}"${suggest(token.text, [...Object.keys(FUNCTIONS), "I", "C"])}`,
      advice: "A column's name stands in backticks where a bracket follows it.",
    });
  reader.at++;
  const of = readSum(reader);
  expectSign(reader, ")", "this bracket is not closed", token);
  return { kind: "call", name: token.text as FunctionName, of };
}

function arithmetic(sign: string, left: Expression, right: Expression): Expression {
  return { kind: "arithmetic", sign: sign as ArithmeticSign, left, right };
}

/** A bare column is known by its name; anything else as it was written, without blanks, and without an I() around it. */
function labelOf(
  reader: Reader,
  of: { readonly start: Token; readonly last: Token; readonly expression: Expression; readonly wrapped: boolean },
): string {
  if (of.expression.kind === "column") return of.expression.name;
  const inside = reader.tokens.filter(({ at }) => at >= of.start.at && at <= of.last.at);
  return (of.wrapped ? inside.slice(2, -1) : inside).map(({ text }) => text).join("");
}

function peek(reader: Reader): Token {
  return reader.tokens[reader.at] as Token;
}

function isSign(token: Token | undefined, ...signs: readonly string[]): boolean {
  return token?.kind === "sign" && signs.includes(token.text);
}

function takeSign(reader: Reader, ...signs: readonly string[]): string | undefined {
  const token = peek(reader);
  if (!isSign(token, ...signs)) return undefined;
  reader.at++;
  return token.text;
}

function expectSign(reader: Reader, sign: string, found: string, place: Place = peek(reader)): void {
  if (!takeSign(reader, sign)) throw formulaError(reader.text, place, { found });
}

function unexpected(reader: Reader, token: Token): Error {
  if (token.kind === "end")
    return formulaError(reader.text, { at: token.at, length: 1 }, { found: "something is missing at the end" });
  if (isSign(token, "("))
    return formulaError(reader.text, token, {
      found: "brackets around terms are not read",
      advice: "Write each term out: a:c + b:c for (a + b):c. Brackets belong to I(…), C(…), log(…).",
    });
  if (isSign(token, "^", "/", ")", ":", "*", "+", "-", "~", "."))
    return formulaError(reader.text, token, {
      found: `"${token.text}" does not belong here`,
      ...(isSign(token, "/") ? { advice: "A quotient stands in I(…), as in I(x / 10)." } : {}),
    });
  return formulaError(reader.text, token, {
    found: `a sign is missing before "${token.text}"`,
    advice: "Terms are joined by +; names with blanks or signs stand in backticks.",
  });
}
