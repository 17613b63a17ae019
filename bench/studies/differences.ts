import { existsSync } from "node:fs";
import { join } from "node:path";
import { readTable } from "../../src/data/read.ts";
import { cellOf } from "../../src/data/table.ts";
import { meanOf } from "./lessons.ts";

/** A difference of accuracies between cells of the same seeds: mean, with its 90 % interval. */
export interface Difference {
  readonly file: string;
  readonly of: string;
  readonly against: string;
  readonly seeds: number;
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

type Row = Readonly<Record<string, string | number | null>>;

/** The paired differences that the study speaks of, from the tables in its folder. */
export async function differences(folder: string): Promise<readonly Difference[]> {
  const found: Difference[] = [];
  const compare = (
    file: string,
    rows: readonly Row[],
    pair: { readonly of: Row; readonly against: Row; readonly also?: Row },
  ): void => {
    const values = (wanted: Row): ReadonlyMap<unknown, number> =>
      new Map(
        rows
          .filter((row) => Object.entries(wanted).every(([name, cell]) => row[name] === cell))
          .map((row) => [row.seed, Number(row.value)]),
      );
    const [own, other] = [values({ ...pair.also, ...pair.of }), values({ ...pair.also, ...pair.against })];
    const apart = [...own].flatMap(([seed, value]) => {
      const beside = other.get(seed);
      return beside === undefined ? [] : [value - beside];
    });
    if (apart.length < 2) return;
    const { value, low, high } = meanOf(apart);
    found.push({
      file,
      of: words({ ...pair.also, ...pair.of }),
      against: words(pair.against),
      seeds: apart.length,
      difference: value,
      low,
      high,
    });
  };

  for (const file of [
    "text-banking77-model-shares",
    "text-banking77-back-off-pilot",
    "text-fairytaleqa-back-off-pilot",
  ]) {
    const rows = await rowsOf(folder, file);
    const cells = distinct(rows, ["real", "synthetic", "arm"]);
    for (const { real, synthetic, arm } of cells) {
      if (real === 0 || synthetic === 0) continue;
      const of = { real: real as number, synthetic: synthetic as number, arm: arm as string };
      compare(file, rows, { of, against: { ...of, synthetic: 0, arm: "mix" } });
      if (arm === "pretrain") compare(file, rows, { of, against: { ...of, arm: "mix" } });
    }
    for (const { synthetic: total } of cells.filter(({ real }) => real === 0))
      compare(file, rows, {
        of: { real: 0, synthetic: total as number },
        against: { real: Math.round(0.025 * (total as number)), synthetic: Math.round(0.975 * (total as number)) },
      });
  }
  const worth = await rowsOf(folder, "text-125-rows");
  for (const cell of distinct(worth, ["corpus", "generator", "synthetic", "added"]))
    if (cell.added !== "none") compare("text-125-rows", worth, { of: cell, against: { ...cell, added: "none" } });
  const names = await rowsOf(folder, "text-names");
  for (const { real, synthetic } of distinct(names, ["real", "synthetic"]))
    if (synthetic !== 0)
      compare("text-names", names, {
        of: { real: real ?? 0, synthetic: synthetic ?? 0 },
        against: { real: real ?? 0, synthetic: 0 },
      });
  return found;
}

async function rowsOf(folder: string, file: string): Promise<readonly Row[]> {
  const path = join(folder, `${file}.csv`);
  if (!existsSync(path)) return [];
  const { table } = await readTable(path);
  return Array.from({ length: table.rows }, (_, row) =>
    Object.fromEntries(table.columns.map((column) => [column.name, cellOf(column, row)])),
  );
}

function distinct(rows: readonly Row[], names: readonly string[]): readonly Row[] {
  const seen = new Map<string, Row>();
  for (const row of rows) {
    const part = Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
    seen.set(JSON.stringify(part), part);
  }
  return [...seen.values()];
}

function words(cell: Row): string {
  return Object.entries(cell)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}
