import { existsSync } from "node:fs";
import { join } from "node:path";
import { Cancelled, throwIfCancelled } from "../errors.ts";
import type { Call, Caller } from "../llm/call.ts";
import { callKeys } from "../llm/journal/call-key.ts";
import type { JournalView } from "../llm/journal/journal.ts";
import { openJournalView } from "../llm/journal/open-journal-view.ts";
import type { ModelAnswer, ModelRequest } from "../llm/model.ts";
import { priceOf } from "../llm/prices/model-price.ts";
import { WORK } from "../runs/layout.ts";
import { fabricate, filler } from "../text/fabricate.ts";
import type { Attempt } from "../text/identity.ts";
import type { Row } from "../text/step.ts";
import { collecting } from "./events.ts";
import { openRecipe, priceOfModel, type RecipeEngine, workOf } from "./recipe-engine.ts";
import type { RecipeOptions } from "./run-options.ts";

/** What may be expected, and within what it most likely lies. */
export interface Range {
  readonly low: number;
  readonly expected: number;
  readonly high: number;
}

/** What a run will take, before it is begun. */
export interface Estimate {
  readonly format: "counterfoil-estimate/1";
  /** Rows that the run asks for. */
  readonly rows: number;
  /** If every answer is taken at once, and no row is rejected but those of which it is known already. */
  readonly columns: readonly ColumnEstimate[];
  /** Of what is not in the journal. */
  readonly total: {
    readonly calls: number;
    readonly promptTokens: number;
    readonly completionTokens: Range;
    /** US dollars; null: the price of a model is not known. */
    readonly price: Range | null;
  };
  /** What the numbers rest on, one sentence each. */
  readonly notes: readonly string[];
}

export interface ColumnEstimate {
  readonly column: string;
  readonly model: string;
  readonly calls: number;
  /** Of them in the journal: they cost nothing more. */
  readonly replayed: number;
  readonly promptTokens: number;
  readonly completionTokens: Range;
  /** US dollars of all calls that are not in the journal; null: not known. */
  readonly price: Range | null;
  /** Rows whose prompts were made to know this, and answers in the journal that told how long one is. */
  readonly rowsTried: number;
  readonly answersSeen: number;
}

/** Rows whose prompts are made; more are taken to be as these. */
const MOST_TRIED = 20_000;
/** Words of a text that nothing says the length of. */
const WORDS_OF_TEXT = 120;
const WORDS_OF_FIELD = 12;
/** Characters per token of English text, about. */
const CHARACTERS_PER_TOKEN = 4;

/** Says how many calls and tokens a run takes and what they cost, and asks nothing. The prompts of the first twenty thousand rows are made from the real source rows; what a prompt
 * takes from an answer is the journal's where it has one, else filler of plausible length. Tokens are reckoned at four characters each, which is right for English within
 * about a fifth; an answer is taken to be as long as those of its column in the journal, else as the schema or the token limit suggests.
 * @throws {InvalidArgument} as {@link runRecipe} */
export async function estimateRecipe(options: RecipeOptions): Promise<Estimate> {
  const notices: string[] = [];
  const events = collecting(options.events, notices);
  const engine = await openRecipe(options, events);
  let journal: JournalView | undefined;
  try {
    journal = await journalOf(workOf(options, engine.recipe));
    events.phase?.("estimate");
    const { plan, source } = engine;
    const rows = plan.rows === "all" ? (source?.rows ?? 0) : plan.rows;
    const tally = new Map<string, Tally>();
    const caller = reckoningCaller(engine, { journal, tally });
    const tried = await tryRows(engine, { rows, caller, signal: options.signal });
    const columns = plan.calls.map(({ step, model }) =>
      estimateOf(engine, { column: step, model, ...tried, tally: tally.get(step) ?? emptyTally() }),
    );
    return {
      format: "counterfoil-estimate/1",
      rows,
      columns,
      total: {
        calls: sum(columns.map(({ calls, replayed }) => calls - replayed)),
        promptTokens: sum(columns.map(({ promptTokens }) => promptTokens)),
        completionTokens: rangeSum(columns.map(({ completionTokens }) => completionTokens)),
        price: columns.some(({ price }) => price === null)
          ? null
          : rangeSum(columns.map(({ price }) => price as Range)),
      },
      notes: [...notesOn(engine, { columns, ...tried }), ...notices],
    };
  } finally {
    await journal?.close();
    await engine.close();
  }
}

/** The journal, if there is one; another process may be writing it. */
async function journalOf(work: string): Promise<JournalView | undefined> {
  const folder = join(work, WORK.journal);
  return existsSync(folder) ? openJournalView(folder) : undefined;
}

/** What costs nothing whatever its price is. */
const NOTHING: Range = { low: 0, expected: 0, high: 0 };

/** What the calls of one column came to. */
interface Tally {
  calls: number;
  replayed: number;
  /** Characters of what is asked. */
  characters: number;
  /** Tokens of answers in the journal. */
  seen: number[];
  /** Tokens of filler, and of the most that may come. */
  filled: number;
  most: number;
  hasLimit: boolean;
}

function emptyTally(): Tally {
  return { calls: 0, replayed: 0, characters: 0, seen: [], filled: 0, most: 0, hasLimit: false };
}

/** Answers from the journal or with filler, and counts. */
function reckoningCaller(
  engine: RecipeEngine,
  { journal, tally }: { readonly journal: JournalView | undefined; readonly tally: Map<string, Tally> },
): Caller {
  const keys = new Map(
    Object.entries(engine.models).map(([name, model]) => [
      name,
      callKeys(model, { recipeVersion: engine.recipe.version ?? 1 }),
    ]),
  );
  const asked = new Set<string>();
  return {
    async call(call) {
      const column = tally.get(call.column) ?? emptyTally();
      tally.set(call.column, column);
      const key = keys.get(call.model)?.(call.request, call.sample) ?? "";
      const found = journal?.find(key);
      // Filler may not fit a schema's finer points, and is then asked for again: a row counts once.
      const once = `${call.column} ${call.priority}`;
      if (!asked.has(once) || found) {
        column.calls++;
        column.characters += charactersOf(call.request);
        if (found) {
          column.replayed++;
          if (found.answer.usage) column.seen.push(found.answer.usage.completionTokens);
        }
      }
      asked.add(once);
      const answer = found?.answer ?? filledAnswer(call, column);
      return {
        answer,
        record: {
          key,
          model: call.model,
          column: call.column,
          usage: answer.usage,
          price: null,
          replayed: found !== undefined,
          milliseconds: null,
        },
      };
    },
  };
}

function charactersOf(request: ModelRequest): number {
  if (request.kind === "embedding") return request.input.length;
  const schema = request.output ? JSON.stringify(request.output.schema).length : 0;
  // Each message costs a few tokens beside its text.
  return schema + sum(request.messages.map(({ content }) => content.length + 4 * CHARACTERS_PER_TOKEN));
}

function filledAnswer({ request }: Call, column: Tally): ModelAnswer {
  const whole = { finish: "stop" as const, charged: null, model: "estimate" };
  if (request.kind === "embedding")
    return { ...whole, text: "", vector: [0], usage: { promptTokens: 0, completionTokens: 0 } };
  const { maxTokens } = request.parameters;
  const words = Math.min(WORDS_OF_TEXT, maxTokens === undefined ? WORDS_OF_TEXT : maxTokens / 2);
  const text = request.output ? JSON.stringify(fabricate(request.output.schema, WORDS_OF_FIELD)) : filler(words);
  const completionTokens = Math.ceil(text.length / CHARACTERS_PER_TOKEN);
  column.filled += completionTokens;
  column.most += maxTokens ?? 4 * completionTokens;
  column.hasLimit ||= maxTokens !== undefined;
  return { ...whole, text, usage: { promptTokens: 0, completionTokens } };
}

/** Rows that were made with what is known and filler. */
interface Trial {
  /** Attempts. */
  readonly tried: number;
  /** Of them rejected for certain. */
  readonly rejected: number;
  /** What their calls are to be multiplied by for the whole run. */
  readonly scale: number;
}

/** Makes rows with filler, as far as the steps go. A check decides where all that it reads is what a run would have, from the source, samplers and answers of the
 * journal; of filler it would say nothing, and lets it pass. */
async function tryRows(
  engine: RecipeEngine,
  how: { readonly rows: number; readonly caller: Caller; readonly signal: AbortSignal | undefined },
): Promise<Trial> {
  const { rows, mostAttempts } = engine.plan;
  const most = Math.min(MOST_TRIED, rows === "all" ? how.rows : mostAttempts);
  let tried = 0;
  let rejected = 0;
  while (tried < most && (rows === "all" || tried - rejected < rows)) {
    throwIfCancelled(how.signal);
    const attempt = engine.attempt(tried);
    if (!attempt) return { tried, rejected, scale: 1 };
    if (await isRejected(engine, { ...how, index: tried, attempt })) rejected++;
    tried++;
  }
  const passed = tried - rejected;
  if (tried < MOST_TRIED) return { tried, rejected, scale: 1 };
  return { tried, rejected, scale: rows === "all" ? how.rows / tried : rows / Math.max(1, passed) };
}

/** Makes one row.
 * @returns whether a run would reject it, as far as is known */
async function isRejected(
  engine: RecipeEngine,
  how: {
    readonly index: number;
    readonly attempt: Attempt;
    readonly caller: Caller;
    readonly signal: AbortSignal | undefined;
  },
): Promise<boolean> {
  const { plan } = engine;
  const { index, attempt } = how;
  const random = engine.random.split("rows").split(attempt.identity);
  const signal = how.signal ?? new AbortController().signal;
  const cells: Record<string, Row["cells"][string]> = {};
  const row: Row = { index, ...attempt, cells };
  /** Steps whose cells are those of a run. */
  const known = new Set(["source"]);
  for (const step of plan.steps) {
    const kind = plan.kinds[step.name];
    if (!step.cell || kind === "own") continue;
    let isKnown = step.reads.every((name) => known.has(name));
    if (kind === "check" && !isKnown) continue;
    if (step.reads.some((name) => name !== "source" && cells[name] === undefined && plan.kinds[name] !== "check"))
      continue;
    const caller: Caller = {
      async call(call) {
        const result = await how.caller.call(call);
        if (result.failure !== undefined || !result.record.replayed) isKnown = false;
        return result;
      },
    };
    try {
      const context = { random: random.split(step.name), caller, signal, record: () => undefined };
      const { value, reject } = await step.cell(row, context);
      if (value !== undefined) cells[step.name] = value;
      if (isKnown && reject !== undefined) return true;
      if (isKnown) known.add(step.name);
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      // Filler where a number or a word was meant: what hangs on it is not reckoned, and the notes say so.
    }
  }
  return false;
}

function estimateOf(
  engine: RecipeEngine,
  what: {
    readonly column: string;
    readonly model: string;
    readonly tried: number;
    readonly scale: number;
    readonly tally: Tally;
  },
): ColumnEstimate {
  const { column, model: name, tried, scale, tally } = what;
  const calls = Math.round(tally.calls * scale);
  const replayed = tally.replayed;
  const fresh = Math.max(0, calls - replayed);
  const prompt = tally.calls === 0 ? 0 : tally.characters / tally.calls / CHARACTERS_PER_TOKEN;
  const filledCalls = Math.max(1, tally.calls - tally.replayed);
  const each: Range =
    tally.seen.length >= 3
      ? quantiles(tally.seen)
      : { low: tally.filled / filledCalls / 2, expected: tally.filled / filledCalls, high: tally.most / filledCalls };
  const promptTokens = Math.round(prompt * fresh);
  const completionTokens = scaled(each, fresh, Math.round);
  const price = priceOfModel(engine, name);
  const priced = (completion: number): number => priceOf({ promptTokens, completionTokens: completion }, price) ?? 0;
  return {
    column,
    model: name,
    calls,
    replayed,
    promptTokens,
    completionTokens,
    price:
      price === null
        ? fresh === 0
          ? NOTHING
          : null
        : {
            low: priced(completionTokens.low),
            expected: priced(completionTokens.expected),
            high: priced(completionTokens.high),
          },
    rowsTried: tried,
    answersSeen: tally.seen.length,
  };
}

function notesOn(
  engine: RecipeEngine,
  what: Trial & { readonly columns: readonly ColumnEstimate[] },
): readonly string[] {
  const { columns, tried, rejected, scale } = what;
  const guessed = columns.filter(({ answersSeen }) => answersSeen < 3).map(({ column }) => column);
  const unreached = columns.filter(({ calls }) => calls === 0).map(({ column }) => column);
  const checks = Object.values(engine.plan.kinds).some((kind) => kind === "check" || kind === "deduplicate");
  const date = engine.prices.map((list) => `${list.date} (${list.source})`)[0];
  return [
    `Prompts of ${scale === 1 ? `all ${tried}` : `the first ${tried}`} rows were made; tokens are reckoned at ${CHARACTERS_PER_TOKEN} characters each.`,
    ...(rejected > 0 ? [`Of these rows ${rejected} are rejected for certain, and reckoned with.`] : []),
    ...(guessed.length > 0
      ? [`How long answers are is guessed for ${guessed.join(", ")}: make a preview first to have it measured.`]
      : []),
    ...(unreached.length > 0 ? [`Not reckoned, for it hangs on what an answer says: ${unreached.join(", ")}.`] : []),
    ...(checks
      ? [
          engine.plan.rows === "all"
            ? "A row that a check rejects costs no more than is said here."
            : "Every further row that a check rejects costs about as much again.",
        ]
      : []),
    ...(date ? [`Prices of ${date}.`] : []),
  ];
}

/** The tenth, the mean and the ninetieth in a hundred. */
function quantiles(values: readonly number[]): Range {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
  return { low: at(0.1), expected: sum(values) / values.length, high: at(0.9) };
}

function scaled({ low, expected, high }: Range, by: number, round: (x: number) => number): Range {
  return { low: round(low * by), expected: round(expected * by), high: round(high * by) };
}

function rangeSum(ranges: readonly Range[]): Range {
  return {
    low: sum(ranges.map(({ low }) => low)),
    expected: sum(ranges.map(({ expected }) => expected)),
    high: sum(ranges.map(({ high }) => high)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
