import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { gunzipSync } from "node:zlib";
import { randomFromSeed } from "../../src/random.ts";

/** A scratch folder that is also this process's home for keys and ledger; gone when the file's tests are over. */
export function scratchHome(): string {
  const folder = mkdtempSync(join(tmpdir(), "counterfoil-jobs-"));
  process.env.XDG_CONFIG_HOME = join(folder, ".xdg", "config");
  process.env.XDG_DATA_HOME = join(folder, ".xdg", "data");
  process.env.XDG_STATE_HOME = join(folder, ".xdg", "state");
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What a public file must never hold: planted into `peopleCsv`. */
export const SECRETS = {
  /** Held by three rows. */
  rareLabel: "Sword swallower",
  /** Held by one row each: the largest pay, the smallest, the first day. */
  largest: 98_765_432.1,
  smallest: -7_654_321.5,
  firstDay: "1801-03-07",
} as const;

/** Made-up people, two or three rows a person: a key, a person, an e-mail, and columns that hang together. */
export function peopleCsv(
  rows: number,
  options: { readonly text?: boolean } = {},
): { readonly text: string; readonly header: readonly string[]; readonly cells: readonly (readonly string[])[] } {
  const random = randomFromSeed(7);
  const pick = (list: readonly string[]): string => list[random.integer(list.length)] as string;
  const header = ["customer_id", "person", "email", "age", "job", "pay", "joined", "smoker", "city"];
  if (options.text) header.push("letter");
  const cells = Array.from({ length: rows }, (_, i) => {
    const person = Math.floor(i / 2.5);
    const age = 18 + ((person * 37) % 60);
    const job = age < 30 ? pick(["clerk", "student"]) : age < 60 ? pick(["clerk", "nurse", "pilot"]) : "retired";
    const pay = random.uniform() < 0.1 ? "" : (1000 + age * 50 + 400 * random.normal()).toFixed(2);
    const joined = new Date(Date.UTC(2001, 0, 1) + 86_400_000 * random.integer(8000)).toISOString().slice(0, 10);
    const row = [
      `C-${String(100_003 + 7 * i)}`,
      `P-${48_213 + 13 * person}`,
      `${pick(["ann", "bob", "eve", "joe"])}.${pick(["moss", "reed", "vale"])}${i}@example${i % 40}.org`,
      String(age),
      job,
      pay,
      joined,
      random.uniform() < (job === "pilot" ? 0.05 : 0.4) ? "yes" : "no",
      pick(["Delft", "Gouda", "Leiden", "Utrecht"]),
    ];
    if (options.text)
      row.push(`On day ${i} I felt ${"very ".repeat(i % 5)}tired and wrote down the number ${i * 7919}`);
    return row;
  });
  const set = (row: number, column: string, value: string): void => {
    (cells[row] as string[])[header.indexOf(column)] = value;
  };
  for (const row of [11, 77, 140]) set(row, "job", SECRETS.rareLabel);
  set(21, "pay", String(SECRETS.largest));
  set(22, "pay", String(SECRETS.smallest));
  set(33, "joined", SECRETS.firstDay);
  return { text: csvOf(header, cells), header, cells };
}

/** RFC 4180. */
export function csvOf(header: readonly string[], cells: readonly (readonly string[])[]): string {
  const quoted = (cell: string): string => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return `${[header, ...cells].map((row) => row.map(quoted).join(",")).join("\n")}\n`;
}

/** Rows from … to − 1 of the 6,000 of Adult under test/data, as CSV. */
export function adultCsv(from: number, to: number): string {
  const lines = adultLines();
  return `${lines[0]}\n${lines.slice(1 + from, 1 + to).join("\n")}\n`;
}

/** The header and the rows of Adult. */
export function adultLines(): readonly string[] {
  return gunzipSync(readFileSync(join("test", "data", "adult-6000.csv.gz")))
    .toString("utf8")
    .trimEnd()
    .split("\n");
}

/** Writes a file into a folder and returns its path. */
export function fileIn(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Files below a folder, relative, ascending. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    )
    .sort();
}
