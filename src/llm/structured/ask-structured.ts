import { z } from "zod";
import type { Call, Caller, CallFailure, CallRecord } from "../call.ts";
import type { ChatRequest, Json, JsonSchema, Message, ModelAnswer, ModelParameters, OutputMode } from "../model.ts";
import { fitSchema } from "./fit-schema.ts";
import { type GivenSchema, isZod, jsonSchemaOf } from "./json-schema-of.ts";
import { type OutputLadder, speaksOfFormat } from "./output-ladder.ts";
import { readAnswer } from "./read-answer.ts";
import { compileSchema, type SchemaCheck } from "./schema-check.ts";

/** A schema that is ready to be asked for, compiled once for all rows. */
export interface StructuredOutput {
  readonly check: SchemaCheck;
  /** What a request carries on a rung, always the same object. Undefined: this rung cannot say the schema. */
  readonly on: (rung: OutputMode) => AskedOutput | undefined;
  /** The schema in words, for rungs that do not carry it. */
  readonly words: string;
}

type AskedOutput = NonNullable<ChatRequest["output"]>;

/** Compiles what is asked for.
 * @param name of the step: letters, digits, underscores
 * @throws {InvalidArgument} the schema is none, or not one that can be checked safely */
export function structuredOutput(
  given: GivenSchema,
  { name, provider, where }: { readonly name: string; readonly provider: string; readonly where: string },
): StructuredOutput {
  const schema = jsonSchemaOf(given, { where });
  const check = compileSchema(schema, { where });
  const asked = new Map<OutputMode, AskedOutput | undefined>();
  const { $schema: _, ...plain } = schema;
  return {
    check: isZod(given) ? refined(check, given) : check,
    on(rung) {
      if (!asked.has(rung)) {
        const fitted = fitSchema(schema, { provider, mode: rung });
        asked.set(rung, fitted && { name: name.replace(/[^\w-]/g, "_").slice(0, 64), ...fitted, mode: rung });
      }
      return asked.get(rung);
    },
    words: `Answer with one JSON value that fits this JSON Schema, and with nothing else:\n${JSON.stringify(plain as JsonSchema)}`,
  };
}

/** A zod schema can say more than its JSON Schema: its refinements are asked once the rest fits. */
function refined(check: SchemaCheck, schema: z.ZodType): SchemaCheck {
  return (value) => {
    const misfits = check(value);
    if (misfits.length > 0) return misfits;
    const { error } = z.safeParse(schema, value);
    return (error?.issues ?? []).map(({ path, message }) => {
      const at = path.map((part) => `/${String(part)}`).join("");
      return { path: at, keyword: "refinement", types: [], message: `${at || "the answer"}: ${message}` };
    });
  };
}

/** One question for a structured answer. */
export interface StructuredQuestion {
  readonly output: StructuredOutput;
  readonly ladder: OutputLadder;
  readonly messages: readonly Message[];
  readonly parameters: ModelParameters;
  /** Times it is asked again when the answer does not fit. */
  readonly asksAgain: number;
  /** Who asks and which draw this is: everything of the call but its request. */
  readonly as: Omit<Call, "request">;
}

export type StructuredOutcome =
  | { readonly value: Json; readonly failure?: undefined; readonly unusable?: undefined }
  | { readonly failure: CallFailure; readonly value?: undefined; readonly unusable?: undefined }
  | {
      readonly unusable: { readonly reason: "unparsable" | "truncated" | "filtered"; readonly detail: string };
      readonly value?: undefined;
      readonly failure?: undefined;
    };

/** Asks for a structured answer on the best rung that the model takes, reads it, and asks again with what is wrong with it. Every ask is a call of its own.
 * @param tools.record told of every answer, usable or not */
export async function askStructured(
  question: StructuredQuestion,
  tools: {
    readonly caller: Caller;
    readonly record: (
      call: CallRecord,
      mark: { readonly rung?: string; readonly repaired?: string; readonly unusable?: string },
    ) => void;
  },
): Promise<StructuredOutcome> {
  let { messages } = question;
  for (let again = 0; ; again++) {
    const asked = await askOnRungs({ ...question, messages }, tools);
    if (asked.failure !== undefined) return { failure: asked.failure };
    const { answer, record, rung } = asked;
    if (answer.finish === "filter") {
      tools.record(record, { rung, unusable: "filtered" });
      return { unusable: { reason: "filtered", detail: `${answer.model} withheld its answer (content filter).` } };
    }
    const { check, on } = question.output;
    const read = readAnswer(answer, { check, nullIsAbsent: on(rung)?.strict === true });
    if (read.problems === undefined) {
      tools.record(record, read.repaired === undefined ? { rung } : { rung, repaired: read.repaired });
      return { value: read.value };
    }
    const detail = read.problems.join(" · ").slice(0, 500);
    tools.record(record, { rung, unusable: detail });
    if (again >= question.asksAgain)
      return { unusable: { reason: read.truncated ? "truncated" : "unparsable", detail: told(detail, again) } };
    messages = withProblems(messages, { answer, problems: read.problems, truncated: read.truncated });
  }
}

function told(detail: string, again: number): string {
  return again === 0 ? detail : `${detail} (asked ${again + 1} times)`;
}

type Asked =
  | {
      readonly answer: ModelAnswer;
      readonly record: CallRecord;
      readonly rung: OutputMode;
      readonly failure?: undefined;
    }
  | { readonly failure: CallFailure };

async function askOnRungs(
  { output, ladder, messages, parameters, as }: StructuredQuestion,
  { caller }: { readonly caller: Caller },
): Promise<Asked> {
  const refusals: { readonly rung: OutputMode; readonly failure: CallFailure }[] = [];
  const tried = new Set<OutputMode>();
  let last: CallFailure | undefined;
  for (;;) {
    // Anew each time: another row may have had a rung struck off meanwhile.
    const rung = ladder.rungs.find((mode) => !tried.has(mode) && output.on(mode) !== undefined);
    if (rung === undefined) break;
    tried.add(rung);
    const result = await caller.call({ ...as, request: requestOn(rung, { output, messages, parameters }) });
    if (result.failure === undefined) {
      ladder.answered(rung);
      for (const { rung: refused, failure } of refusals)
        if (failure.kind === "bad-request") ladder.refused(refused, failure);
      return { answer: result.answer, record: result.record, rung };
    }
    const { failure } = result;
    // What is not recorded on this rung may be on another, where the first was refused when it was recorded.
    if (failure.kind !== "bad-request" && failure.kind !== "not-recorded") return { failure };
    if (failure.kind === "bad-request" && speaksOfFormat(failure.message)) ladder.refused(rung, failure);
    else refusals.push({ rung, failure });
    last = failure;
  }
  return {
    failure: last ?? { kind: "bad-request", status: null, retryAfterMs: null, tries: 0, message: NO_RUNG },
  };
}

const NO_RUNG = "None of the ways to ask this model for structured answers can say this schema.";

function requestOn(
  rung: OutputMode,
  { output, messages, parameters }: Pick<StructuredQuestion, "output" | "messages" | "parameters">,
): ChatRequest {
  return {
    kind: "chat",
    messages: rung === "json" || rung === "prompt" ? withSystem(messages, output.words) : messages,
    parameters,
    output: output.on(rung),
  };
}

/** In the first message, which is the same for every row: providers keep what repeats at the start of a prompt. */
function withSystem(messages: readonly Message[], words: string): readonly Message[] {
  const [first, ...rest] = messages;
  return first?.role === "system"
    ? [{ role: "system", content: `${first.content}\n\n${words}` }, ...rest]
    : [{ role: "system", content: words }, ...messages];
}

const MOST_SHOWN = 8000;

/** The conversation goes on, so that no ask repeats an earlier one. Turns must alternate for some models, so where there is no answer worth showing the
 * complaint joins the question. */
function withProblems(
  messages: readonly Message[],
  {
    answer,
    problems,
    truncated,
  }: { readonly answer: ModelAnswer; readonly problems: readonly string[]; readonly truncated: boolean },
): readonly Message[] {
  const complaint = truncated
    ? "Your last answer was cut off because it was too long. Answer again, more briefly, with the whole JSON value and nothing else."
    : `Your last answer does not fit:\n${problems.map((problem) => `- ${problem}`).join("\n")}\nAnswer again with the whole JSON value, mended, and nothing else.`;
  if (!truncated && answer.text.trim() !== "")
    return [
      ...messages,
      { role: "assistant", content: answer.text.slice(0, MOST_SHOWN) },
      { role: "user", content: complaint },
    ];
  const last = messages.at(-1) as Message;
  return [...messages.slice(0, -1), { ...last, content: `${last.content}\n\n${complaint}` }];
}
