import type { FileHandle } from "node:fs/promises";
import { Unsupported } from "../../errors.ts";
import { frameLength, nextMagic } from "./frame.ts";

/** First bytes of every segment. */
export const SEGMENT_HEADER = Buffer.from("counterfoil-jnl/1\n", "latin1");

/** What a segment came to. */
export interface Scanned {
  /** Where the last whole frame ends: the next one may be written here. */
  readonly end: number;
  /** Bytes of the file. */
  readonly size: number;
  /** Bytes between whole frames that are none: they were changed after they were written, or a crash of the machine lost them. */
  readonly damage: readonly { readonly offset: number; readonly bytes: number }[];
  /** Bytes other than zero after `end`: a frame that a crash tore. (Zeros are room that was set aside.) */
  readonly torn: number;
}

const CHUNK = 2 * 1024 * 1024;

/** Reads a segment from its beginning and visits every whole frame in order. A frame that does not check is passed over and looked no further into; the
 * next one is found by its magic, so that damage costs what it hit and no more.
 * @param visit gets the frame in a buffer that is used again: it must copy what it keeps
 * @throws {Unsupported} another format's segment */
export async function scanSegment(
  file: FileHandle,
  options: {
    readonly path: string;
    readonly visit: (frame: Buffer, offset: number) => void | Promise<void>;
    /** Called before each read of two megabytes; may throw. */
    readonly pause?: () => void;
  },
): Promise<Scanned> {
  const { path, visit, pause } = options;
  const { size } = await file.stat();
  const damage: { offset: number; bytes: number }[] = [];
  let buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(size, 1)));
  /** Offset in the file of the buffer's first byte; bytes that are in it; position in it. */
  let start = 0;
  let filled = 0;
  let at = 0;
  let end = 0;
  /** Where bytes began that are no frame; −1: not in such. */
  let bad = -1;
  /** After the last byte of them that is not zero. */
  let badEnd = 0;

  /** Gets at least one more byte behind `at`; false at the end of the file. */
  const more = async (): Promise<boolean> => {
    if (start + filled >= size) return false;
    pause?.();
    const left = filled - at;
    if (at > 0) {
      buffer.copyWithin(0, at, filled);
      start += at;
      at = 0;
      filled = left;
    } else if (filled === buffer.length) {
      const larger = Buffer.allocUnsafe(buffer.length * 2);
      buffer.copy(larger, 0, 0, filled);
      buffer = larger;
    }
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, start + filled);
    filled += bytesRead;
    return bytesRead > 0;
  };
  const skip = (to: number): void => {
    if (bad < 0) {
      bad = start + at;
      badEnd = bad;
    }
    const last = lastNonZero(buffer, at, to);
    if (last >= 0) badEnd = start + last + 1;
    at = to;
  };

  while (filled < SEGMENT_HEADER.length && (await more()));
  checkHeader(buffer.subarray(0, filled), path);
  if (filled < SEGMENT_HEADER.length) return { end: 0, size, damage, torn: lastNonZero(buffer, 0, filled) + 1 };
  if (buffer.compare(SEGMENT_HEADER, 0, SEGMENT_HEADER.length, 0, SEGMENT_HEADER.length) === 0) {
    at = SEGMENT_HEADER.length;
    end = at;
  } else skip(SEGMENT_HEADER.length);

  for (;;) {
    const length = at < filled ? frameLength(buffer.subarray(0, filled), at) : "more";
    if (length === "more") {
      if (await more()) continue;
      if (at >= filled) break;
      // It claims to go on after the end of the file: torn, or its length is damaged and others follow.
      skip(Math.min(filled, nextMagic(buffer.subarray(0, filled), at + 1)));
      if (start + filled >= size && filled - at < 4) skip(filled);
    } else if (length === 0) {
      skip(nextMagic(buffer.subarray(0, filled), at + 1));
      if (start + filled >= size && filled - at < 4) skip(filled);
    } else {
      if (bad >= 0) damage.push({ offset: bad, bytes: start + at - bad });
      bad = -1;
      const visited = visit(buffer.subarray(at, at + length), start + at);
      if (visited !== undefined) await visited;
      at += length;
      end = start + at;
    }
  }
  return { end, size, damage, torn: bad < 0 ? 0 : Math.max(0, badEnd - end) };
}

/** A segment of another version is refused rather than taken for damage. */
function checkHeader(bytes: Buffer, path: string): void {
  const name = SEGMENT_HEADER.subarray(0, SEGMENT_HEADER.length - 2);
  const version = bytes[name.length];
  if (
    bytes.length >= SEGMENT_HEADER.length &&
    bytes.subarray(0, name.length).equals(name) &&
    version !== SEGMENT_HEADER[name.length] &&
    bytes[name.length + 1] === 0x0a &&
    version !== undefined &&
    version >= 0x32 &&
    version <= 0x39
  )
    throw new Unsupported(
      "journal-format",
      `A journal of version ${String.fromCharCode(version)} (${path}): this product reads version 1.`,
      {
        advice: "Use the version of the product that wrote it, or start in another folder.",
      },
    );
}

function lastNonZero(bytes: Buffer, from: number, to: number): number {
  let i = to - 1;
  while (i >= from && bytes[i] === 0) i--;
  return i >= from ? i : -1;
}
