import { jsonrepair } from "jsonrepair";
import type { Json, ModelAnswer } from "../model.ts";
import { mendValue } from "./mend-value.ts";
import type { SchemaCheck } from "./schema-check.ts";

export type ReadAnswer =
  | {
      readonly value: Json;
      /** What had to be mended, joined by "+": "reasoning" (thoughts before the answer), "fence", "prose" (words around it), "json" (its syntax),
       * "type" (a number as text and the like), "null" (for absent), "number" (one written with an exponent). */
      readonly repaired?: string | undefined;
      readonly problems?: undefined;
    }
  /** What is wrong with it, for the model that is asked again; at most five sentences. */
  | { readonly problems: readonly string[]; readonly truncated: boolean; readonly value?: undefined };

/** Reads a structured answer: the JSON in it, mended where nothing is lost or guessed, and only if it fits the schema.
 *
 * Never takes an answer that was cut off: neither one that says so (unless the JSON is whole all the same), nor one whose brackets do not close.
 * @param options.nullIsAbsent null was asked for where an optional property is absent */
export function readAnswer(
  answer: Pick<ModelAnswer, "text" | "finish">,
  { check, nullIsAbsent = false }: { readonly check: SchemaCheck; readonly nullIsAbsent?: boolean },
): ReadAnswer {
  const text = answer.text.trim();
  const whole = parse(text);
  if (answer.finish === "length" && (whole === undefined || !/^[{["]/.test(text)))
    return { problems: ["The answer was cut off at the limit of its length."], truncated: true };
  if (text === "") return { problems: ["The answer was empty."], truncated: false };
  let problems: readonly string[] | undefined;
  for (const { parsed, marks } of whole !== undefined ? [{ parsed: whole, marks: [] }] : candidates(text)) {
    const { value, misfits, retyped, dropped } = mendValue(parsed, check);
    if (misfits.length === 0) {
      const normal = normalNumbers(value);
      const repaired = [
        ...marks,
        ...(retyped ? ["type"] : []),
        ...(dropped && !nullIsAbsent ? ["null"] : []),
        ...(hasExponent(text) ? ["number"] : []),
      ].join("+");
      return repaired === "" ? { value: normal } : { value: normal, repaired };
    }
    problems ??= [...new Set(misfits.map(({ message }) => message))].slice(0, MOST_PROBLEMS);
  }
  return { problems: problems ?? ["The answer is no JSON, or not a whole one."], truncated: false };
}

const MOST_PROBLEMS = 5;
/** Of text that is no JSON; beyond, mending could take long. */
const MOST_CHARACTERS = 1_000_000;

interface Candidate {
  readonly parsed: Json;
  readonly marks: readonly string[];
}

function* candidates(answer: string): Generator<Candidate> {
  if (answer.length > MOST_CHARACTERS) return;
  const marks: string[] = [];
  let text = answer;
  const thoughts = /^<(think|thinking|reasoning)>[\s\S]*?<\/\1>/i.exec(text);
  if (thoughts) {
    text = text.slice(thoughts[0].length).trim();
    marks.push("reasoning");
    const parsed = parse(text);
    if (parsed !== undefined) yield { parsed, marks: [...marks] };
  }
  // Written so that no blank stands for two parts of a pattern: a model that writes blank lines without end must not cost their square.
  const blocks = [/```[\w-]*[^\S\n]*\n([\s\S]*?)```/, /```[\w-]{0,40}([\s\S]*)```/]
    .map((fence) => fence.exec(text)?.[1]?.trim())
    .filter((block) => block !== undefined);
  for (const block of blocks) {
    const parsed = parse(block);
    if (parsed !== undefined) yield { parsed, marks: [...marks, "fence"] };
  }
  if (blocks.length > 0) {
    text = blocks[0] as string;
    marks.push("fence");
  }
  const inner = bracketed(text);
  if (inner === undefined) return;
  if (inner.length < text.length) marks.push("prose");
  const parsed = parse(inner);
  if (parsed !== undefined) yield { parsed, marks: [...marks] };
  const repaired = repair(inner);
  if (repaired !== undefined) yield { parsed: repaired, marks: [...marks, "json"] };
}

/** From the first bracket to the last one of its kind. */
function bracketed(text: string): string | undefined {
  const start = text.search(/[{[]/);
  const end = start < 0 ? -1 : text.lastIndexOf(text[start] === "{" ? "}" : "]");
  return end > start ? text.slice(start, end + 1) : undefined;
}

/** Mends quotes, commas, comments, words of other languages; not a text whose end is missing, nor one that left something out ("..."). */
function repair(text: string): Json | undefined {
  if (/(?:[[{,]|^)[^\S\r\n\u2028\u2029]*\.\.\.\s*(?:[\]},]|$)/m.test(text)) return undefined;
  let repaired: string;
  try {
    repaired = jsonrepair(text);
  } catch {
    return undefined;
  }
  const closes = (of: string, bracket: string): number => of.split(bracket).length;
  if (["}", "]"].some((bracket) => closes(repaired, bracket) > closes(text, bracket))) return undefined;
  return parse(repaired);
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function hasExponent(text: string): boolean {
  return /\d[eE]/.test(text) && /\d[eE][+-]?\d/.test(text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/g, '""'));
}

/** Minus zero is zero; all else that a number can be written as is the same number to JSON. */
function normalNumbers(value: Json): Json {
  if (typeof value === "number") return value === 0 ? 0 : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(normalNumbers);
  for (const [name, part] of Object.entries(value)) {
    const normal = normalNumbers(part);
    if (normal !== part || Object.is(part, -0)) (value as Record<string, Json>)[name] = normal;
  }
  return value;
}
