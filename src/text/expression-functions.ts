import type { Environment } from "@marcbachmann/cel-js";
import { addArithmetic } from "../schema/cel-arithmetic.ts";

/** Adds what people expect beside CEL's own functions: arithmetic between doubles and whole numbers, and words for text, lists and numbers. Each
 * function of text may be written before it or after a point: `lower(x)`, `x.lower()`. */
export function addTextFunctions(environment: Environment): void {
  addArithmetic(environment);
  const ofText: Readonly<Record<string, (text: string) => string>> = {
    lower: (text) => text.toLowerCase(),
    upper: (text) => text.toUpperCase(),
    capitalise: (text) => text.replace(/\p{L}/u, (letter) => letter.toUpperCase()),
    squeeze: (text) => text.replace(/\s+/gu, " ").trim(),
  };
  for (const [name, of] of Object.entries(ofText)) {
    environment.registerFunction(`${name}(string): string`, of);
    environment.registerFunction(`string.${name}(): string`, of);
  }
  environment.registerFunction("trim(string): string", (text: string) => text.trim());
  environment.registerFunction("matches(string, string): bool", (text: string, pattern: string) =>
    new RegExp(pattern).test(text),
  );
  environment.registerFunction("string.replace(string, string): string", (text: string, from: string, to: string) =>
    text.replaceAll(from, () => to),
  );
  for (const count of ["int", "double"] as const)
    for (const [name, of] of [
      ["words", firstWords],
      ["characters", firstCharacters],
    ] as const) {
      const first = (text: string, n: unknown): string => of(text, Number(n));
      environment.registerFunction(`${name}(string, ${count}): string`, first);
      environment.registerFunction(`string.${name}(${count}): string`, first);
    }
  const wordCount = (text: string): number => text.match(/\S+/gu)?.length ?? 0;
  environment.registerFunction("wordCount(string): double", wordCount);
  environment.registerFunction("string.wordCount(): double", wordCount);
  const join = (list: readonly unknown[], separator: string): string => list.map(printed).join(separator);
  environment.registerFunction("join(list, string): string", join);
  environment.registerFunction("json(dyn): string", printedAsJson);
  for (const [name, of] of Object.entries(ofLists)) environment.registerFunction(`${name}(list): dyn`, of);
}

/** A value as it stands in a text: text as it is, numbers plainly, lists and maps as JSON. */
export function printed(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value);
  return printedAsJson(value);
}

function printedAsJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? Number(item) : item));
}

const ofLists: Readonly<Record<string, (list: readonly unknown[]) => unknown>> = {
  first: (list) => itemOf(list, 0),
  last: (list) => itemOf(list, list.length - 1),
  sum: (list) => list.reduce((sum: number, item) => sum + Number(item), 0),
};

function itemOf(list: readonly unknown[], index: number): unknown {
  if (list.length === 0) throw new Error("the list is empty");
  return list[index];
}

/** The first n words, with what stands between them. */
function firstWords(text: string, n: number): string {
  const word = /\S+/gu;
  let end = 0;
  for (let i = 0; i < n; i++) {
    if (word.exec(text) === null) return text.trim();
    end = word.lastIndex;
  }
  return text.slice(0, end).trim();
}

/** The first n characters; one that takes two units of UTF-16 is not torn. */
function firstCharacters(text: string, n: number): string {
  if (text.length <= n) return text;
  const cut = text.slice(0, Math.max(0, n));
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}
