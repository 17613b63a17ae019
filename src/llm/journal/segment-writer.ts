import { closeSync, fdatasync, ftruncateSync, openSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { diskError } from "./disk-error.ts";
import { CANNOT_FLUSH, flushFolder } from "./flush-folder.ts";
import type { Place } from "./key-index.ts";
import { segmentName } from "./list-segments.ts";
import { SEGMENT_HEADER } from "./scan-segment.ts";

/** Room is set aside in steps of so many bytes, filled with zeros: then a flush need not write the file's length too, and when the disk fills, answers that
 * are under way still have a place. */
const STEP = 1024 * 1024;
const RESERVE = STEP / 2;
const ZEROS = Buffer.alloc(STEP);

export interface SegmentWriterOptions {
  readonly folder: string;
  /** A new file is begun once one has so many. */
  readonly segmentBytes: number;
  /** Number of the last segment there is, and where it goes on; 0: there is none. */
  readonly last: { readonly segment: number; readonly end: number };
}

/** Owns the file that grows. Writes are synchronous, into the operating system's memory: a few microseconds, after which a kill of this process loses
 * nothing. An asynchronous write would let every answer that arrives in the same turn of the event loop wait for it, and be lost. */
export class SegmentWriter {
  readonly #folder: string;
  readonly #segmentBytes: number;
  #fd = -1;
  #segment: number;
  #position: number;
  /** Bytes of the file, those set aside among them. */
  #allocated: number;
  /** Files that ended and wait for their last flush. */
  #ended: number[] = [];
  #folderDirty = false;
  #full: unknown;
  #failed: unknown;
  #flushFailed: unknown;

  /** @throws {ResourceError} */
  constructor({ folder, segmentBytes, last }: SegmentWriterOptions) {
    this.#folder = folder;
    this.#segmentBytes = segmentBytes;
    this.#segment = last.segment;
    this.#position = last.end;
    this.#allocated = last.end;
    this.#try(() => {
      if (last.segment === 0) this.#begin();
      else {
        this.#fd = openSync(this.#path(), "r+");
        // What a crash tore, and room that was set aside.
        ftruncateSync(this.#fd, last.end);
        if (last.end < SEGMENT_HEADER.length) {
          writeFully(this.#fd, SEGMENT_HEADER, 0);
          this.#position = SEGMENT_HEADER.length;
          this.#allocated = this.#position;
        }
      }
    });
  }

  /** Why no more should be begun: the disk is full, or writing failed. Answers may still find room when only the first holds. */
  get refusal(): unknown {
    const isFull = this.#full !== undefined && this.#position + RESERVE > this.#allocated;
    return this.#failed ?? (isFull ? this.#full : undefined);
  }

  /** Why nothing can be brought to the disk any more. */
  get flushFailure(): unknown {
    return this.#flushFailed;
  }

  /** Hands a frame to the operating system.
   * @throws {ResourceError} */
  append(frame: Buffer): Place {
    if (this.#failed !== undefined) throw this.#failed;
    return this.#try(() => {
      if (this.#position + frame.length > this.#segmentBytes && this.#position > SEGMENT_HEADER.length) this.#roll();
      if (this.#position + frame.length + RESERVE > this.#allocated) this.#setAside(frame.length);
      const place = { segment: this.#segment, offset: this.#position, length: frame.length };
      writeFully(this.#fd, frame, this.#position);
      this.#position += frame.length;
      return place;
    });
  }

  /** Flushes everything that was appended before the call.
   * @throws {ResourceError} the disk failed; a second flush would not know what is missing, so nothing is written any more */
  async flush(): Promise<void> {
    if (this.#flushFailed !== undefined) throw this.#flushFailed;
    const ended = this.#ended;
    this.#ended = [];
    const folderDirty = this.#folderDirty;
    this.#folderDirty = false;
    try {
      await Promise.all([...ended, this.#fd].map((fd) => flushData(fd)));
      for (const fd of ended) closeSync(fd);
      if (folderDirty) await flushFolder(this.#folder);
    } catch (error) {
      this.#flushFailed = this.#fail(error);
      throw this.#flushFailed;
    }
  }

  /** Gives room that was set aside back and closes; flush before. */
  close(): void {
    for (const fd of [...this.#ended, this.#fd]) {
      try {
        if (fd === this.#fd) ftruncateSync(fd, this.#position);
        closeSync(fd);
      } catch {
        // What counted is flushed; opening cuts the rest.
      }
    }
    this.#ended = [];
    this.#failed ??= new Error("The journal is closed.");
  }

  #path(segment = this.#segment): string {
    return join(this.#folder, segmentName(segment));
  }

  #begin(): void {
    const path = this.#path(this.#segment + 1);
    const fd = openSync(path, "wx+", 0o600);
    try {
      writeFully(fd, SEGMENT_HEADER, 0);
    } catch (error) {
      closeSync(fd);
      unlinkSync(path);
      throw error;
    }
    this.#fd = fd;
    this.#segment++;
    this.#position = SEGMENT_HEADER.length;
    this.#allocated = this.#position;
    this.#folderDirty = true;
  }

  /** A file that cannot be begun means that no more should be asked; answers that are under way go on in the old one. */
  #roll(): void {
    const old = this.#fd;
    const end = this.#position;
    try {
      this.#begin();
    } catch (error) {
      this.#full = diskError(error, { doing: "beginning a file of the journal", path: this.#path(this.#segment + 1) });
      return;
    }
    ftruncateSync(old, end);
    this.#ended.push(old);
  }

  /** When the disk has no room for more, the reserve is for the answers that are under way. Tried again with each frame: room may come back. */
  #setAside(needed: number): void {
    try {
      for (let missing = this.#position + needed + RESERVE - this.#allocated; missing > 0; missing -= STEP) {
        let written = 0;
        while (written < STEP) {
          const bytes = writeSync(this.#fd, ZEROS, written, STEP - written, this.#allocated);
          written += bytes;
          this.#allocated += bytes;
        }
      }
      this.#full = undefined;
    } catch (error) {
      this.#full = diskError(error, { doing: "writing the journal", path: this.#path() });
    }
  }

  #try<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** The same error from now on. A part of a frame that was written is cut when the journal is opened again. */
  #fail(error: unknown): unknown {
    this.#failed ??= diskError(error, { doing: "writing the journal", path: this.#path() });
    return this.#failed;
  }
}

function writeFully(fd: number, bytes: Buffer, position: number): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(fd, bytes, written, bytes.length - written, position + written);
}

function flushData(fd: number): Promise<void> {
  return new Promise((done, failed) => {
    fdatasync(fd, (error) => (error && !CANNOT_FLUSH.has(error.code ?? "") ? failed(error) : done()));
  });
}
