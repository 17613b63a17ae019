import type { Json } from "../../../src/llm/model.ts";
import { collectTexts } from "../../../src/metrics/text/collect.ts";
import type { TextMetricInput } from "../../../src/metrics/text/input.ts";
import { type Random, randomFromSeed } from "../../../src/random.ts";

export interface MadeRow {
  readonly values: Readonly<Record<string, Json>>;
  readonly source?: readonly string[];
  readonly repaired?: boolean;
  readonly judged?: Readonly<Record<string, number>>;
}

/** What is measured of these rows. */
export function inputOf(
  rows: readonly MadeRow[],
  options: {
    readonly columns?: readonly string[];
    readonly source?: TextMetricInput["source"];
    readonly intended?: Readonly<Record<string, Readonly<Record<string, number>>>>;
    readonly judges?: readonly { readonly name: string; readonly scale: readonly [number, number] }[];
    readonly asked?: number;
    readonly rejected?: number;
    readonly seed?: number;
  } = {},
): TextMetricInput {
  const seed = options.seed ?? 1;
  const collector = collectTexts({
    columns: options.columns ?? Object.keys(rows[0]?.values ?? {}),
    source: options.source ?? "none",
    intended: options.intended,
    judges: options.judges,
    random: randomFromSeed(seed),
  });
  for (const { values, source = [], repaired = false, judged = {} } of rows)
    collector.add({ values, source, repaired, judged });
  return collector.finish(
    { asked: options.asked ?? rows.length, accepted: rows.length, rejected: options.rejected ?? 0 },
    { level: 0.95, seed },
  );
}

/** Words w0 … of a vocabulary of so many, drawn evenly. */
export function madeText(random: Random, how: { readonly words: number; readonly vocabulary: number }): string {
  return Array.from({ length: how.words }, () => `w${random.integer(how.vocabulary)}`).join(" ");
}
