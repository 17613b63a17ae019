import type { JsonSchema } from "../../src/llm/model.ts";

/** One call of a row. In the prompt, {topic} is the row's own and {a} the answer of column a. */
export interface Column {
  readonly name: string;
  readonly prompt: string;
  readonly schema?: JsonSchema;
}

/** The calls of a row and what they wait for. Where a prompt names a column with a schema, it gets the field named. */
export interface Shape {
  readonly name: string;
  readonly title: string;
  readonly columns: readonly Column[];
  /** Calls of a row that must follow one another. */
  readonly depth: number;
}

const INTEGER = (low: number, high: number): JsonSchema => ({ type: "integer", minimum: low, maximum: high });

const closed = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: "object",
  additionalProperties: false,
  required: Object.keys(properties),
  properties,
});

export const ITEM = closed({ question: { type: "string" }, answer: { type: "string" }, difficulty: INTEGER(1, 5) });
const JUDGEMENT = closed({ reasoning: { type: "string" }, score: INTEGER(1, 5) });
/** Uniform from 1 to 10 at the mock endpoint: a check at 7 rejects 30 %. */
const SCORED = closed({ question: { type: "string" }, score: INTEGER(1, 10) });

const ASK = "Write one short exam question about {topic}.";
const ANSWER = "Answer this question in two sentences: {a}";
const JUDGE = "Judge this answer to a question about {topic} from 1 to 5: {b}";

const SHAPES_LIST: readonly Shape[] = [
  { name: "text", title: "one text", depth: 1, columns: [{ name: "a", prompt: ASK }] },
  { name: "structured", title: "one object", depth: 1, columns: [{ name: "a", prompt: ASK, schema: ITEM }] },
  {
    name: "chain",
    title: "chain of three: question, answer, judge",
    depth: 3,
    columns: [
      { name: "a", prompt: ASK },
      { name: "b", prompt: ANSWER },
      { name: "c", prompt: JUDGE, schema: JUDGEMENT },
    ],
  },
  {
    name: "fan",
    title: "four side by side",
    depth: 1,
    columns: ["a", "b", "c", "d"].map((name, i) => ({ name, prompt: `${ASK} It is question number ${i + 1}.` })),
  },
  {
    name: "diamond",
    title: "diamond: one, two of it, one of both",
    depth: 3,
    columns: [
      { name: "a", prompt: ASK },
      { name: "b", prompt: ANSWER },
      { name: "c", prompt: "Answer this question in one sentence, for a child: {a}" },
      { name: "d", prompt: "Which of these answers is better?\n1. {b}\n2. {c}", schema: JUDGEMENT },
    ],
  },
  {
    name: "tree",
    title: "tree: an object, two answers of it, a judge of each",
    depth: 3,
    columns: [
      { name: "a", prompt: ASK, schema: ITEM },
      { name: "b", prompt: "Answer this question in two sentences: {a.question}" },
      { name: "c", prompt: "Answer this question in one sentence, for a child: {a.question}" },
      { name: "d", prompt: "Judge this answer from 1 to 5: {b}", schema: JUDGEMENT },
      { name: "e", prompt: "Judge this answer for a child from 1 to 5: {c}", schema: JUDGEMENT },
    ],
  },
  { name: "scored", title: "one object with a score", depth: 1, columns: [{ name: "a", prompt: ASK, schema: SCORED }] },
];

/** By name. */
export function shapeOf(name: string): Shape {
  const shape = SHAPES_LIST.find((each) => each.name === name);
  if (!shape) throw new Error(`There is no shape ${name}.`);
  return shape;
}

/** Shapes with more than one call a row or an answer in a form: what the part "shapes" runs. */
export const DAGS: readonly string[] = ["structured", "chain", "fan", "diamond", "tree"];

/** Seconds that the calls take at best: `concurrency` at a time, and those of a row one after another. */
export function idealSeconds(
  shape: Shape,
  { rows, latencyMs, concurrency }: { readonly rows: number; readonly latencyMs: number; readonly concurrency: number },
): number {
  return (Math.max(shape.depth, (rows * shape.columns.length) / concurrency) * latencyMs) / 1000;
}
