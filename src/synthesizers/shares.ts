import { concatRows, sliceRows, type Table, takeRows } from "../data/table.ts";
import { InvalidArgument } from "../errors.ts";
import type { Random } from "../random.ts";
import { CHUNK_ROWS } from "./synthesizer.ts";

/** What share of the rows each label of a column gets; labels that are not named get none. */
export interface Shares {
  readonly column: string;
  readonly labels: Readonly<Record<string, number>>;
}

/** @throws {InvalidArgument} a share below 0, or shares that do not add up to 1 */
export function checkShares({ column, labels }: Shares): void {
  const shares = Object.entries(labels);
  const wrong = shares.find(([, share]) => !(share >= 0 && share <= 1));
  if (wrong)
    throw new InvalidArgument(
      "bad-shares",
      `The share of "${wrong[0]}" in column "${column}" is ${wrong[1]}; shares go from 0 to 1.`,
    );
  const total = shares.reduce((sum, [, share]) => sum + share, 0);
  if (Math.abs(total - 1) > 1e-6)
    throw new InvalidArgument("bad-shares", `The shares of column "${column}" add up to ${+total.toFixed(6)}, not 1.`, {
      advice: `Name every label that there is to be: ${shares.map(([label, share]) => `${label}=${share}`).join(" ")}.`,
    });
}

/** Rows with each label in its share, mixed: in every chunk, too, as near as whole rows allow. */
export async function* inShares(
  rows: number,
  how: {
    readonly shares: Shares;
    readonly random: Random;
    /** Rows that all have a label. */
    readonly drawn: (label: string, rows: number, random: Random) => AsyncIterable<Table>;
  },
): AsyncGenerator<Table> {
  const labels = Object.entries(how.shares.labels).filter(([, share]) => share > 0);
  const upTo = (end: number): readonly number[] =>
    apportioned(
      labels.map(([, share]) => share * end),
      end,
    );
  const totals = upTo(rows);
  const readers = labels.map(([label], k) =>
    readerOf(how.drawn(label, totals[k] as number, how.random.split("share").split(label))),
  );
  let before = labels.map(() => 0);
  for (let start = 0; start < rows; start += CHUNK_ROWS) {
    const end = Math.min(rows, start + CHUNK_ROWS);
    // The last chunk gets what is left, so that the labels' rows are all used.
    const after = end === rows ? totals : upTo(end).map((count, k) => Math.max(count, before[k] as number));
    const parts: Table[] = [];
    for (const [k, reader] of readers.entries()) {
      const count = (after[k] as number) - (before[k] as number);
      if (count > 0) parts.push(...(await reader(count)));
    }
    before = [...after];
    const table = concatRows(parts);
    const order = Uint32Array.from({ length: table.rows }, (_, row) => row);
    yield takeRows(table, how.random.split("order").split(start).shuffle(order));
  }
}

/** Whole numbers that add up to `total` and are nearest to the wanted ones (largest remainders first, earlier ones at a tie). */
function apportioned(wanted: readonly number[], total: number): readonly number[] {
  const out = wanted.map(Math.floor);
  const rest = total - out.reduce((sum, count) => sum + count, 0);
  const order = wanted
    .map((want, k) => ({ k, over: want - Math.floor(want) }))
    .sort((a, b) => b.over - a.over || a.k - b.k);
  for (const { k } of order.slice(0, Math.max(0, rest))) out[k] = (out[k] as number) + 1;
  return out;
}

/** Reads the next so many rows of a sample. */
function readerOf(chunks: AsyncIterable<Table>): (count: number) => Promise<readonly Table[]> {
  const iterator = chunks[Symbol.asyncIterator]();
  let open: Table | undefined;
  return async (count) => {
    const out: Table[] = [];
    let wanted = count;
    while (wanted > 0) {
      if (!open || open.rows === 0) {
        const next = await iterator.next();
        if (next.done) return out;
        open = next.value;
        continue;
      }
      const taken = Math.min(wanted, open.rows);
      out.push(sliceRows(open, 0, taken));
      open = sliceRows(open, taken, open.rows);
      wanted -= taken;
    }
    return out;
  };
}
