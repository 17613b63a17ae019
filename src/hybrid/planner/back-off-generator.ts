import { comparableText } from "../../data/comparable-text.ts";
import { columnOf, type Table, type TextColumn, tableOf, takeRows } from "../../data/table.ts";
import { InvalidArgument } from "../../errors.ts";
import { drawText, fitBackOff } from "../../learners/text/back-off.ts";
import { textOf, tokensOf } from "../../learners/text/tokens.ts";
import type { Random } from "../../random.ts";
import type { PilotGenerator } from "./student.ts";

/** Synthetic texts without a language model at hand: n-grams with back-off, for each class its own. A row's class and its other columns are those of a real
 * row that is drawn; its texts are written anew, each by itself. A text that equals a real one is written again, some times. */
export function backOffGenerator(task: {
  /** Columns of text that are written. */
  readonly text: readonly string[];
  readonly target: string;
}): PilotGenerator {
  return {
    name: "back-off n-grams",
    async generate(real, rows, { random }) {
      if (task.text.includes(task.target))
        throw new InvalidArgument("text-is-target", `Column "${task.target}" is the target and cannot be a text.`);
      const source = Uint32Array.from({ length: rows }, () => random.integer(real.rows));
      const classes = codesOf(real, task.target);
      const written = new Map(
        task.text.map((name) => [
          name,
          writtenColumn(textColumn(real, name), { source, classes, random: random.split(name) }),
        ]),
      );
      const drawn = takeRows(real, source);
      return tableOf(
        drawn.columns.map((column) => written.get(column.name) ?? column),
        rows,
      );
    },
  };
}

/** Texts that were seen are written again so many times before one is kept: a class of one row has few others to offer. */
const TRIES = 8;

function writtenColumn(
  column: TextColumn,
  of: { readonly source: Uint32Array; readonly classes: Int32Array; readonly random: Random },
): TextColumn {
  const { source, classes, random } = of;
  const rows = [...column.codes.keys()].filter((row) => (column.codes[row] as number) >= 0);
  const texts = rows.map((row) => column.dictionary[column.codes[row] as number] as string);
  const model = fitBackOff(
    texts.map(tokensOf),
    rows.map((row) => classes[row] as number),
  );
  // A text without words is none.
  const seen = new Set(["", ...texts.map(comparableText)]);
  const dictionary: string[] = [];
  const places = new Map<string, number>();
  const codes = Int32Array.from(source, (row) => {
    if ((column.codes[row] as number) < 0) return -1;
    let text = "";
    for (let attempt = 0; attempt < TRIES; attempt++) {
      text = textOf(drawText(model, classes[row] as number, random));
      if (!seen.has(comparableText(text))) break;
    }
    const known = places.get(text) ?? dictionary.push(text) - 1;
    places.set(text, known);
    return known;
  });
  return { type: "text", name: column.name, codes, dictionary, storage: "text" };
}

function textColumn(table: Table, name: string): TextColumn {
  const column = columnOf(table, name);
  if (column.type === "text") return column;
  throw new InvalidArgument("no-text", `Column "${name}" holds ${column.type}s; want texts.`, {
    advice: "Name a column of text with --text.",
  });
}

/** A number for each row's class; rows without one are a class of their own. */
function codesOf(table: Table, name: string): Int32Array {
  const column = columnOf(table, name);
  if (column.type === "text") return column.codes;
  const places = new Map<number, number>();
  return Int32Array.from(column.values, (value) => {
    if (Number.isNaN(value)) return -1;
    const known = places.get(value) ?? places.size;
    places.set(value, known);
    return known;
  });
}
