import type { ReleasedRow, RunPublication } from "../../src/jobs/publish-run.ts";
import type { CallRecord } from "../../src/llm/call.ts";
import type { Json } from "../../src/llm/model.ts";
import { type Random, randomFromSeed } from "../../src/random.ts";
import type { RunSummary } from "../../src/text/run-summary.ts";

const NAMES = ["Ada", "Bruno", "Cleo", "Dario", "Elin", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kaya", "Lars"];
const PLACES = [
  "mill",
  "harbour",
  "orchard",
  "old bridge",
  "market",
  "lighthouse",
  "forest",
  "quarry",
  "inn",
  "chapel",
];
const THINGS = ["lantern", "basket", "silver coin", "letter", "kite", "compass", "blanket", "flute", "map", "kettle"];
const VERBS = ["found", "lost", "hid", "mended", "borrowed", "sold", "carried", "broke", "painted", "traded"];
const MOODS = ["happy", "afraid", "proud", "tired", "curious", "ashamed", "hungry", "lonely", "angry", "calm"];
const KINDS = { who: 0.4, why: 0.4, feeling: 0.2 } as const;

/** Half a page about people and things, another for every number. */
export function madeStory(number: number): string {
  const random = randomFromSeed(number).split("story");
  const pick = (list: readonly string[]): string => list[random.integer(list.length)] as string;
  return Array.from(
    { length: 9 },
    (_, i) =>
      `${["Early that day", "Before noon", "Later", "At dusk", "Then", "Meanwhile", "Soon", "After the rain", "In the end"][i]}, ${pick(NAMES)} ${pick(VERBS)} the ${pick(THINGS)} near the ${pick(PLACES)} and felt ${pick(MOODS)}, because ${pick(NAMES)} had ${pick(VERBS)} a ${pick(THINGS)} at the ${pick(PLACES)}.`,
  ).join(" ");
}

export interface MadeRun {
  readonly rows?: number;
  readonly asked?: number;
  /** Default: real. Null: no source. */
  readonly source?: "real" | "synthetic" | null;
  /** Rows whose answer is a passage of their source, word for word. */
  readonly copied?: readonly number[];
  /** Rows that repeat row 0. */
  readonly repeated?: readonly number[];
  readonly repairedEvery?: number;
  /** Price of a call; null: not known. */
  readonly price?: number | null;
}

/** Rows, summary and the rest of a run that nobody made: questions about stories, with a judge. Everything that a publication needs but the place, the
 * policy and the signer. */
export function madeRun(
  options: MadeRun = {},
): Omit<RunPublication, "out" | "policy" | "policyText" | "signer" | "events"> {
  const { rows = 300, source = "real", copied = [], repeated = [], repairedEvery = 40, price = 0.00021 } = options;
  const made = (row: number): ReleasedRow => {
    const from = repeated.includes(row) ? 0 : row;
    return madeRow(row, { from, source, isCopied: copied.includes(row), isRepaired: row % repairedEvery === 3, price });
  };
  return {
    title: "Questions about stories",
    recipe: {
      format: "counterfoil-text/1",
      name: "reading-questions",
      models: { writer: { provider: "openai", model: "small-1" }, judge: { provider: "openai", model: "large-2" } },
      rows: options.asked ?? rows,
    },
    seed: 7,
    columns: ["kind", "question", "answer", "words"],
    rows: (function* () {
      for (let row = 0; row < rows; row++) yield made(row);
    })(),
    summary: () => madeSummary({ rows, asked: options.asked ?? rows, source, price }),
    models: [
      { name: "writer", provider: "openai", model: "small-1", endpoint: "https://models.example/v1" },
      { name: "judge", provider: "openai", model: "large-2", endpoint: "https://models.example/v1" },
    ],
    source: source && {
      name: "/home/somebody/stories.jsonl.gz",
      real: source === "real",
      sha256: "ab".repeat(32),
      rows,
      generation: source === "real" ? 0 : 1,
    },
    judges: [{ step: "quality", scores: ["clear", "answerable"], scale: [1, 5] }],
    intended: { kind: KINDS },
    notices: ["A price file of 2026-11-02 was used."],
  };
}

function madeRow(
  row: number,
  how: {
    readonly from: number;
    readonly source: "real" | "synthetic" | null;
    readonly isCopied: boolean;
    readonly isRepaired: boolean;
    readonly price: number | null;
  },
): ReleasedRow {
  const { from, source, isCopied, isRepaired, price } = how;
  const random = randomFromSeed(from).split("row");
  const pick = (list: readonly string[]): string => list[random.integer(list.length)] as string;
  const story = madeStory(row);
  const u = random.uniform();
  const kind = u < 0.4 ? "who" : u < 0.8 ? "why" : "feeling";
  const question = questionOf(kind, random);
  const answer = isCopied
    ? `It is told thus: ${story.split(" ").slice(10, 75).join(" ")}`
    : `${pick(NAMES)}, who ${pick(VERBS)} the ${pick(THINGS)} beside the ${pick(PLACES)} and was ${pick(MOODS)} about it`;
  const values: Record<string, Json> = { kind, question, answer, words: answer.split(" ").length };
  const index = Math.floor(row * 1.3);
  const call = (model: string, column: string, more: Partial<CallRecord>): CallRecord => ({
    key: keyOf(random),
    model,
    column,
    usage: { promptTokens: 312 + (row % 50), completionTokens: 40 + (row % 13) },
    price,
    replayed: false,
    milliseconds: 420 + 13 * (row % 60),
    ...more,
  });
  const spare = `A remark about row ${row} that is nowhere exported`;
  return {
    values,
    source: source === null ? [] : [story],
    lineage: {
      row,
      index,
      sample: 0,
      sourceIndex: source === null ? null : row,
      steps: [
        { step: "kind", kind: "sampler", value: kind, calls: [] },
        { step: "opening", kind: "expression", value: source === null ? null : story.slice(0, 60), calls: [] },
        {
          step: "item",
          kind: "call",
          value: { question, answer, remark: spare },
          calls: [
            ...(row % 20 === 5
              ? [{ ...call("writer", "item", {}), mark: { unusable: `answer: missing in "${spare}"` } }]
              : []),
            {
              ...call("writer", "item", {}),
              mark: { rung: "json-schema", ...(isRepaired ? { repaired: "closed a brace" } : {}) },
            },
          ],
        },
        { step: "question", kind: "expression", value: question, calls: [] },
        { step: "ends_as_a_question", kind: "check", value: true, calls: [] },
        {
          step: "quality",
          kind: "call",
          value: { reasoning: spare, clear: 3 + (row % 3), answerable: 4 + (row % 2) },
          calls: [call("judge", "quality", { replayed: row % 4 === 0, milliseconds: row % 4 === 0 ? null : 910 })],
        },
        { step: "unlike", kind: "deduplicate", value: null, calls: [] },
      ],
    },
  };
}

function questionOf(kind: string, random: Random): string {
  const pick = (list: readonly string[]): string => list[random.integer(list.length)] as string;
  const [a, b, c, d] = [pick(NAMES), pick(THINGS), pick(PLACES), pick(MOODS)];
  if (kind === "who") return `Who ${pick(VERBS)} the ${b} near the ${c} before ${a} came home ${d}?`;
  if (kind === "why") return `Why did ${a} feel ${d} after the ${b} was left at the ${c} by ${pick(NAMES)}?`;
  return `How did ${a} feel when the ${b} ${["vanished", "came back", "broke", "fell"][random.integer(4)]} at the ${c} with ${pick(NAMES)}?`;
}

function keyOf(random: Random): string {
  return Array.from({ length: 4 }, () => random.uint32().toString(16).padStart(8, "0")).join("");
}

export function madeSummary(what: {
  readonly rows: number;
  readonly asked: number;
  readonly source: "real" | "synthetic" | null;
  readonly price: number | null;
}): RunSummary {
  const { rows, asked, source, price } = what;
  const checked = Math.round(rows * 0.17);
  const repeated = Math.round(rows * 0.08);
  const torn = Math.round(rows * 0.02);
  const unfinished = asked > rows ? 3 : 0;
  const rejected = checked + repeated + torn;
  const attempts = rows + rejected + unfinished;
  const example = (index: number, detail: string, matched?: number) => ({
    index,
    sourceIndex: source === null ? null : index,
    detail,
    ...(matched === undefined ? {} : { matched }),
  });
  const paid = (calls: number, replayed: number) =>
    price === null ? { price: null, paidNow: null } : { price: price * calls, paidNow: price * (calls - replayed) };
  return {
    asked,
    accepted: rows,
    attempts,
    rejected,
    unfinished,
    rejections: [
      {
        step: "ends_as_a_question",
        reason: "check",
        rows: checked,
        examples: [
          example(4, 'The question does not end with a question mark: "Who found the lantern"'),
          example(11, 'The question does not end with a question mark: "Why, one may ask."'),
          example(23, 'The question does not end with a question mark: "Tell how it felt"'),
        ],
      },
      {
        step: "unlike",
        reason: "duplicate",
        rows: repeated,
        examples: [
          example(37, "Its question stands in row 12 already.", 12),
          example(52, "Its question stands in row 31 already.", 31),
        ],
      },
      {
        step: "item",
        reason: "unparsable",
        rows: torn,
        examples: [example(71, "No answer fitted the schema after 3 tries: answer is missing.")],
      },
    ],
    stopped:
      asked > rows
        ? { reason: "budget", detail: "The next call could pass the budget of $0.50; nothing more was sent." }
        : null,
    spending: [
      {
        column: "item",
        model: "writer",
        calls: attempts + 15,
        replayed: Math.round(attempts / 3),
        promptTokens: 331 * attempts,
        completionTokens: 46 * attempts,
        uncounted: 0,
        ...paid(attempts + 15, Math.round(attempts / 3)),
        rungs: { "json-schema": attempts, tool: 15 },
        repaired: Math.round(rows / 40),
        unusable: 15,
      },
      {
        column: "quality",
        model: "judge",
        calls: rows + repeated,
        replayed: Math.round(rows / 4),
        promptTokens: 287 * rows,
        completionTokens: 61 * rows,
        uncounted: 0,
        ...paid(rows + repeated, Math.round(rows / 4)),
        rungs: { "json-schema": rows + repeated },
        repaired: 0,
        unusable: 0,
      },
    ].filter(() => attempts > 0),
    lanes: [
      {
        model: "writer",
        sent: attempts + 41,
        answered: attempts + 15,
        rateLimited: 22,
        failures: { server: 3, garbled: 1 },
        mostInFlight: 64,
        latencyMs: [180, 520, 1310, 2890, 4120],
        pausedSeconds: 2.5,
      },
      {
        model: "judge",
        sent: rows + repeated,
        answered: rows + repeated,
        rateLimited: 0,
        failures: {},
        mostInFlight: 32,
        latencyMs: [410, 930, 1720, 2400, 2615],
        pausedSeconds: 0,
      },
    ],
    seconds: 14.2,
  };
}
