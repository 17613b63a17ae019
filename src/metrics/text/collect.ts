import { comparableText } from "../../data/comparable-text.ts";
import type { Json } from "../../llm/model.ts";
import { hash53, joined53 } from "../../math/hash-53.ts";
import type { Random } from "../../random.ts";
import type { ColumnBalance, JudgedScore, RunCounts, SampledRow, TextMetricInput } from "./input.ts";
import { type SourceText, sourceTextOf } from "./source-text.ts";
import { type HashedWords, hashWords, textOfCell, wordsOf } from "./words.ts";

/** A row of the release on its way past. */
export interface CollectedRow {
  readonly values: Readonly<Record<string, Json>>;
  /** The texts of its source row that a prompt read. */
  readonly source: readonly string[];
  /** It rests on an answer that had to be mended. */
  readonly repaired: boolean;
  /** Scores that judges gave, by the names under `judges`. */
  readonly judged: Readonly<Record<string, number>>;
}

/** Counts over the rows of a release while they pass. */
export interface TextCollector {
  add(row: CollectedRow): void;
  /** Once, at the end. */
  finish(run: RunCounts, options: { readonly level: number; readonly seed: number }): TextMetricInput;
}

/** Keeps some tens of bytes of every row and a sample of at most 5,000 rows, so that memory hardly grows with the release.
 * @param options `columns`: exported ones, in order; `intended`: the shares that some of them should have, by label; `judges`: scores that rows may have */
export function collectTexts(options: {
  readonly columns: readonly string[];
  readonly source: TextMetricInput["source"];
  readonly intended?: Readonly<Record<string, Readonly<Record<string, number>>>> | undefined;
  readonly judges?: readonly { readonly name: string; readonly scale: readonly [number, number] }[] | undefined;
  readonly random: Random;
}): TextCollector {
  const { source, random } = options;
  const columns = options.columns.map((name) => ({ name, hashes: growing(), texts: 0, long: 0 }));
  const balance = Object.entries(options.intended ?? {})
    .filter(([name]) => options.columns.includes(name))
    .map(([name, intended]) => ({ name, intended, rows: new Map<string, number>() }));
  const judges = (options.judges ?? []).map(({ name, scale }) => ({ name, scale, n: 0, mean: 0, squares: 0 }));
  const draw = random.split("sample");
  const sample: { readonly place: number; readonly row: SampledRow }[] = [];
  const sourceOf = remembering(sourceTextOf);
  let rows = 0;
  let repairedRows = 0;
  const passages = { rows: 0, copied: 0, longestWords: 0 };

  return {
    add(row) {
      const texts = columns.map((column) => {
        const text = textOfCell(row.values[column.name]);
        column.hashes.push(text === null ? Number.NaN : hash53(comparableText(text)));
        if (text === null) return null;
        column.texts++;
        if (hasWords(text, TEXT_WORDS)) column.long++;
        return text;
      });
      if (row.repaired) repairedRows++;
      for (const { name, rows: counts } of balance) {
        const label = labelOf(row.values[name]);
        counts.set(label, (counts.get(label) ?? 0) + 1);
      }
      for (const judge of judges) {
        const score = row.judged[judge.name];
        if (score === undefined || !Number.isFinite(score)) continue;
        judge.n++;
        const step = score - judge.mean;
        judge.mean += step / judge.n;
        judge.squares += step * (score - judge.mean);
      }
      const from = row.source.length > 0 ? sourceOf(row.source) : null;
      const hashed = texts.map((text) => (text === null || !from?.hasPassage ? null : hashWords(text)));
      const copied = from !== null && countPassages(hashed, from, passages);
      // Reservoir sampling (Vitter, 1985, algorithm R).
      const place = rows < SAMPLE_ROWS ? rows : draw.integer(rows + 1);
      if (place < SAMPLE_ROWS)
        sample[place] = {
          place: rows,
          row: {
            texts: texts.map((text) => text && cut(text)),
            shared: hashed.map((words) => words && (from as SourceText).sharedRuns(words)),
            source: row.source.map(cut),
            hasPassage: from?.hasPassage ?? false,
            copied,
          },
        };
      rows++;
    },
    finish(run, { level, seed }) {
      const isText = columns.map(({ texts, long }) => texts > 0 && 2 * long >= texts);
      const shown = columns.filter((_, j) => isText[j]);
      const own = sample
        .sort((a, b) => a.place - b.place)
        .map(({ row }) => ({
          ...row,
          texts: row.texts.filter((_, j) => isText[j]),
          shared: row.shared.filter((_, j) => isText[j]),
        }));
      return {
        run,
        columns: shown.map(({ name, texts, hashes }) => ({ name, texts, repeated: repeatsIn(hashes.values()) })),
        repeatedRows: shown.length === 0 ? null : repeatsIn(joined(shown.map(({ hashes }) => hashes.values()))),
        repairedRows,
        passages: passages.rows === 0 ? null : passages,
        sample: random.split("order").shuffle(own),
        source,
        balance: balance.map(
          ({ name, intended, rows: counts }): ColumnBalance => ({ name, intended, rows: Object.fromEntries(counts) }),
        ),
        judged: judges
          .filter(({ n }) => n > 0)
          .map(
            ({ name, scale, n, mean, squares }): JudgedScore => ({
              name,
              scale,
              n,
              mean,
              stddev: n > 1 ? Math.sqrt(squares / (n - 1)) : 0,
            }),
          ),
        level,
        seed,
        random,
      };
    },
  };
}

const SAMPLE_ROWS = 5000;
const MOST_CHARACTERS = 10_000;
/** A column holds running text where half of its texts have so many words; the others are labels, names and short answers, which repeat by nature. */
const TEXT_WORDS = 5;

function cut(text: string): string {
  return text.length > MOST_CHARACTERS ? text.slice(0, MOST_CHARACTERS) : text;
}

/** The first characters suffice to tell. */
function hasWords(text: string, count: number): boolean {
  return wordsOf(text.slice(0, 400)).length >= count;
}

function labelOf(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

/** @returns whether a passage of the source stands in one of the texts */
function countPassages(
  texts: readonly (HashedWords | null)[],
  source: SourceText,
  counts: { rows: number; copied: number; longestWords: number },
): boolean {
  if (!source.hasPassage) return false;
  counts.rows++;
  let copied = false;
  for (const text of texts) {
    const run = text === null ? null : source.longestRun(text);
    if (run === null) continue;
    counts.longestWords = Math.max(counts.longestWords, run.words);
    copied ||= source.isPassage(run);
  }
  if (copied) counts.copied++;
  return copied;
}

/** A source row is read once for many of its rows. */
function remembering(make: (texts: readonly string[]) => SourceText): (texts: readonly string[]) => SourceText {
  const known = new Map<string, SourceText>();
  let words = 0;
  return (texts) => {
    const key = texts.join("\u0000");
    const found = known.get(key);
    if (found) return found;
    const made = make(texts);
    // What holds no word would never be let go of for its words.
    if (made.words === 0) return made;
    known.set(key, made);
    words += made.words;
    // Oldest first.
    for (const [other, { words: freed }] of known) {
      if (words <= MOST_WORDS_KEPT || known.size === 1) break;
      known.delete(other);
      words -= freed;
    }
    return made;
  };
}

/** About 40 bytes each. */
const MOST_WORDS_KEPT = 500_000;

/** Values that equal another one, but for the first of each. NaN: nothing, equal to nothing. */
function repeatsIn(values: Float64Array): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  let repeats = 0;
  for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) repeats++;
  return repeats;
}

/** One value for the values of a row. */
function joined(columns: readonly Float64Array[]): Float64Array {
  const [first] = columns as readonly [Float64Array];
  return columns.length === 1
    ? first
    : first.map((_, row) =>
        joined53(columns.map((values) => (Number.isNaN(values[row]) ? -1 : (values[row] as number)))),
      );
}

/** A list of doubles that grows. */
function growing(): { readonly push: (value: number) => void; readonly values: () => Float64Array } {
  let room = new Float64Array(1024);
  let length = 0;
  return {
    push(value) {
      if (length === room.length) {
        const larger = new Float64Array(2 * length);
        larger.set(room);
        room = larger;
      }
      room[length++] = value;
    },
    values: () => room.slice(0, length),
  };
}
