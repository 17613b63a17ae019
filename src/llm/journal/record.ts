import { InvalidData } from "../../errors.ts";
import type { FailureKind, ModelAnswer, Usage } from "../model.ts";
import { FRAME_HEADER, MOST_BODY, sealFrame } from "./frame.ts";
import type { Intent, JournalRecord, RequestFailure, Result } from "./journal.ts";

/** The body of a frame: numbers at fixed places, so that opening a journal reads no text; then strings, the answer's text, its vector.
 *
 * | at | what |
 * |---|---|
 * | 0 | type, u8 |
 * | 1 | flags, u8 |
 * | 2 | attempt or tries, u16 |
 * | 4 | key, 16 bytes |
 * | 20 | number of the intent, u32 |
 * | 24, 32, 40 | tokens of prompt, of completion, from the cache, f64 |
 * | 48, 56, 64 | price, what the provider charged, milliseconds, f64 |
 * | 72 | finish or kind, u8; 74: status, u16 |
 * | 76, 78, 80, 82 | bytes of model, column, answering model, message, u16 |
 * | 84, 88 | bytes of the text, numbers of the vector, u32 |
 * | 92 | model, column, answering model, message, text, vector | */
const AT = {
  type: 0,
  flags: 1,
  tries: 2,
  key: 4,
  intent: 20,
  prompt: 24,
  completion: 32,
  cached: 40,
  price: 48,
  charged: 56,
  milliseconds: 64,
  code: 72,
  status: 74,
  model: 76,
  column: 78,
  answering: 80,
  message: 82,
  text: 84,
  vector: 88,
  strings: 92,
} as const;

const FLAG = { usage: 1, cached: 2, wide: 4, vector: 8, single: 16, mayBePaid: 32 } as const;
const TYPES = ["intent", "result", "failure"] as const;
const FINISHES = ["stop", "length", "filter", "other"] as const satisfies readonly ModelAnswer["finish"][];
const KINDS = [
  "rate-limited",
  "overloaded",
  "server",
  "network",
  "timeout",
  "garbled",
  "bad-request",
  "context",
  "bad-key",
  "no-model",
  "cancelled",
] as const satisfies readonly (FailureKind | "cancelled")[];

/** The frame of a record, ready to be written.
 * @throws {InvalidData} the answer is larger than a frame may be */
export function encodeRecord(record: JournalRecord): Buffer {
  switch (record.type) {
    case "intent":
      return encodeIntent(record, record.number);
    case "result":
      return encodeResult(record);
    case "failure":
      return encodeFailure(record);
  }
}

export function encodeIntent(intent: Intent, number: number): Buffer {
  const body = bodyOf("intent", intent, { intent: number });
  const { frame } = body;
  frame.writeUInt16LE(Math.min(intent.attempt, 65_535), FRAME_HEADER + AT.tries);
  writeTokens(frame, intent.most);
  frame.writeDoubleLE(intent.most.price ?? Number.NaN, FRAME_HEADER + AT.price);
  sealFrame(frame);
  return frame;
}

export function encodeResult(result: Result): Buffer {
  const { answer } = result;
  const body = bodyOf("result", result, {
    intent: result.intent,
    answering: answer.model,
    text: answer.text,
    vector: answer.vector,
  });
  const { frame } = body;
  frame.writeUInt16LE(Math.min(result.tries, 65_535), FRAME_HEADER + AT.tries);
  writeUsage(frame, answer.usage);
  frame.writeDoubleLE(result.price ?? Number.NaN, FRAME_HEADER + AT.price);
  frame.writeDoubleLE(answer.charged ?? Number.NaN, FRAME_HEADER + AT.charged);
  frame.writeDoubleLE(result.milliseconds, FRAME_HEADER + AT.milliseconds);
  frame[FRAME_HEADER + AT.code] = FINISHES.indexOf(answer.finish);
  sealFrame(frame);
  return frame;
}

export function encodeFailure(failure: RequestFailure): Buffer {
  const body = bodyOf("failure", failure, { intent: failure.intent, message: failure.message });
  const { frame } = body;
  writeUsage(frame, failure.usage);
  if (failure.mayBePaid) addFlag(frame, FLAG.mayBePaid);
  frame.writeDoubleLE(failure.price ?? Number.NaN, FRAME_HEADER + AT.price);
  frame.writeDoubleLE(failure.milliseconds, FRAME_HEADER + AT.milliseconds);
  frame[FRAME_HEADER + AT.code] = KINDS.indexOf(failure.kind);
  frame.writeUInt16LE(failure.status ?? 0, FRAME_HEADER + AT.status);
  sealFrame(frame);
  return frame;
}

/** The record of a frame whose checksum holds. */
export function decodeRecord(frame: Buffer): JournalRecord {
  const body = frame.subarray(FRAME_HEADER);
  let at: number = AT.strings;
  const string = (bytes: number): string => {
    at += bytes;
    return body.toString("utf8", at - bytes, at);
  };
  const flags = body[AT.flags] as number;
  const key = body.toString("hex", AT.key, AT.key + 16);
  const model = string(body.readUInt16LE(AT.model));
  const column = string(body.readUInt16LE(AT.column));
  const answering = string(body.readUInt16LE(AT.answering));
  const message = string(body.readUInt16LE(AT.message));
  const intent = body.readUInt32LE(AT.intent);
  const tries = body.readUInt16LE(AT.tries);
  const price = known(body.readDoubleLE(AT.price));
  const milliseconds = body.readDoubleLE(AT.milliseconds);
  const tokens = {
    promptTokens: body.readDoubleLE(AT.prompt),
    completionTokens: body.readDoubleLE(AT.completion),
  };
  const usage: Usage | null = !(flags & FLAG.usage)
    ? null
    : flags & FLAG.cached
      ? { ...tokens, cachedTokens: body.readDoubleLE(AT.cached) }
      : tokens;
  switch (typeOf(frame)) {
    case "intent":
      return { type: "intent", number: intent, key, model, column, attempt: tries, most: { ...tokens, price } };
    case "failure": {
      const kind = KINDS[body[AT.code] as number] ?? "server";
      const status = body.readUInt16LE(AT.status) || null;
      const mayBePaid = (flags & FLAG.mayBePaid) !== 0;
      return {
        type: "failure",
        key,
        model,
        column,
        intent,
        kind,
        status,
        message,
        usage,
        price,
        mayBePaid,
        milliseconds,
      };
    }
    case "result": {
      const bytes = body.readUInt32LE(AT.text);
      const text = body.toString(flags & FLAG.wide ? "utf16le" : "utf8", at, at + bytes);
      const vector = flags & FLAG.vector ? readVector(body.subarray(at + bytes), flags) : undefined;
      const answer: ModelAnswer = {
        text,
        ...(vector && { vector }),
        finish: FINISHES[body[AT.code] as number] ?? "other",
        usage,
        charged: known(body.readDoubleLE(AT.charged)),
        model: answering,
      };
      return { type: "result", key, model, column, intent, answer, price, milliseconds, tries };
    }
  }
}

/** What opening a journal needs of a frame, without the texts. */
export interface RecordHead {
  readonly type: JournalRecord["type"];
  readonly intent: number;
  readonly model: string;
  /** Of an intent: at most. Null: not known. */
  readonly usage: Usage | null;
  readonly price: number | null;
  readonly mayBePaid: boolean;
}

/** @param names models that were read before, so that a name is one string however often it stands in the journal */
export function readHead(frame: Buffer, names: Map<string, string>): RecordHead {
  const body = FRAME_HEADER;
  const flags = frame[body + AT.flags] as number;
  const type = typeOf(frame);
  const from = body + AT.strings;
  const name = frame.toString("utf8", from, from + frame.readUInt16LE(body + AT.model));
  let model = names.get(name);
  if (model === undefined) {
    model = name;
    names.set(name, name);
  }
  return {
    type,
    intent: frame.readUInt32LE(body + AT.intent),
    model,
    usage:
      type === "intent" || flags & FLAG.usage
        ? {
            promptTokens: frame.readDoubleLE(body + AT.prompt),
            completionTokens: frame.readDoubleLE(body + AT.completion),
            cachedTokens: frame.readDoubleLE(body + AT.cached),
          }
        : null,
    price: known(frame.readDoubleLE(body + AT.price)),
    mayBePaid: (flags & FLAG.mayBePaid) !== 0,
  };
}

/** Where the 16 bytes of the key stand in a frame. */
export const KEY_AT = FRAME_HEADER + AT.key;

function typeOf(frame: Buffer): JournalRecord["type"] {
  const type = TYPES[frame[FRAME_HEADER + AT.type] as number];
  if (type === undefined || frame.length < FRAME_HEADER + AT.strings)
    throw new InvalidData("journal-format", `The journal holds a record of an unknown type (${frame[FRAME_HEADER]}).`, {
      advice: "It was written by a newer version of the product: use that one.",
    });
  return type;
}

const known = (price: number): number | null => (Number.isNaN(price) ? null : price);

/** A frame with everything in it but the numbers of its type. */
function bodyOf(
  type: JournalRecord["type"],
  record: { readonly key: string; readonly model: string; readonly column: string },
  rest: {
    readonly intent: number;
    readonly answering?: string;
    readonly message?: string;
    readonly text?: string;
    readonly vector?: readonly number[] | undefined;
  },
): { readonly frame: Buffer } {
  const { answering = "", message = "", text = "", vector } = rest;
  const model = short(record.model);
  const column = short(record.column);
  const answered = short(answering);
  const said = short(message);
  // A lone surrogate has no UTF-8: such a text would come back as another one.
  const wide = !(text as string & { isWellFormed(): boolean }).isWellFormed();
  const textBytes = wide ? text.length * 2 : Buffer.byteLength(text);
  const single = vector?.every((x) => Math.fround(x) === x) ?? false;
  const vectorBytes = vector === undefined ? 0 : vector.length * (single ? 4 : 8);
  const names = [model, column, answered, said].map((name) => Buffer.byteLength(name));
  const bytes = AT.strings + names.reduce((sum, n) => sum + n, 0) + textBytes + vectorBytes;
  if (bytes > MOST_BODY)
    throw new InvalidData("answer-too-long", `An answer has ${bytes} bytes; the journal takes ${MOST_BODY} at most.`, {
      advice: "Set maxTokens in the parameters of the model.",
    });
  const frame = Buffer.allocUnsafe(FRAME_HEADER + bytes);
  frame.fill(0, FRAME_HEADER, FRAME_HEADER + AT.strings);
  const body = FRAME_HEADER;
  frame[body + AT.type] = TYPES.indexOf(type);
  frame[body + AT.flags] =
    (wide ? FLAG.wide : 0) | (vector === undefined ? 0 : FLAG.vector) | (single ? FLAG.single : 0);
  frame.write(record.key, body + AT.key, 16, "hex");
  frame.writeUInt32LE(rest.intent, body + AT.intent);
  names.forEach((length, i) => {
    frame.writeUInt16LE(length, body + AT.model + 2 * i);
  });
  frame.writeUInt32LE(textBytes, body + AT.text);
  frame.writeUInt32LE(vector?.length ?? 0, body + AT.vector);
  let at = body + AT.strings;
  for (const name of [model, column, answered, said]) at += frame.write(name, at, "utf8");
  at += frame.write(text, at, wide ? "utf16le" : "utf8");
  for (const x of vector ?? []) at = single ? frame.writeFloatLE(x, at) : frame.writeDoubleLE(x, at);
  return { frame };
}

/** Names have a length of 16 bits. */
const short = (name: string): string => (name.length > 20_000 ? name.slice(0, 20_000) : name);

function addFlag(frame: Buffer, flag: number): void {
  frame[FRAME_HEADER + AT.flags] = (frame[FRAME_HEADER + AT.flags] as number) | flag;
}

function writeTokens(
  frame: Buffer,
  tokens: { readonly promptTokens: number; readonly completionTokens: number },
): void {
  frame.writeDoubleLE(tokens.promptTokens, FRAME_HEADER + AT.prompt);
  frame.writeDoubleLE(tokens.completionTokens, FRAME_HEADER + AT.completion);
}

function writeUsage(frame: Buffer, usage: Usage | null): void {
  if (usage === null) return;
  addFlag(frame, FLAG.usage);
  writeTokens(frame, usage);
  if (usage.cachedTokens === undefined) return;
  addFlag(frame, FLAG.cached);
  frame.writeDoubleLE(usage.cachedTokens, FRAME_HEADER + AT.cached);
}

function readVector(bytes: Buffer, flags: number): number[] {
  const single = (flags & FLAG.single) !== 0;
  const size = single ? 4 : 8;
  return Array.from({ length: bytes.length / size }, (_, i) =>
    single ? bytes.readFloatLE(i * size) : bytes.readDoubleLE(i * size),
  );
}
