import { type FileHandle, open } from "node:fs/promises";
import { pipeline, type Transform } from "node:stream";
import { createInflateRaw } from "node:zlib";
import { InvalidData } from "../errors.ts";

/** The bytes of one member of a zip file (a Python wheel is one), as they are unpacked.
 * @throws {InvalidData} it is no zip file, or has no such member, or one packed in another way than stored or deflated
 * @source APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16 */
export async function* zipMember(path: string, name: string): AsyncGenerator<Buffer> {
  const file = await open(path, "r");
  try {
    const { method, packed, start } = await findMember(file, { path, name });
    const raw = file.createReadStream({ start, end: start + packed - 1, autoClose: false, highWaterMark: 1 << 20 });
    if (method === STORED) yield* raw as AsyncIterable<Buffer>;
    else {
      const inflate: Transform = createInflateRaw();
      // The loop below learns of an error from the stream itself.
      pipeline(raw, inflate, () => {});
      yield* inflate as AsyncIterable<Buffer>;
    }
  } finally {
    await file.close();
  }
}

const STORED = 0;
const DEFLATED = 8;

async function findMember(
  file: FileHandle,
  { path, name }: { readonly path: string; readonly name: string },
): Promise<{ readonly method: number; readonly packed: number; readonly start: number }> {
  const torn = (what: string): InvalidData => new InvalidData("bad-zip", `${path} ${what}.`);
  const { size } = await file.stat();
  const tail = await read(file, Math.max(0, size - 65_557), Math.min(size, 65_557));
  const end = tail.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  if (end < 0 || end + 22 > tail.length) throw torn("is no zip file, or not a whole one");
  const directory = await read(file, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === 0x02014b50; ) {
    const nameLength = directory.readUInt16LE(at + 28);
    if (directory.toString("utf8", at + 46, at + 46 + nameLength) === name) {
      const method = directory.readUInt16LE(at + 10);
      if (method !== STORED && method !== DEFLATED) throw torn(`packs "${name}" by method ${method}; want 0 or 8`);
      const header = directory.readUInt32LE(at + 42);
      const local = await read(file, header, 30);
      if (local.length < 30 || local.readUInt32LE(0) !== 0x04034b50)
        throw torn(`does not hold "${name}" where it says`);
      return {
        method,
        packed: directory.readUInt32LE(at + 20),
        start: header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28),
      };
    }
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  throw torn(`has no member "${name}"`);
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
