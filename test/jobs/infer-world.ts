import { type Column, tableOf } from "../../src/data/table.ts";
import type { OpenedFile } from "../../src/jobs/infer-answer.ts";
import { randomFromSeed } from "../../src/random.ts";

/** Columns of a world. */
export const HEADER = ["id", "y", "x", "job", "guess", "late", "weight", "chance", "place", "died"];

/** Units with y = 1 + 2x + (judge: 1) + noise, a guess that is off by 3 and knows most of the noise, and labels for the first of a shuffled order. */
export function world(seed: number, units: number, labelled: number): readonly (readonly string[])[] {
  const random = randomFromSeed(seed);
  return Array.from({ length: units }, (_, i) => {
    const x = random.normal();
    const judge = random.uniform() < 0.5;
    const noise = random.normal();
    const y = 1 + 2 * x + (judge ? 1 : 0) + noise;
    const died = random.uniform() < 1 / (1 + Math.exp(-x - noise));
    const isLabelled = i < labelled;
    return [
      `u${i}`,
      isLabelled ? y.toFixed(4) : "",
      x.toFixed(4),
      judge ? "judge" : "cook",
      (y + 3 + 0.4 * random.normal()).toFixed(4),
      isLabelled ? String(Number(x.toFixed(4)) * 5) : "",
      (0.5 + random.uniform()).toFixed(3),
      isLabelled ? "0.25" : "",
      random.uniform() < 0.5 ? "north" : "south",
      isLabelled ? (died ? "yes" : "no") : "",
    ];
  });
}

type Cells = readonly (readonly string[])[];

/** As a reader would type them: numbers where every cell is one or empty. */
export function opened(name: string, cells: Cells, header: readonly string[] = HEADER): OpenedFile {
  const columns = header.map((title, j): Column => {
    const own = cells.map((row) => row[j] as string);
    if (own.every((cell) => cell === "" || Number.isFinite(Number(cell)))) {
      const values = Float64Array.from(own, (cell) => (cell === "" ? Number.NaN : Number(cell)));
      return { name: title, type: "number", storage: "double", values };
    }
    const dictionary = [...new Set(own.filter((cell) => cell !== ""))];
    const codes = Int32Array.from(own, (cell) => dictionary.indexOf(cell));
    return { name: title, type: "text", storage: "text", dictionary, codes };
  });
  return { name, table: tableOf(columns), sha256: "0".repeat(64) };
}
