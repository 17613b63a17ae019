import { InvalidArgument } from "../../errors.ts";
import type { CallFailure, CallRecord } from "../../llm/call.ts";
import type { Message, Model, ModelAnswer, ModelParameters } from "../../llm/model.ts";
import { askStructured, structuredOutput } from "../../llm/structured/ask-structured.ts";
import type { GivenSchema } from "../../llm/structured/json-schema-of.ts";
import type { OutputLadder } from "../../llm/structured/output-ladder.ts";
import type { CallStep } from "../recipe.ts";
import type { CallMark, CellContext, CellOutcome, Row } from "../step.ts";
import { codeIn } from "./code-in.ts";
import { drawnParameters } from "./drawn-parameters.ts";
import { judgeOutput } from "./judge-output.ts";
import { outcomeOfFailure } from "./outcome-of-failure.ts";

/** A template that is ready to be filled: that of `template.ts`, by its shape. */
export interface Renders {
  render(scope: Pick<Row, "source" | "cells">): string;
}

/** What a call step stands on: all of it made once, before the first row. */
export interface CallStepParts {
  /** The recipe's own name for the model. */
  readonly alias: string;
  readonly model: Pick<Model, "provider">;
  /** One for each model, shared by its steps. */
  readonly ladder: OutputLadder;
  readonly prompt: Renders;
  readonly system?: Renders | undefined;
  readonly examples?: readonly { readonly user: Renders; readonly assistant: Renders }[] | undefined;
}

type Cell = (row: Row, context: CellContext) => Promise<CellOutcome>;

/** The cell function of a step that asks a model.
 * @param configuration its parameters are those that are sent: the model's own, overridden by the step's
 * @throws {InvalidArgument} a schema that is none, or that cannot be checked safely; a rubric without scores */
export function callStep(configuration: CallStep, parts: CallStepParts): Cell {
  switch (configuration.call) {
    case "text":
      return freeText(configuration, { ...parts, read: readText });
    case "code":
      return freeText(configuration, { ...parts, read: (text) => readCode(text, configuration.language) });
    case "embedding":
      return embedding(configuration, parts);
    case "judge": {
      const { schema, words } = judgeOutput(configuration);
      return structured(configuration, { ...parts, schema, words });
    }
    case "structured": {
      const { name, schema } = configuration;
      if (schema === undefined)
        throw new InvalidArgument("no-schema", `The structured call "${name}" has no schema.`, {
          advice: "Say under schema what the answer is to hold: JSON Schema or, in TypeScript, a zod schema.",
        });
      return structured(configuration, { ...parts, schema });
    }
  }
}

const ASKS_AGAIN = 2;

function structured(
  { name, parameters = {}, asksAgain = ASKS_AGAIN }: CallStep,
  parts: CallStepParts & { readonly schema: GivenSchema; readonly words?: string },
): Cell {
  const { alias, model, ladder, schema, words } = parts;
  const output = structuredOutput(schema, { name, provider: model.provider, where: `step "${name}"` });
  return async (row, { caller, record }) => {
    const messages = messagesOf(row, { ...parts, words });
    const as = { model: alias, sample: row.sample, column: name, priority: row.index };
    const drawn = drawnParameters(parameters, { sample: row.sample, provider: model.provider });
    const outcome = await askStructured(
      { output, ladder, messages, parameters: drawn, asksAgain, as },
      { caller, record },
    );
    if (outcome.failure !== undefined) return outcomeOfFailure(outcome.failure, { model: alias });
    if (outcome.unusable !== undefined) return { reject: outcome.unusable };
    return { value: outcome.value };
  };
}

/** What is in an answer; or why it is asked for again. */
type Reading = { readonly text: string; readonly problem?: undefined } | { readonly problem: string };

function readText(text: string): Reading {
  return text === "" ? { problem: "it was empty" } : { text };
}

function readCode(text: string, language: string | undefined): Reading {
  const code = codeIn(text, language);
  if (code === undefined) return { problem: `it has no code block in ${language}` };
  return code === "" ? { problem: "it was empty" } : { text: code };
}

function freeText(
  { name, parameters = {}, asksAgain = ASKS_AGAIN, mayBeCut = false }: CallStep,
  parts: CallStepParts & { readonly read: (text: string) => Reading },
): Cell {
  return async (row, context) => {
    let messages = messagesOf(row, parts);
    const drawn = drawnParameters(parameters, { sample: row.sample, provider: parts.model.provider });
    for (let again = 0; ; again++) {
      const result = await ask(row, { ...context, name, alias: parts.alias, messages, parameters: drawn });
      if (result.failure !== undefined) return outcomeOfFailure(result.failure, { model: parts.alias });
      const { answer, mark } = result;
      if (answer.finish === "filter") {
        mark({ unusable: "filtered" });
        return { reject: { reason: "filtered", detail: `${answer.model} withheld its answer (content filter).` } };
      }
      if (answer.finish === "length" && !mayBeCut) {
        mark({ unusable: "truncated" });
        const limit = parameters.maxTokens === undefined ? "its limit of tokens" : `${parameters.maxTokens} tokens`;
        return { reject: { reason: "truncated", detail: `The answer was cut off at ${limit}.` } };
      }
      const reading = parts.read(answer.text.trim());
      if (reading.problem === undefined) {
        mark();
        return { value: reading.text };
      }
      const reason = answer.text.trim() === "" ? "empty" : "unparsable";
      mark({ unusable: reason });
      if (again >= asksAgain)
        return {
          reject: { reason, detail: `The answer could not be used: ${reading.problem} (asked ${again + 1} times).` },
        };
      // A question of its own, or the journal would give the same answer again.
      const last = messages.at(-1) as Message;
      const content = `${last.content}\n\nYour last answer could not be used: ${reading.problem}. Answer again.`;
      messages = [...messages.slice(0, -1), { ...last, content }];
    }
  };
}

async function ask(
  row: Row,
  options: Pick<CellContext, "caller" | "record"> & {
    readonly name: string;
    readonly alias: string;
    readonly messages: readonly Message[];
    readonly parameters: ModelParameters;
  },
): Promise<
  | { readonly answer: ModelAnswer; readonly mark: (mark?: CallMark) => void; readonly failure?: undefined }
  | { readonly failure: CallFailure }
> {
  const { caller, record, name, alias, messages, parameters } = options;
  const request = { kind: "chat" as const, messages, parameters };
  const call = { model: alias, request, sample: row.sample, column: name, priority: row.index };
  const result = await caller.call(call);
  if (result.failure !== undefined) return { failure: result.failure };
  return { answer: result.answer, mark: marking(result.record, record) };
}

function marking(call: CallRecord, record: CellContext["record"]): (mark?: CallMark) => void {
  return (mark) => record(call, mark);
}

function embedding({ name, dimensions }: CallStep, { alias, prompt }: CallStepParts): Cell {
  return async (row, { caller, record }) => {
    const request = { kind: "embedding" as const, input: prompt.render(row), dimensions };
    const call = { model: alias, request, sample: row.sample, column: name, priority: row.index };
    const result = await caller.call(call);
    if (result.failure !== undefined) return outcomeOfFailure(result.failure, { model: alias });
    const vector = result.answer.vector ?? [];
    const problem =
      vector.length === 0 || !vector.every(Number.isFinite)
        ? "The answer holds no vector of numbers."
        : dimensions !== undefined && vector.length !== dimensions
          ? `The vector has ${vector.length} numbers; want ${dimensions}.`
          : undefined;
    record(result.record, problem === undefined ? undefined : { unusable: problem });
    return problem === undefined ? { value: [...vector] } : { reject: { reason: "unparsable", detail: problem } };
  };
}

function messagesOf(
  row: Row,
  { system, prompt, examples = [], words }: CallStepParts & { readonly words?: string | undefined },
): readonly Message[] {
  const instructions = [system?.render(row), words].filter((text) => text !== undefined && text !== "").join("\n\n");
  return [
    ...(instructions === "" ? [] : [{ role: "system" as const, content: instructions }]),
    ...examples.flatMap(({ user, assistant }) => [
      { role: "user" as const, content: user.render(row) },
      { role: "assistant" as const, content: assistant.render(row) },
    ]),
    { role: "user", content: prompt.render(row) },
  ];
}
