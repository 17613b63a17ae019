import { sliceRows, type Table } from "../../data/table.ts";
import { InvalidData } from "../../errors.ts";
import type { Restore } from "../../schema/reduce.ts";
import type { SampleOptions } from "../synthesizer.ts";
import { keepRows, type RowRule } from "./rows.ts";

export interface DrawnRowsOptions extends SampleOptions {
  /** Rows of the modelled columns, from a stream of their own. */
  readonly modelled: (rows: number, options: SampleOptions) => AsyncIterable<Table>;
  readonly restore: Restore;
  /** Rules on modelled columns, tried before the others are put back. */
  readonly early: readonly RowRule[];
  /** Rules on whole rows. */
  readonly late: readonly RowRule[];
}

/** Rows asked of the model in one go, at most. */
const MOST_A_ROUND = 1_000_000;
/** Given up once so many rows were drawn and fewer than this share of them kept. */
const LEAST_TRIED = 100_000;
const LEAST_KEPT = 1 / 2000;

/** Draws until exactly so many rows keep every rule.
 * @throws {InvalidData} hardly any row keeps them: the rate, and which were broken */
export async function* drawnRows(rows: number, options: DrawnRowsOptions): AsyncGenerator<Table> {
  const { modelled, restore, early, late, random, onAcceptance } = options;
  const isFree = early.length === 0 && late.length === 0;
  const broken = new Map<string, number>();
  let made = 0;
  let drawn = 0;
  let startRow = 0;
  for (let round = 0; made < rows; round++) {
    const rate = made === 0 ? (drawn === 0 ? 1 : LEAST_KEPT) : made / drawn;
    const ask = isFree ? rows : Math.min(MOST_A_ROUND, Math.ceil(((rows - made) / rate) * 1.05) + 8);
    let before = drawn;
    const own = round === 0 ? random : random.split(`round ${round}`);
    const chunks = modelled(ask, {
      ...options,
      random: own.split("sample"),
      onAcceptance: (_, tried) => {
        drawn += tried;
      },
    });
    for await (const chunk of chunks) {
      const first = keepRows(chunk, early, broken);
      const restored = await restore(first, startRow, random.split("restore"));
      startRow += first.rows;
      const kept = keepRows(restored, late, broken);
      const left = Math.min(kept.rows, rows - made);
      made += left;
      onAcceptance?.(left, drawn - before);
      before = drawn;
      if (left > 0) yield left === kept.rows ? kept : sliceRows(kept, 0, left);
      if (made === rows) return;
    }
    if (drawn > LEAST_TRIED && made < drawn * LEAST_KEPT) throw tooFewRows(made, { rows, drawn, broken });
  }
}

function tooFewRows(
  made: number,
  how: { readonly rows: number; readonly drawn: number; readonly broken: ReadonlyMap<string, number> },
): InvalidData {
  const { rows, drawn, broken } = how;
  const told = [...broken].filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]);
  const count = (n: number): string => n.toLocaleString("en-US");
  return new InvalidData(
    "too-few-rows",
    `Only ${count(made)} of ${count(rows)} rows keep every rule, of ${count(drawn)} drawn (${((100 * made) / drawn).toPrecision(2)} %): ${told
      .slice(0, 5)
      .map(([name, times]) => `${count(times)} broke "${name}"`)
      .join(", ")}.`,
    { advice: "Take the rule out, or ask for less; rules that cannot hold together leave nothing." },
  );
}
