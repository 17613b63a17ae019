import { open, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ResourceError } from "../errors.ts";
import type { Verdict } from "../policy/decision.ts";
import type { KnownLineage } from "./data-lineage.ts";
import { fileError } from "./file-error.ts";
import { flush } from "./flush.ts";
import { USER } from "./layout.ts";
import { makeFolder } from "./make-folder.ts";
import type { RowSketch } from "./sketch.ts";
import type { UserFolders } from "./user-folders.ts";

/** How a ledger knows a source: by the id somebody declared, and by its rows, so that neither a new name nor an edited row makes it another. */
export interface SourceMark {
  readonly id: string | null;
  readonly sketch: RowSketch;
  /** Names the key that the rows were sketched under: sketches under two keys cannot be compared. Absent in runs of old. */
  readonly key?: string;
}

/** One run. Holds no path and no value of private data. */
export interface LedgerEntry {
  readonly format: "counterfoil-ledger/1";
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly job: "synthesize" | "evaluate" | "run" | "sample" | "complete";
  readonly version: string;
  readonly seed: number;
  readonly sourceSha256: string;
  /** Hexadecimal; with it the salted digests of a bundle's inputs can be made again. Absent in runs of old. */
  readonly salt?: string;
  /** The real rows that were measured, as this ledger knows them. Absent in runs of old. */
  readonly source?: SourceMark;
  /** Null: nothing was judged. */
  readonly decision: Verdict | null;
  /** SHA-256 of the bundle's manifest; null when no bundle was written. */
  readonly manifestSha256: string | null;
  /** Files of synthetic rows that the run left, so that they are known again. Absent: none, or a run of old. */
  readonly released?: Released;
}

/** Synthetic files, by the SHA-256 of their bytes. */
export interface Released extends KnownLineage {
  readonly sha256s: readonly string[];
}

/** What the ledger knows of a file by its bytes; undefined: it released none such. */
export async function releasedWith(folders: UserFolders, sha256: string): Promise<KnownLineage | undefined> {
  const { entries } = await readLedger(folders);
  const found = entries.flatMap(({ released: files }) => (files?.sha256s?.includes(sha256) ? [files] : []));
  if (found.length === 0) return undefined;
  const { generation, anchored } = found.reduce((most, one) => (one.generation > most.generation ? one : most));
  return { generation, anchored };
}

/** Appends a run to the user's ledger: one line, flushed to the disk. A line that a crash tore is closed first, so that it spoils no other.
 * @returns a notice when the ledger cannot be written (the run itself is done and stays), else undefined */
export async function appendToLedger(folders: UserFolders, entry: LedgerEntry): Promise<string | undefined> {
  try {
    await appendLine(folders, { text: JSON.stringify(entry), doing: "adding the run to the ledger" });
    return undefined;
  } catch (error) {
    return `The run was not recorded in the ledger. ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The runs of the ledger, oldest first; lines that a crash tore, or that hold no known format, are left out and counted. */
export async function readLedger(
  folders: UserFolders,
): Promise<{ readonly entries: readonly LedgerEntry[]; readonly unreadable: number }> {
  const lines = (await readLines(folders)) ?? [];
  const entries = lines.flatMap(({ value }) =>
    value?.format === "counterfoil-ledger/1" ? [value as LedgerEntry] : [],
  );
  const others = lines.filter(({ value }) => typeof value?.format === "string" && OTHER_FORMATS.has(value.format));
  return { entries, unreadable: lines.length - entries.length - others.length };
}

/** Lines of the same file that are no runs (`charges.ts`). */
const OTHER_FORMATS: ReadonlySet<string> = new Set(["counterfoil-charge/1", "counterfoil-charge-taken-back/1"]);

/** A line of the ledger's file; empty ones are left out. */
export interface LedgerLine {
  /** Its number in the file, from 1. */
  readonly number: number;
  readonly text: string;
  /** The JSON object that it holds; null: none can be read. */
  readonly value: { readonly format?: unknown } | null;
  /** No object was ever completed: the strict beginning of a line, as a crash in the middle of writing leaves it. */
  readonly torn: boolean;
}

/** Every line of the ledger, in the order of the file.
 * @returns null: there is no ledger
 * @throws {ResourceError} it cannot be read */
export async function readLines(folders: UserFolders): Promise<readonly LedgerLine[] | null> {
  const path = join(folders.data, USER.ledger);
  try {
    return linesOf(await readFile(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw fileError(error, { doing: "reading the ledger", path });
  }
}

/** Appends one line and flushes it to the disk.
 *
 * Another process may be torn off in the middle of its line between our look at the end of the file and our write; then our line would be glued to
 * its rest. So the file is read again, and a line that does not stand alone is written once more.
 * @param line its text, JSON of an object, unlike any other line
 * @returns every line of the file as it is then, the new one among them
 * @throws {ResourceError} the ledger cannot be written; the line is not there */
export async function appendLine(
  folders: UserFolders,
  line: { readonly text: string; readonly doing: string },
): Promise<readonly LedgerLine[]> {
  const path = join(folders.data, USER.ledger);
  try {
    const made = await makeFolder(dirname(path), { mode: 0o700 });
    const file = await open(path, "a+", 0o600);
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const { size } = await file.stat();
        const last = Buffer.alloc(1);
        if (size > 0) await file.read(last, 0, 1, size - 1);
        const bytes = Buffer.from(`${size > 0 && last[0] !== 0x0a ? "\n" : ""}${line.text}\n`, "utf8");
        // One write, which no other can come into; a short one means that the disk is full.
        const { bytesWritten } = await file.write(bytes, 0, bytes.length, null);
        if (bytesWritten < bytes.length)
          throw new ResourceError(
            "disk-full",
            `While ${line.doing}: only a part of the line could be written (${path}).`,
            {
              advice: "Free some space and run again.",
            },
          );
        await file.sync();
        if (size === 0) await flush(dirname(path));
        if (made !== undefined) await flush(dirname(made));
        const lines = linesOf(await readFile(path));
        if (lines.some(({ text }) => text === line.text)) return lines;
      }
      throw new ResourceError("busy", `While ${line.doing}: the line does not stand in the ledger (${path}).`, {
        advice: "See what else writes into this file, and run again.",
      });
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(error, { doing: line.doing, path });
  }
}

const ATTEMPTS = 5;

function linesOf(bytes: Uint8Array): LedgerLine[] {
  const lines: LedgerLine[] = [];
  let number = 0;
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    const stop = end < 0 ? bytes.length : end;
    number++;
    const line = lineOf(bytes.subarray(start, stop), number);
    if (line) lines.push(line);
    start = stop + 1;
  }
  return lines;
}

function lineOf(bytes: Uint8Array, number: number): LedgerLine | null {
  const text = Buffer.from(bytes).toString("utf8");
  if (text.trim() === "") return null;
  // Bytes that are no UTF-8 were never written by us, but for a letter that was cut.
  const value = Buffer.from(text, "utf8").equals(bytes) ? objectOf(text) : null;
  return { number, text, value, torn: value === null && isBeginning(text) };
}

function objectOf(text: string): LedgerLine["value"] {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** Whether an object was begun that is still open at the end. */
function isBeginning(text: string): boolean {
  if (!text.startsWith("{")) return false;
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const letter = text[i];
    if (quoted) {
      if (letter === "\\") i++;
      else if (letter === '"') quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === "{") depth++;
    else if (letter === "}" && --depth === 0) return false;
  }
  return true;
}
