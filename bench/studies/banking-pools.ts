import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { comparableText } from "../../src/data/comparable-text.ts";
import type { Table } from "../../src/data/table.ts";
import { randomFromSeed } from "../../src/random.ts";
import { type RawWriter, rawWriter } from "./raw-writer.ts";
import { bankingRows, drawnRows, textsOf } from "./study-rows.ts";

/** Real rows that a pool's writer sees: the first ones of its draw, so that every cell of that many real rows or more holds all it was made of. */
export const SEEN = 31;
const MODEL = "smollm2-135m-instruct";
/** A small model leaves the topic after a few lines of its own. */
const LINES = 3;

/** One synthetic row as it is kept. */
export interface PoolRow {
  readonly draw: number;
  readonly text: string;
  /** The intent that was asked for: its label. */
  readonly category: string;
  /** Real examples of this intent that the writer was shown. */
  readonly shown: number;
}

/** Writes synthetic questions of all 77 intents into a file, a line each, round after round over draws and intents, until the time is over; goes on where an
 * earlier run of the same seconds ended. The writer sees the names of the intents and {@link SEEN} real rows of the draw. */
export async function writeBankingPools(
  path: string,
  { draws, seconds }: { readonly draws: number; readonly seconds: number },
): Promise<void> {
  const { train } = await bankingRows();
  const intents = [...new Set(textsOf(train, "category"))].sort();
  if (!existsSync(path)) writeFileSync(path, "");
  const kept = new Set<string>();
  for (const line of readFileSync(path, "utf8").split("\n").filter(Boolean)) {
    const row = JSON.parse(line) as PoolRow;
    kept.add(`${row.draw} ${comparableText(row.text)}`);
  }
  const until = performance.now() + seconds * 1000;
  const writer = await rawWriter(MODEL);
  const seen = Array.from({ length: draws }, (_, draw) => seenRows(drawnRows(train, draw)));
  for (const [draw, rows] of seen.entries()) for (const { text } of rows) kept.add(`${draw} ${comparableText(text)}`);
  for (let round = 0; performance.now() < until; round++) {
    for (let draw = 0; draw < draws; draw++) {
      for (const intent of intents) {
        if (performance.now() >= until) break;
        const rows = await writeRows(writer, { rows: seen[draw] as readonly Row[], intent, draw, round });
        for (const row of rows) {
          const key = `${draw} ${comparableText(row.text)}`;
          if (kept.has(key)) continue;
          kept.add(key);
          appendFileSync(path, `${JSON.stringify(row)}\n`);
        }
      }
    }
  }
  await writer.close();
}

interface Row {
  readonly text: string;
  readonly category: string;
}

function seenRows(drawn: Table): readonly Row[] {
  const categories = textsOf(drawn, "category");
  return textsOf(drawn, "text")
    .slice(0, SEEN)
    .map((text, row) => ({ text, category: categories[row] as string }));
}

async function writeRows(
  writer: RawWriter,
  {
    rows,
    intent,
    draw,
    round,
  }: { readonly rows: readonly Row[]; readonly intent: string; readonly draw: number; readonly round: number },
): Promise<readonly PoolRow[]> {
  const random = randomFromSeed(draw).split("pool").split(intent).split(round);
  // The same for all intents of a round, and first: what the model has read of a prompt it need not read again.
  const style = randomFromSeed(draw)
    .split("style")
    .split(round)
    .shuffle([...rows])
    .slice(0, 3);
  const own = random.shuffle(rows.filter((row) => row.category === intent)).slice(0, 3);
  const topic = (name: string, texts: readonly string[]): string =>
    `Topic: ${name.replaceAll("_", " ").toLowerCase()}\n${texts.map((text) => `- ${text.trim()}\n`).join("")}`;
  const prompt = [
    "Messages that customers sent to their bank's help chat, sorted by topic.",
    ...style.map((row) => topic(row.category, [row.text]).trimEnd()),
    `${topic(
      intent,
      own.map((row) => row.text),
    )}-`,
  ].join("\n\n");
  const answer = await writer.write(prompt, { seed: random.integer(2 ** 31), maxTokens: 22 * LINES });
  return linesOf(answer).map((text) => ({ draw, text, category: intent, shown: own.length }));
}

/** Whole lines only: the last one may have been cut at the token limit, which a sentence's end tells. */
function linesOf(answer: string): readonly string[] {
  return answer
    .split("\n")
    .map((line) => line.replace(/^\s*-?\s*/, "").trim())
    .slice(0, LINES)
    .filter((line, at, all) => at < all.length - 1 || /[.?!]$/.test(line))
    .filter((line) => {
      const words = line.split(/\s+/).length;
      return words >= 3 && words <= 40 && /[a-z]/i.test(line);
    });
}
