import { concatRows, type Table, type TextColumn, tableOf } from "../../src/data/table.ts";
import type { Arm } from "../../src/hybrid/planner/pilot.ts";
import { textStudent } from "../../src/hybrid/planner/text-student.ts";
import { studentQuantile } from "../../src/math/student-t.ts";
import { randomFromSeed } from "../../src/random.ts";
import type { TextRows } from "./study-rows.ts";

/** Accuracy on the official test part of a student of some real and some synthetic rows. */
export function accuracyOf(
  of: TextRows,
  lesson: { readonly real: Table | null; readonly synthetic: Table | null; readonly arm?: Arm },
): number {
  const { real, synthetic, arm = "mix" } = lesson;
  const first = real ?? synthetic;
  if (!first) throw new Error("a lesson without rows");
  const student = textStudent({ text: [of.text], target: of.target, features: "n-grams" });
  const [value] = student.score({
    real: first,
    synthetic: real ? synthetic : null,
    arm,
    tests: [of.test],
    random: randomFromSeed(0),
  });
  return value as number;
}

/** A table of texts and labels, with the columns of a task. */
export function textTable(
  of: Pick<TextRows, "text" | "target">,
  rows: readonly { readonly text: string; readonly label: string }[],
): Table {
  return tableOf([
    textColumn(
      of.text,
      rows.map(({ text }) => text),
    ),
    textColumn(
      of.target,
      rows.map(({ label }) => label),
    ),
  ]);
}

/** Tables one after the other; those without rows fall away. */
export function together(...tables: readonly (Table | null)[]): Table | null {
  const filled = tables.filter((table): table is Table => table !== null && table.rows > 0);
  return filled.length > 0 ? concatRows(filled) : null;
}

/** Mean over seeds with its 90 % interval by Student's t; of one value, that value without an interval. */
export function meanOf(values: readonly number[]): {
  readonly value: number;
  readonly low: number;
  readonly high: number;
} {
  const n = values.length;
  const value = values.reduce((sum, x) => sum + x, 0) / n;
  if (n < 2) return { value, low: Number.NaN, high: Number.NaN };
  const variance = values.reduce((sum, x) => sum + (x - value) ** 2, 0) / (n - 1);
  const half = studentQuantile(0.95, n - 1) * Math.sqrt(variance / n);
  return { value, low: value - half, high: value + half };
}

function textColumn(name: string, texts: readonly string[]): TextColumn {
  const dictionary = [...new Set(texts)];
  const places = new Map(dictionary.map((text, code) => [text, code]));
  return {
    type: "text",
    name,
    codes: Int32Array.from(texts, (text) => places.get(text) as number),
    dictionary,
    storage: "text",
  };
}
