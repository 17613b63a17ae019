import { type FileHandle, mkdir, open, readFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import { InvalidArgument } from "../errors.ts";
import type { DesignedCell } from "../hybrid/planner/design.ts";
import { type FolderLock, lockFolder } from "../llm/journal/folder-lock.ts";
import { fileError } from "../runs/file-error.ts";

/** What was measured of one cell: the metric on each test set. */
export interface MeasuredCellLine extends DesignedCell {
  readonly size: number;
  readonly seed: number;
  readonly values: readonly number[];
}

/** Measurements that are on the disk. One process at a time has it. */
export interface PlanJournal {
  /** Those that were there when it was opened. */
  readonly before: readonly MeasuredCellLine[];
  /** Returns when the line is on the disk. */
  add(line: MeasuredCellLine): Promise<void>;
  close(): Promise<void>;
}

const NAME = "journal.jsonl";

/** Opens the journal of a pilot, or begins one. A line that a killed process left half-written is cut off.
 * @param fingerprint names everything that the measurements depend on
 * @throws {InvalidArgument} the folder holds another pilot's measurements
 * @throws {ResourceError} another process has it; the disk is full or read-only */
export async function openPlanJournal(work: string, fingerprint: string): Promise<PlanJournal> {
  const path = join(work, NAME);
  let lock: FolderLock | undefined;
  let file: FileHandle | undefined;
  try {
    await mkdir(work, { recursive: true, mode: 0o700 });
    lock = await lockFolder(work);
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    const [head, ...lines] = whole.split("\n").slice(0, -1);
    if (head !== undefined && head !== headOf(fingerprint))
      throw new InvalidArgument(
        "other-pilot",
        `${work} holds what another pilot measured: on other data, or by other options.`,
        {
          advice: "Give the same command as before to go on with it, remove the folder, or name another with --work.",
        },
      );
    if (whole.length < text.length) await truncate(path, Buffer.byteLength(whole));
    file = await open(path, "a", 0o600);
    const writing = file;
    const append = async (line: string): Promise<void> => {
      await writing.appendFile(`${line}\n`);
      await writing.datasync();
    };
    if (head === undefined) await append(headOf(fingerprint));
    const held = lock;
    let last: Promise<void> = Promise.resolve();
    return {
      before: lines.map((line) => JSON.parse(line) as MeasuredCellLine),
      add(line) {
        // One line after the other: two writes at once could interleave.
        last = last.then(() => append(JSON.stringify(line)));
        return last.catch((error) => {
          throw fileError(error, { doing: "keeping what was measured", path });
        });
      },
      async close() {
        await last.catch(() => {});
        await writing.close();
        held.release();
      },
    };
  } catch (error) {
    await file?.close();
    lock?.release();
    throw fileError(error, { doing: "opening the work folder", path: work });
  }
}

function headOf(fingerprint: string): string {
  return JSON.stringify({ format: "counterfoil-pilot/1", fingerprint });
}
