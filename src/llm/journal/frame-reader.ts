import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { diskError } from "./disk-error.ts";
import { frameLength } from "./frame.ts";
import type { Place } from "./key-index.ts";
import { segmentName } from "./list-segments.ts";

const BLOCK = 64 * 1024;
const MOST_BLOCKS = 16;
const MOST_FILES = 16;

interface Block {
  readonly segment: number;
  readonly offset: number;
  readonly bytes: Buffer;
}

/** Reads frames back, in the order in which they were written with one read for many. Keeps 1 MB of what it read, and 16 open files. */
export class FrameReader {
  readonly #folder: string;
  readonly #files = new Map<number, number>();
  #blocks: Block[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @returns undefined: what stands there does not check
   * @throws {ResourceError} */
  read({ segment, offset, length }: Place): Buffer | undefined {
    const block = this.#blocks.find(
      (one) => one.segment === segment && one.offset <= offset && offset + length <= one.offset + one.bytes.length,
    );
    if (block !== undefined) {
      const frame = block.bytes.subarray(offset - block.offset, offset - block.offset + length);
      if (frameLength(frame, 0) === length) return frame;
      // It was read before the frame was written.
      this.#blocks = this.#blocks.filter((one) => one !== block);
    }
    const path = join(this.#folder, segmentName(segment));
    try {
      const bytes = Buffer.allocUnsafeSlow(Math.max(length, BLOCK));
      const read = readSync(this.#file(segment, path), bytes, 0, bytes.length, offset);
      this.#blocks.push({ segment, offset, bytes: bytes.subarray(0, read) });
      if (this.#blocks.length > MOST_BLOCKS) this.#blocks.shift();
      const frame = bytes.subarray(0, Math.min(length, read));
      return frame.length === length && frameLength(frame, 0) === length ? frame : undefined;
    } catch (error) {
      throw diskError(error, { doing: "reading the journal", path });
    }
  }

  close(): void {
    for (const fd of this.#files.values()) closeSync(fd);
    this.#files.clear();
    this.#blocks = [];
  }

  #file(segment: number, path: string): number {
    const open = this.#files.get(segment);
    if (open !== undefined) return open;
    const fd = openSync(path, "r");
    this.#files.set(segment, fd);
    const [[oldest, old] = []] = this.#files;
    if (this.#files.size > MOST_FILES && oldest !== undefined && old !== undefined) {
      closeSync(old);
      this.#files.delete(oldest);
    }
    return fd;
  }
}
