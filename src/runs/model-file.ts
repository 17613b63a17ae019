import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { endianness } from "node:os";
import { InvalidArgument, InvalidData, throwIfCancelled, Unsupported } from "../errors.ts";
import type { NumberArray } from "../synthesizers/pack.ts";
import type { FittedRecord } from "../synthesizers/synthesizer.ts";
import { writeWholeFile } from "./atomic-file.ts";
import type { KnownLineage } from "./data-lineage.ts";
import { fileError } from "./file-error.ts";
import {
  type ArrayEntry,
  DTYPES,
  MODEL_FORMAT,
  MOST_HEADER_BYTES,
  parseModelHeader,
  writeModelHeader,
} from "./model-header.ts";

/** A model that was kept. */
export interface KeptModel {
  readonly record: FittedRecord;
  /** Version of counterfoil that wrote it. */
  readonly version: string;
  /** Of what it makes; undefined: a model of a version that kept none. */
  readonly lineage: KnownLineage | undefined;
}

/** Bytes read or written at once. */
const BLOCK_BYTES = 2 ** 26;

/** Keeps a fitted model as a safetensors file: eight bytes of length (little-endian), a JSON header, the arrays. It can be opened, and its
 * arrays looked at, by every reader of that format; what is ours stands in the metadata. The file holds no clock: the same model gives the
 * same bytes. It is complete or absent, and only its owner can read it: a model is as private as the rows it was fitted to.
 * @param path must not exist
 * @param options `version`: of the product that writes it; `lineage`: of what the model makes
 * @throws {InvalidArgument} a file of that name exists
 * @throws {ResourceError} disk full, read-only, no permission
 * @throws {Cancelled} the signal fired
 * @source Hugging Face (2022), safetensors, "Format", https://github.com/huggingface/safetensors */
export async function writeModelFile(
  path: string,
  record: FittedRecord,
  options: {
    readonly version: string;
    readonly lineage?: KnownLineage | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  mustBeLittleEndian();
  // Large numbers first, as other writers do: every array then begins where its type may begin.
  const arrays = Object.entries(record.arrays).sort(
    ([a, x], [b, y]) => y.BYTES_PER_ELEMENT - x.BYTES_PER_ELEMENT || (a < b ? -1 : 1),
  );
  const hash = createHash("sha256");
  const entries: ArrayEntry[] = [];
  let at = 0;
  for (const [name, array] of arrays) {
    const dtype = DTYPES.find(({ type }) => array instanceof type);
    if (!dtype) throw new Error(`array "${name}" is of a type that a model cannot hold`);
    hash.update(bytesOf(array));
    entries.push({ name, dtype: dtype.name, length: array.length, start: at, end: at + array.byteLength });
    at += array.byteLength;
  }
  const header = writeModelHeader({
    entries,
    version: options.version,
    lineage: options.lineage,
    synthesizer: record.synthesizer,
    header: JSON.stringify(record.header),
    sha256: hash.digest("hex"),
  });
  await writeWholeFile(
    path,
    async (partial) => {
      const file = await open(partial, "wx", 0o600);
      try {
        await writeAll(file, header);
        for (const [, array] of arrays) {
          throwIfCancelled(options.signal);
          await writeAll(file, bytesOf(array));
        }
      } finally {
        await file.close();
      }
    },
    { signal: options.signal },
  );
}

/** Reads a kept model, its arrays into shared memory.
 * @throws {InvalidArgument} no such file
 * @throws {InvalidData} it is no model of ours, of another format, torn or changed
 * @throws {ResourceError} it cannot be read */
export async function readModelFile(path: string): Promise<KeptModel> {
  mustBeLittleEndian();
  let file: FileHandle;
  try {
    // A pipe without a writer would be waited for.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new InvalidArgument("no-such-file", `There is no model file ${path}.`, {
        advice: "Keep one with `counterfoil synthesize <file> --save-model <model>`.",
      });
    throw fileError(error, { doing: "reading the model", path });
  }
  try {
    const found = await file.stat();
    if (!found.isFile())
      throw new InvalidArgument("not-a-file", `${path} is ${found.isDirectory() ? "a folder" : "no plain file"}.`, {
        advice: "Give the file that --save-model wrote.",
      });
    return await readFrom(file, path, found.size);
  } catch (error) {
    throw fileError(error, { doing: "reading the model", path });
  } finally {
    await file.close();
  }
}

async function readFrom(file: FileHandle, path: string, size: number): Promise<KeptModel> {
  const first = await readBytes(file, Math.min(8, size));
  const length = size < 8 ? 0 : Number(first.readBigUInt64LE(0));
  if (size < 8 || length < 2 || length > Math.min(MOST_HEADER_BYTES, size - 8))
    throw new InvalidData(
      "bad-model",
      size < 8
        ? `The model file ${path} is ${size} bytes long; a model begins with the 8 bytes of its header's length.`
        : `The model file ${path} says that its header is ${length.toLocaleString("en-US")} bytes long; it is ${size.toLocaleString("en-US")} bytes long itself, and a header at most ${MOST_HEADER_BYTES.toLocaleString("en-US")}.`,
      { advice: `It is torn, or no model: copy it again, or fit and save it again.` },
    );
  const header = parseModelHeader(await readBytes(file, length), { path, dataBytes: size - 8 - length });
  const hash = createHash("sha256");
  const arrays: [string, NumberArray][] = [];
  for (const { name, dtype, length: numbers } of header.entries) {
    const { type } = DTYPES.find((one) => one.name === dtype) as (typeof DTYPES)[number];
    const buffer = new SharedArrayBuffer(numbers * type.BYTES_PER_ELEMENT);
    const bytes = new Uint8Array(buffer);
    await fill(file, bytes);
    hash.update(bytes);
    arrays.push([name, new (type as new (buffer: SharedArrayBuffer) => NumberArray)(buffer)]);
  }
  const digest = hash.digest("hex");
  if (digest !== header.sha256)
    throw new InvalidData(
      "bad-model",
      `The numbers in the model file ${path} have been changed or damaged: their SHA-256 is ${digest}, and its header says ${header.sha256}.`,
      { advice: "Copy it again from where it was saved, or fit and save it again." },
    );
  return {
    record: { synthesizer: header.synthesizer, header: header.header, arrays: Object.fromEntries(arrays) },
    version: header.version,
    lineage: header.lineage,
  };
}

async function readBytes(file: FileHandle, count: number): Promise<Buffer> {
  const out = Buffer.alloc(count);
  await fill(file, out);
  return out;
}

async function fill(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, Math.min(BLOCK_BYTES, bytes.length - at));
    if (bytesRead === 0)
      throw new InvalidData("bad-model", "The model file became shorter while it was read.", {
        advice: "See that nothing else writes it, and run again.",
      });
    at += bytesRead;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, Math.min(BLOCK_BYTES, bytes.length - at));
    at += bytesWritten;
  }
}

function bytesOf(array: NumberArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function mustBeLittleEndian(): void {
  if (endianness() !== "LE")
    throw new Unsupported("big-endian", `${MODEL_FORMAT} files are written and read on little-endian processors only.`);
}
