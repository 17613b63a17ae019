import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { alignTo } from "../data/align.ts";
import { readTable } from "../data/read.ts";
import { selectColumns, type Table } from "../data/table.ts";
import { writeTable } from "../data/write.ts";
import { InvalidArgument, throwIfCancelled } from "../errors.ts";
import type { Arm } from "../hybrid/planner/pilot.ts";
import { commandWords } from "./command-words.ts";
import { PASSED } from "./own-program.ts";
import type { PlanOptions } from "./plan-options.ts";
import type { Failure } from "./plan-tasks.ts";
import { type ProgramRan, runProgram } from "./run-program.ts";

/** A command of the user's, and what it gets. */
export interface PlanProgram {
  readonly words: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  /** Variables of its environment whose values are nobody else's business. */
  readonly secret: readonly string[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

const SECONDS = 3600;

/** A command as it will be run: words that name a file from here name it from anywhere.
 * @throws {InvalidArgument} it is no command, or names none of the files that it would be given */
export function planProgram(
  command: string,
  of: { readonly option: "--student" | "--generate"; readonly options: PlanOptions },
): PlanProgram {
  const { option, options } = of;
  const [first, ...rest] = commandWords(command, option);
  const program = /[\\/]/.test(first) ? resolve(first) : first;
  const args = rest.map((word) => (word.startsWith("-") || !existsSync(word) ? word : resolve(word)));
  const lacking = (option === "--student" ? ["real", "synthetic", "test"] : ["real", "rows", "out"]).filter(
    (name) => !args.some((word) => word.includes(`{${name}}`)),
  );
  const places = lacking.map((name) => `{${name}}`);
  if (lacking.length > 0 && lacking.length < 3)
    throw new InvalidArgument("bad-command", `${option} does not say where ${places.join(" and ")} goes: ${command}`, {
      advice: "Name all three of them, or none: then they are the last arguments.",
    });
  const variables = [...PASSED, ...(options.variables ?? [])].flatMap((name): [string, string][] => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    words: [program, ...args, ...places],
    environment: { PYTHONUNBUFFERED: "1", PYTHONIOENCODING: "utf-8", ...Object.fromEntries(variables) },
    secret: (options.variables ?? []).filter((name) => !PASSED.includes(name)),
    timeoutMs: 1000 * (options.programSeconds ?? SECONDS),
    signal: options.signal,
  };
}

/** Runs a student of the user's once for each test set, in a folder of its own. A table without rows is a file with a header.
 * @returns the last number that it printed for each
 * @throws {Cancelled} the signal fired */
export async function scoreByProgram(
  program: PlanProgram,
  lesson: {
    /** Files. */
    readonly real: string;
    readonly tests: readonly string[];
    readonly synthetic: Table;
    readonly arm: Arm;
    readonly seed: number;
    readonly work: string;
  },
): Promise<readonly number[] | Failure> {
  return inOwnFolder(lesson.work, async (folder) => {
    const paths = { real: join(folder, "train-real.csv"), synthetic: join(folder, "train-synthetic.csv") };
    await copyFile(lesson.real, paths.real);
    await writeCsv(lesson.synthetic, paths.synthetic);
    const out: number[] = [];
    for (const [i, file] of lesson.tests.entries()) {
      const test = join(folder, i === 0 ? "test.csv" : "shifted.csv");
      await copyFile(file, test);
      const ran = await runFilled(program, {
        folder,
        values: { ...paths, test, arm: lesson.arm, seed: String(lesson.seed) },
      });
      const found = printedValue(program, ran);
      if (typeof found !== "number") return found;
      out.push(found);
    }
    return out;
  });
}

/** Asks a generator of the user's for rows; what it made is kept in the work folder, and not asked for again.
 * @throws {Cancelled} the signal fired */
export async function generateByProgram(
  program: PlanProgram,
  ask: { readonly real: Table; readonly rows: number; readonly seed: number; readonly work: string },
): Promise<Table | Failure> {
  const { real, rows, seed, work } = ask;
  const made = join(work, "generated", `${real.rows}-rows-seed-${seed}`);
  if (!existsSync(made)) {
    const failure = await inOwnFolder(work, async (folder) => {
      const paths = { real: join(folder, "train-real.csv"), out: join(folder, "synthetic.csv") };
      await writeCsv(real, paths.real);
      const ran = await runFilled(program, { folder, values: { ...paths, rows: String(rows), seed: String(seed) } });
      const wrong = wrongEnd(program, ran);
      if (wrong) return wrong;
      if (!existsSync(paths.out)) return { failure: `The program ${nameOf(program)} ended well and wrote no {out}.` };
      await mkdir(join(work, "generated"), { recursive: true });
      await rename(paths.out, made);
      return undefined;
    });
    if (failure) return failure;
  }
  const found = await readMade(made, { real, rows, program });
  // What cannot be used is made anew by the next run.
  if ("failure" in found) await rm(made, { force: true });
  return found;
}

async function readMade(
  path: string,
  of: { readonly real: Table; readonly rows: number; readonly program: PlanProgram },
): Promise<Table | Failure> {
  const { real, rows, program } = of;
  try {
    const { table } = await readTable(path, { name: "{out}", signal: program.signal });
    if (table.rows !== rows)
      return { failure: `The program ${nameOf(program)} wrote ${table.rows} rows where ${rows} were asked for.` };
    const names = real.columns.map(({ name }) => name);
    const own = table.columns.map(({ name }) => name).filter((name) => names.includes(name));
    return alignTo(selectColumns(table, own), real, { table: "generated", reference: "real" }).table;
  } catch (error) {
    throwIfCancelled(program.signal);
    return { failure: `What the program ${nameOf(program)} wrote cannot be used: ${(error as Error).message}` };
  }
}

const OWN = "cell-";

/** Removes folders of programs that a killed process left: they hold real rows. */
export async function removeLeftFolders(work: string): Promise<void> {
  for (const name of await readdir(work))
    if (name.startsWith(OWN)) await rm(join(work, name), { recursive: true, force: true });
}

/** A folder for files that come and go; gone afterwards. */
export async function inOwnFolder<T>(work: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(work, OWN));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes a table for a program to read, as its source was written. */
export async function writeCsv(table: Table, path: string): Promise<void> {
  await writeTable(
    (async function* () {
      yield table;
    })(),
    { csv: path, metadata: {} },
  );
}

async function runFilled(
  program: PlanProgram,
  of: { readonly folder: string; readonly values: Readonly<Record<string, string>> },
): Promise<ProgramRan> {
  const [file, ...args] = program.words;
  const ran = await runProgram(
    [file, ...args.map((word) => word.replace(/\{(\w+)\}/g, (whole, name: string) => of.values[name] ?? whole))],
    { cwd: of.folder, environment: program.environment, timeoutMs: program.timeoutMs, signal: program.signal },
  );
  throwIfCancelled(program.signal);
  if (ran.missing)
    throw new InvalidArgument("no-program", `There is no program "${file}".`, {
      advice: "Give the path of a program, or the name of one on the PATH; no shell reads the command.",
    });
  return { ...ran, said: tellable(ran.said, { program, folder: of.folder }) };
}

/** What a program said, as it may be told: without the values of the variables that it was given, and without its folder, whose name is drawn anew for
 * each run and would tell two runs apart that are alike. */
function tellable(said: string, of: { readonly program: PlanProgram; readonly folder: string }): string {
  const { environment, secret } = of.program;
  return secret.reduce(
    (text, name) => {
      const value = environment[name] ?? "";
      return value.length < SHORTEST_SECRET ? text : text.replaceAll(value, () => `$${name}`);
    },
    said.replaceAll(of.folder, "."),
  );
}

/** A shorter value is no key, and stands in many a sentence. */
const SHORTEST_SECRET = 4;

function wrongEnd(program: PlanProgram, ran: ProgramRan): Failure | undefined {
  const last = lastLine(ran.said);
  const said = last === "" ? "" : `; it last said: ${last}`;
  if (ran.timedOut)
    return { failure: `The program ${nameOf(program)} was ended after ${program.timeoutMs / 1000} s${said}` };
  if (ran.code !== 0) return { failure: `The program ${nameOf(program)} ended with exit code ${ran.code}${said}` };
  return undefined;
}

function printedValue(program: PlanProgram, ran: ProgramRan): number | Failure {
  const wrong = wrongEnd(program, ran);
  if (wrong) return wrong;
  const found = lastNumber(ran.printed);
  if (found === undefined) return { failure: `The program ${nameOf(program)} printed no number.` };
  if (Number.isFinite(found)) return found;
  return { failure: `The program ${nameOf(program)} printed ${found}.` };
}

/** The last number in a text that stands by itself: the 0.8 of "f1: 0.8 (test2.csv)". */
export function lastNumber(text: string): number | undefined {
  const found = [
    ...text.matchAll(/(?<![\w.+/-])[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|nan|inf(?:inity)?)(?![\w%/-]|\.\w)/gi),
  ].at(-1);
  if (!found) return undefined;
  const word = found[0].toLowerCase();
  if (word.includes("nan")) return Number.NaN;
  if (word.includes("inf")) return word.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(word);
}

function nameOf(program: PlanProgram): string {
  return program.words[0].split(/[\\/]/).at(-1) as string;
}

function lastLine(said: string): string {
  const lines = said.split("\n").map((line) => line.replace(/\p{Cc}+/gu, " ").trim());
  return (lines.findLast((line) => line !== "") ?? "").slice(0, 200);
}
