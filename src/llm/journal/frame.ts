import { crc32 } from "node:zlib";

/** A frame: magic, CRC-32 of all that follows, length of the body, body; integers little-endian. The magic holds bytes that UTF-8 never does, so that no
 * answer's text looks like the beginning of a frame. */
export const FRAME_HEADER = 12;

const MAGIC = Buffer.from([0xff, 0xc0, 0x4a, 0xfe]);
const MAGIC_WORD = MAGIC.readUInt32LE(0);

/** Bytes of a body at most. */
export const MOST_BODY = 64 * 1024 * 1024;

/** Fills in the header of a frame whose body already stands at {@link FRAME_HEADER}. */
export function sealFrame(frame: Buffer): void {
  frame.writeUInt32LE(MAGIC_WORD, 0);
  frame.writeUInt32LE(frame.length - FRAME_HEADER, 8);
  frame.writeUInt32LE(crc32(frame.subarray(8)), 4);
}

/** Bytes of the whole frame that begins at `at`: 0 when none does, and "more" when it may go on after the end of `bytes`. */
export function frameLength(bytes: Buffer, at: number): number | "more" {
  const left = bytes.length - at;
  if (left < FRAME_HEADER)
    return MAGIC.compare(bytes, at, at + Math.min(left, 4), 0, Math.min(left, 4)) === 0 ? "more" : 0;
  if (bytes.readUInt32LE(at) !== MAGIC_WORD) return 0;
  const body = bytes.readUInt32LE(at + 8);
  if (body > MOST_BODY) return 0;
  if (left < FRAME_HEADER + body) return "more";
  return crc32(bytes.subarray(at + 8, at + FRAME_HEADER + body)) === bytes.readUInt32LE(at + 4)
    ? FRAME_HEADER + body
    : 0;
}

/** Where the next frame may begin, at or after `at`; the length of `bytes` (less what may be the first part of a magic) when nowhere. */
export function nextMagic(bytes: Buffer, at: number): number {
  const found = bytes.indexOf(MAGIC, at);
  return found >= 0 ? found : Math.max(at, bytes.length - MAGIC.length + 1);
}
