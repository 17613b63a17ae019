import canonicalize from "canonicalize";
import { comparableText } from "../../data/comparable-text.ts";
import type { Json } from "../../llm/model.ts";
import { randomFromSeed } from "../../random.ts";
import type { DeduplicateStep } from "../recipe.ts";
import type { Rejection, Row, StreamFilter } from "../step.ts";
import { type Key128, seenKeys } from "./seen-keys.ts";

/** The filter of a deduplication: of rows that are alike in the cells named, the first that is accepted stays. Keeps a 128-bit hash of each accepted row:
 * among a million of them two that differ meet by chance once in 10²⁶ runs.
 *
 * It may say so before a row's turn: accepted rows stay accepted, and no two of them are alike, so that the row and the one it matched are the same then. */
export function deduplicateFilter({ deduplicate, exactly = false }: DeduplicateStep): StreamFilter {
  const seen = seenKeys();
  // A row is looked at when it is made and again when its turn comes.
  const keys = new WeakMap<Row, Key128>();
  const keyOf = (row: Row): Key128 => {
    const known = keys.get(row);
    if (known) return known;
    const key = hash128(deduplicate.map((cell) => comparable(row.cells[cell] ?? null, exactly)).join(""));
    keys.set(row, key);
    return key;
  };
  const find = (row: Row): Rejection | undefined => {
    const matched = seen.find(keyOf(row));
    if (matched < 0) return undefined;
    const alike = exactly ? "is equal" : "is equal but for case, spaces and forms of letters";
    return {
      reason: "duplicate",
      detail: `${deduplicate.map((cell) => `"${cell}"`).join(", ")} ${alike} to that of row ${matched}.`,
      matched,
    };
  };
  return {
    offer: find,
    early: find,
    accepted: (row) => seen.add(keyOf(row), row.index),
    key: (row) => keyOf(row).join(" "),
  };
}

/** Cells of different values never give the same text, one after another. */
function comparable(value: Json, exactly: boolean): string {
  const text = typeof value === "string" ? same(value, exactly) : (canonicalize(sameWithin(value, exactly)) as string);
  return `${typeof value === "string" ? "s" : "j"}${text.length}:${text}`;
}

function sameWithin(value: Json, exactly: boolean): Json {
  if (typeof value === "string") return same(value, exactly);
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item: Json) => sameWithin(item, exactly));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, sameWithin(item, exactly)]));
}

function same(text: string, exactly: boolean): string {
  return exactly ? text : comparableText(text);
}

const hashes = randomFromSeed(0);

/** MurmurHash3_x86_128: the key of the stream of that name. */
function hash128(text: string): Key128 {
  return hashes.split(text).key;
}
