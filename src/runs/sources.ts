import { randomBytes } from "node:crypto";
import { readFile, rename, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Table } from "../data/table.ts";
import { USER } from "./layout.ts";
import { type LedgerEntry, readLedger, type SourceMark } from "./ledger.ts";
import { makeFolder } from "./make-folder.ts";
import { overlapOf, sketchRows } from "./sketch.ts";
import type { UserFolders } from "./user-folders.ts";

/** Rows that two tables must share to be one source. */
const SAME_SOURCE = 0.5;

/** Marks the real rows of a run, under a key that stays with this user's ledger; a ledger that cannot be written marks under a key of its own. */
export async function markSource(folders: UserFolders, table: Table, id: string | undefined): Promise<SourceMark> {
  return { id: id ?? null, sketch: sketchRows(table, await sketchKey(folders)) };
}

/** Runs of the ledger that measured the same source: each told its user something of the same real rows. */
export async function queriesOf(folders: UserFolders, mark: SourceMark): Promise<number> {
  const { entries } = await readLedger(folders);
  return entries.filter((entry) => isSameSource(entry.source, mark)).length;
}

function isSameSource(known: LedgerEntry["source"], mark: SourceMark): boolean {
  if (!known) return false;
  return (known.id !== null && known.id === mark.id) || overlapOf(known.sketch, mark.sketch) > SAME_SOURCE;
}

async function sketchKey(folders: UserFolders): Promise<Uint8Array> {
  const path = join(folders.data, USER.sketchKey);
  const known = await readFile(path).catch(() => undefined);
  if (known && known.length === 32) return known;
  const key = randomBytes(32);
  const draft = `${path}.${process.pid}.partial`;
  try {
    await makeFolder(dirname(path), { mode: 0o700 });
    await writeFile(draft, key, { mode: 0o600, flag: "wx" });
    await rename(draft, path);
    // Two first runs at once: the one that came last is the one that stays.
    return await readFile(path);
  } catch {
    await unlink(draft).catch(() => undefined);
    return key;
  }
}
