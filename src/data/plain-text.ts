import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { TextDecoder } from "node:util";
import { createGunzip } from "node:zlib";
import { InvalidData, throwIfCancelled } from "../errors.ts";
import { fileError, notGzip } from "./sniff.ts";

/** A text file made ready: UTF-8 without NUL bytes, unpacked. */
export interface PlainText {
  /** The file itself, or a copy in the temporary folder where it had to be unpacked or converted. */
  readonly path: string;
  /** Of the bytes of the source, as they are on disk. */
  readonly sha256: string;
  /** The beginning, up to a mebibyte, without a byte-order mark. */
  readonly sample: Buffer;
  /** The sample is all there is. */
  readonly complete: boolean;
}

/** Reads a text file once: hashes it, checks that it is UTF-8 text, and writes an unpacked or converted copy when one is needed.
 * @param options.copy where such a copy goes
 * @throws {InvalidData} NUL bytes, another encoding than UTF-8 (or UTF-16 with a byte-order mark), a damaged gzip file */
export async function preparePlainText(
  path: string,
  options: {
    readonly gzip: boolean;
    readonly copy: string;
    readonly signal?: AbortSignal | undefined;
    readonly onBytes?: (bytes: number) => void;
  },
): Promise<PlainText> {
  const name = basename(path);
  const hash = createHash("sha256");
  let done = 0;
  const source = hashedChunks(path, (chunk) => {
    throwIfCancelled(options.signal);
    hash.update(chunk);
    done += chunk.length;
    options.onBytes?.(done);
  });
  const chunks: AsyncIterable<Buffer> = options.gzip ? unpacked(source, name) : source;
  const checker = textChecker(name);
  const sample: Buffer[] = [];
  let sampled = 0;
  let total = 0;
  let output: ReturnType<typeof createWriteStream> | undefined;
  let decoder: ReturnType<typeof utf16Decoder>;
  try {
    let first = true;
    for await (const raw of whole(chunks)) {
      if (first) {
        decoder = utf16Decoder(raw);
        if (options.gzip || decoder) output = createWriteStream(options.copy);
        first = false;
      }
      const chunk = decoder ? Buffer.from(decoder.decode(raw, { stream: true })) : raw;
      checker.add(chunk);
      total += chunk.length;
      if (sampled < SAMPLE_BYTES) {
        sample.push(chunk.subarray(0, SAMPLE_BYTES - sampled));
        sampled += Math.min(chunk.length, SAMPLE_BYTES - sampled);
      }
      if (output && !output.write(chunk)) await once(output, "drain");
    }
    checker.end();
    if (output) {
      output.end();
      await finished(output);
    }
  } catch (error) {
    output?.destroy();
    throw (error as NodeJS.ErrnoException).syscall ? fileError(error, name) : error;
  }
  const head = Buffer.concat(sample);
  const mark = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
  return {
    path: output ? options.copy : path,
    sha256: hash.digest("hex"),
    sample: head.subarray(mark),
    complete: sampled === total,
  };
}

/** SHA-256 of a file's bytes, in hexadecimal.
 * @throws {ResourceError} it cannot be read */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES })) {
      throwIfCancelled(signal);
      hash.update(chunk as Buffer);
    }
  } catch (error) {
    throw (error as NodeJS.ErrnoException).syscall ? fileError(error, basename(path)) : error;
  }
  return hash.digest("hex");
}

const SAMPLE_BYTES = 1 << 20;
const READ_BYTES = 1 << 20;

async function* hashedChunks(path: string, onChunk: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES })) {
    onChunk(chunk as Buffer);
    yield chunk as Buffer;
  }
}

async function* unpacked(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  const unzip = createGunzip({ chunkSize: READ_BYTES });
  const source = Readable.from(chunks);
  source.on("error", (error) => unzip.destroy(error));
  try {
    for await (const chunk of source.pipe(unzip)) yield chunk as Buffer;
  } catch (error) {
    throw /^Z_/.test((error as NodeJS.ErrnoException).code ?? "") ? notGzip(error, name) : error;
  }
}

/** The same bytes; the first chunk has at least two of them where there are two. */
async function* whole(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let first: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (!first) yield chunk;
    else {
      first = Buffer.concat([first, chunk]);
      if (first.length >= 4) {
        yield first;
        first = undefined;
      }
    }
  }
  if (first && first.length > 0) yield first;
}

function utf16Decoder(head: Buffer): InstanceType<typeof TextDecoder> | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return new TextDecoder("utf-16le");
  if (head[0] === 0xfe && head[1] === 0xff) return new TextDecoder("utf-16be");
  return undefined;
}

/** Finds the first byte that is no UTF-8 text, over chunks that may cut a character in two. */
function textChecker(name: string): { add(chunk: Buffer): void; end(): void } {
  let line = 1;
  let rest: Buffer = Buffer.alloc(0);
  return {
    add(chunk) {
      const nul = chunk.indexOf(0);
      if (nul >= 0) throw nulBytes(name, chunk, nul, line);
      const bytes: Buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      const end = lastBoundary(bytes);
      const checked = bytes.subarray(0, end);
      if (!isUtf8(checked)) throw wrongEncoding(name, checked, line);
      rest = Buffer.from(bytes.subarray(end));
      for (let at = checked.indexOf(10); at >= 0; at = checked.indexOf(10, at + 1)) line++;
    },
    end() {
      if (rest.length > 0) throw wrongEncoding(name, rest, line);
    },
  };
}

function nulBytes(name: string, chunk: Buffer, at: number, firstLine: number): InvalidData {
  const sample = chunk.subarray(0, 4096);
  const count = sample.reduce((sum, byte) => sum + (byte === 0 ? 1 : 0), 0);
  if (count > sample.length / 4 && count < (sample.length * 3) / 4)
    return new InvalidData("wrong-encoding", `${name} looks like UTF-16 without a byte-order mark, not UTF-8.`, {
      advice: `Convert it: iconv -f UTF-16LE -t UTF-8 ${name} > utf8-${name}.`,
    });
  const line = firstLine + linesBefore(chunk, at);
  if (!isUtf8(sample.subarray(0, lastBoundary(sample))))
    return new InvalidData("binary-data", `${name} is not text: it has NUL bytes (line ${line}) and is not UTF-8.`, {
      advice: "Give the table as CSV in UTF-8, JSON or Parquet.",
    });
  return new InvalidData("nul-bytes", `${name} has a NUL byte in line ${line}; a text file has none.`, {
    advice: `If the text was damaged, remove them: tr -d '\\000' < ${name}. Otherwise give the table as CSV, JSON or Parquet.`,
  });
}

function wrongEncoding(name: string, bytes: Buffer, firstLine: number): InvalidData {
  const at = firstBad(bytes);
  const line = firstLine + linesBefore(bytes, at);
  const byte = `0x${(bytes[at] as number).toString(16)}`;
  const sample = bytes.subarray(Math.max(0, at - 2048), at + 2048);
  if (sample.some((b) => b < 32 && b !== 9 && b !== 10 && b !== 13))
    return new InvalidData(
      "binary-data",
      `${name} is not text: line ${line} has the byte ${byte} and control characters.`,
      {
        advice: "Give the table as CSV in UTF-8, JSON or Parquet.",
      },
    );
  return new InvalidData(
    "wrong-encoding",
    `${name} is not UTF-8: line ${line} has the byte ${byte}. It looks like Latin-1 (Windows-1252).`,
    { advice: `Convert it: iconv -f WINDOWS-1252 -t UTF-8 ${name} > utf8-${name}.` },
  );
}

/** Where the last, perhaps unfinished, character starts; the length when the last character is whole. */
function lastBoundary(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

/** Position of the first byte that cannot be UTF-8, by halving. */
function firstBad(bytes: Buffer): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    const end = lastBoundary(bytes.subarray(0, middle));
    if (isUtf8(bytes.subarray(0, end))) good = middle;
    else bad = middle;
  }
  return Math.min(lastBoundary(bytes.subarray(0, good)), bytes.length - 1);
}

function linesBefore(bytes: Buffer, at: number): number {
  let lines = 0;
  for (let i = 0; i < at; i++) if (bytes[i] === 10) lines++;
  return lines;
}
