import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** Test rows of Adult that are used: the first of the official test set, which is in no order. */
const ADULT_TEST_ROWS = 4000;
/** SUPPORT2's patients with cancer, by their group of diseases. */
const CANCER = /Cancer|Malig/;

const DRAW_ROWS = join("bench", "studies", "draw-rows.mjs");

/** Cuts the example tables into rows to learn from, rows to test on and rows from elsewhere, as CSV in a folder. No cell of them holds a comma.
 * Beside them: fresh rows of Adult, and a program that draws from them. */
export function writeStudyTables(folder: string): void {
  const adult = linesOf("adult");
  const adultTest = linesOf("adult-test");
  const age = (line: string): number => Number(line.slice(0, line.indexOf(",")));
  write("adult-60", adult, (line) => age(line) <= 60);
  write("adult-test-4000", adultTest, (line) => age(line) <= 60, { to: ADULT_TEST_ROWS });
  write("adult-pool", adultTest, (line) => age(line) <= 60, { from: ADULT_TEST_ROWS });
  write("adult-over-60", adultTest, (line) => age(line) > 60);
  const support = linesOf("support2");
  const group = (support[0] as string).split(",").indexOf("dzgroup");
  const hasCancer = (line: string): boolean => CANCER.test(line.split(",")[group] as string);
  write("support2-no-cancer", support, (line) => !hasCancer(line));
  write("support2-cancer", support, hasCancer);
  copyFileSync(DRAW_ROWS, join(folder, "draw-rows.mjs"));

  function write(
    name: string,
    lines: readonly string[],
    belongs: (line: string) => boolean,
    part: { readonly from?: number; readonly to?: number } = {},
  ): void {
    const [head, ...rows] = lines;
    const kept = rows.filter(belongs).slice(part.from, part.to);
    writeFileSync(join(folder, `${name}.csv`), `${[head, ...kept].join("\n")}\n`);
  }
}

function linesOf(name: string): readonly string[] {
  return gunzipSync(readFileSync(join("examples", "data", `${name}.csv.gz`)))
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "");
}
