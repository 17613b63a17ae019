import { createHash, randomBytes } from "node:crypto";
import { link, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Table } from "../data/table.ts";
import { USER } from "./layout.ts";
import { readLedger, type SourceMark } from "./ledger.ts";
import { makeFolder } from "./make-folder.ts";
import { overlapOf, sketchRows } from "./sketch.ts";
import type { UserFolders } from "./user-folders.ts";

/** Rows that two tables must share to be one source. */
const SAME_SOURCE = 0.5;
/** Rows that must be compared for that to be known. */
const ENOUGH = 30;

/** Marks the real rows of a run, under a key that stays with this user's ledger; a ledger that cannot be written marks under a key of its own. */
export async function markSource(folders: UserFolders, table: Table, id: string | undefined): Promise<SourceMark> {
  const key = await sketchKey(folders);
  return { id: id ?? null, sketch: sketchRows(table, key), key: nameOfKey(key) };
}

/** Runs of the ledger that measured the same source: each told its user something of the same real rows. */
export async function queriesOf(folders: UserFolders, mark: SourceMark): Promise<number> {
  const { entries } = await readLedger(folders);
  return entries.filter(({ source }) => source && ["id", "rows"].includes(kinshipOf(source, mark) ?? "")).length;
}

/** By what two marks are one source: by the id that somebody declared, or by more than half of the rows of the smaller one, unchanged in every
 * column. "unknown": one is so much larger that its sketch cannot tell, and nobody gave the two names of their own. Null: they are two. */
export function kinshipOf(a: SourceMark, b: SourceMark): "id" | "rows" | "unknown" | null {
  if (a.id !== null && a.id === b.id) return "id";
  const { share, compared } = overlapOf(a.sketch, b.sketch);
  if (compared >= Math.min(ENOUGH, a.sketch.rows, b.sketch.rows)) return share > SAME_SOURCE ? "rows" : null;
  return a.id !== null && b.id !== null ? null : "unknown";
}

async function sketchKey(folders: UserFolders): Promise<Uint8Array> {
  const path = join(folders.data, USER.sketchKey);
  const known = await readFile(path).catch(() => undefined);
  if (known && known.length === 32) return known;
  const key = randomBytes(32);
  const draft = `${path}.${process.pid}.${randomBytes(6).toString("hex")}.partial`;
  try {
    await makeFolder(dirname(path), { mode: 0o700 });
    await writeFile(draft, key, { mode: 0o600, flag: "wx" });
    await keepFirst(draft, { path, isBroken: known !== undefined });
    return await readFile(path);
  } catch {
    return key;
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

/** Of two first runs at once both take the key of the one that came first: what is sketched under the other's could not be compared later. */
async function keepFirst(
  draft: string,
  { path, isBroken }: { readonly path: string; readonly isBroken: boolean },
): Promise<void> {
  if (isBroken) return rename(draft, path);
  try {
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return;
    // File systems without hard links.
    await rename(draft, path);
  }
}

/** Says which key it was, and nothing of it. */
function nameOfKey(key: Uint8Array): string {
  return createHash("sha256").update("name of a sketch key\u0000").update(key).digest("hex").slice(0, 16);
}
