import { open, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Verdict } from "../policy/decision.ts";
import { fileError } from "./file-error.ts";
import { USER } from "./layout.ts";
import { makeFolder } from "./make-folder.ts";
import type { RowSketch } from "./sketch.ts";
import type { UserFolders } from "./user-folders.ts";

/** How a ledger knows a source: by the id somebody declared, and by its rows, so that neither a new name nor an edited row makes it another. */
export interface SourceMark {
  readonly id: string | null;
  readonly sketch: RowSketch;
}

/** One run. Holds no path and no value of private data. */
export interface LedgerEntry {
  readonly format: "counterfoil-ledger/1";
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly job: "synthesize" | "evaluate";
  readonly version: string;
  readonly seed: number;
  readonly sourceSha256: string;
  /** Hexadecimal; with it the salted digests of a bundle's inputs can be made again. Absent in runs of old. */
  readonly salt?: string;
  /** The real rows that were measured, as this ledger knows them. Absent in runs of old. */
  readonly source?: SourceMark;
  readonly decision: Verdict;
  /** SHA-256 of the bundle's manifest; null when no bundle was written. */
  readonly manifestSha256: string | null;
}

/** Appends a run to the user's ledger: one line, flushed to the disk. A line that a crash tore is closed first, so that it spoils no other.
 * @returns a notice when the ledger cannot be written (the run itself is done and stays), else undefined */
export async function appendToLedger(folders: UserFolders, entry: LedgerEntry): Promise<string | undefined> {
  const path = join(folders.data, USER.ledger);
  try {
    await makeFolder(dirname(path), { mode: 0o700 });
    const file = await open(path, "a+", 0o600);
    try {
      const { size } = await file.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await file.read(last, 0, 1, size - 1);
      const torn = size > 0 && last[0] !== 0x0a;
      await file.appendFile(`${torn ? "\n" : ""}${JSON.stringify(entry)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    return undefined;
  } catch (error) {
    const told = fileError(error, { doing: "adding the run to the ledger", path });
    return `The run was not recorded in the ledger. ${told instanceof Error ? told.message : String(told)}`;
  }
}

/** The runs of the ledger, oldest first; lines that a crash tore are left out and counted. */
export async function readLedger(
  folders: UserFolders,
): Promise<{ readonly entries: readonly LedgerEntry[]; readonly unreadable: number }> {
  const path = join(folders.data, USER.ledger);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { entries: [], unreadable: 0 };
    throw fileError(error, { doing: "reading the ledger", path });
  }
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const entries = lines.map(entryOf).filter((entry) => entry !== null);
  return { entries, unreadable: lines.length - entries.length };
}

function entryOf(line: string): LedgerEntry | null {
  try {
    const value = JSON.parse(line) as LedgerEntry | null;
    return value?.format === "counterfoil-ledger/1" ? value : null;
  } catch {
    return null;
  }
}
