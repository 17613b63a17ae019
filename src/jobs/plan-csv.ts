import { basename } from "node:path";
import { readTable } from "../data/read.ts";
import { type Column, cellOf, columnOf, type Table } from "../data/table.ts";
import { InvalidArgument, InvalidData } from "../errors.ts";
import { type Arm, isValue, lossOf, type Pilot, type PilotCell, type PilotMetric } from "../hybrid/planner/pilot.ts";
import { readEvents } from "./events.ts";
import type { JobEvents } from "./job.ts";
import type { PlanFile } from "./plan-tables.ts";

const HEADER = ["real", "synthetic", "source", "seed", "arm", "test", "value", "failure"] as const;

/** A pilot as CSV, one measurement a row; holes have no value. */
export function pilotCsv(pilot: Pick<Pilot, "cells">): string {
  const lines = pilot.cells.map((cell) =>
    [cell.real, cell.synthetic, cell.source ?? "", cell.seed, cell.arm, cell.test, cell.value ?? "", cell.failure ?? ""]
      .map((value) => quoted(String(value)))
      .join(","),
  );
  return `${[HEADER.join(","), ...lines].join("\n")}\n`;
}

function quoted(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Reads a pilot: the columns real, synthetic, seed and value, and if there are such arm, test, source and failure. A value that is empty or no number
 * is a hole; its text is the reason.
 * @throws {InvalidArgument} a column that is not there
 * @throws {InvalidData} rows that are no numbers of rows, a cell that stands there twice, no value at all, a value beyond perfect */
export async function readPilot(
  path: string,
  options: { readonly metric: PilotMetric; readonly events: JobEvents; readonly signal?: AbortSignal | undefined },
): Promise<{ readonly pilot: Pilot; readonly file: PlanFile }> {
  const { metric, events, signal } = options;
  const { table, source } = await readTable(path, { ...readEvents(events), signal });
  const name = basename(path);
  for (const column of ["real", "synthetic", "seed", "value"]) columnOf(table, column);
  const seeds = [...new Set(Array.from({ length: table.rows }, (_, row) => textOf(table, "seed", row)))].sort();
  const seen = new Map<string, number>();
  const cells = Array.from({ length: table.rows }, (_, row): PilotCell => {
    const real = rowsIn(table, "real", { row, name });
    const own = {
      real,
      synthetic: rowsIn(table, "synthetic", { row, name }),
      seed: seeds.indexOf(textOf(table, "seed", row)),
      arm: oneOf<Arm>(table, "arm", { row, name, of: ["mix", "pretrain"] }),
      test: oneOf<PilotCell["test"]>(table, "test", { row, name, of: ["test", "shifted"] }),
    };
    const from = textOf(table, "source", row) === "" ? real : rowsIn(table, "source", { row, name });
    const key = JSON.stringify([own, from]);
    const before = seen.get(key);
    if (before !== undefined)
      throw new InvalidData("repeated-cell", `${name}: rows ${before} and ${row + 1} are the same cell of the grid.`, {
        advice: "Keep one of them, or give them different seeds.",
      });
    seen.set(key, row + 1);
    return { ...own, ...(from === real ? {} : { source: from }), ...valueIn(table, { row, name, metric }) };
  });
  if (!cells.some(({ value }) => value !== null))
    throw new InvalidData("no-values", `${name} holds no value: each of its ${table.rows} cells is a hole.`, {
      advice: "Give in the column value what was measured.",
    });
  return { pilot: { metric, cells }, file: { role: "grid", name, rows: table.rows, sha256: source.sha256 } };
}

function columnNamed(table: Table, name: string): Column | undefined {
  return table.columns.find((column) => column.name === name);
}

function textOf(table: Table, name: string, row: number): string {
  const column = columnNamed(table, name);
  return column ? String(cellOf(column, row) ?? "").trim() : "";
}

function rowsIn(table: Table, name: string, at: { readonly row: number; readonly name: string }): number {
  const text = textOf(table, name, at.row);
  const value = Number(text);
  if (text === "" || !Number.isInteger(value) || value < 0)
    throw new InvalidData(
      "bad-cell",
      `${at.name}: column "${name}", row ${at.row + 1} is "${text}"; want a number of rows.`,
      {
        advice: "Give whole numbers from 0.",
      },
    );
  return value;
}

function oneOf<T extends string>(
  table: Table,
  name: string,
  at: { readonly row: number; readonly name: string; readonly of: readonly [T, ...T[]] },
): T {
  const text = textOf(table, name, at.row);
  if (text === "") return at.of[0];
  const found = at.of.find((word) => word === text);
  if (found) return found;
  throw new InvalidData("bad-cell", `${at.name}: column "${name}", row ${at.row + 1} is "${text}".`, {
    advice: `Write one of: ${at.of.join(", ")}.`,
  });
}

function valueIn(
  table: Table,
  at: { readonly row: number; readonly name: string; readonly metric: PilotMetric },
): Pick<PilotCell, "value" | "failure"> {
  const { row, name, metric } = at;
  const text = textOf(table, "value", row);
  const value = Number(text);
  if (text === "" || !isValue(value))
    return { value: null, failure: textOf(table, "failure", row) || text || "no value in the grid" };
  if (lossOf(metric, value) < -1e-9)
    throw new InvalidArgument(
      "beyond-perfect",
      `${name}: row ${row + 1} has a ${metric.name} of ${value}, which is better than that of a perfect student, ${metric.perfect}.`,
      {
        advice: "Give the best value there is with --perfect (100 for a share in per cent), and which way is --better.",
      },
    );
  return { value };
}
