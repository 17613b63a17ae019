import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { Cancelled, CounterfoilError, InvalidArgument, InvalidData, ResourceError } from "../../src/errors.ts";
import { readModelFile, writeModelFile } from "../../src/runs/model-file.ts";
import type { NumberArray } from "../../src/synthesizers/pack.ts";
import type { FittedRecord } from "../../src/synthesizers/synthesizer.ts";

function scratch(t: { after(work: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), "counterfoil-model-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const some: FittedRecord = {
  synthesizer: "circuit",
  header: { format: "counterfoil-circuit/1", content: { weights: { $array: "weights" }, label: 'Zürich "2"' } },
  arrays: {
    weights: Float64Array.of(0.5, Number.NaN, Number.NEGATIVE_INFINITY),
    codes: Uint8Array.of(1, 2, 3),
    "trees/0": Int32Array.of(-1, 7),
    empty: new Float32Array(0),
  },
};

/** A safetensors reader written from the format's description alone. */
function openedElsewhere(path: string): {
  readonly metadata: Record<string, string>;
  readonly arrays: Record<string, unknown>;
} {
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const { __metadata__: metadata, ...entries } = JSON.parse(bytes.subarray(8, 8 + length).toString("utf8"));
  const read: Record<string, (data: DataView, at: number) => number> = {
    F64: (data, at) => data.getFloat64(at, true),
    F32: (data, at) => data.getFloat32(at, true),
    I32: (data, at) => data.getInt32(at, true),
    U8: (data, at) => data.getUint8(at),
  };
  const arrays = Object.fromEntries(
    Object.entries(entries as Record<string, { dtype: string; shape: [number]; data_offsets: [number, number] }>).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [start, end],
        },
      ]) => {
        const part = bytes.subarray(8 + length + start, 8 + length + end);
        const data = new DataView(part.buffer, part.byteOffset, part.byteLength);
        const size = Number(dtype.slice(1)) / 8;
        return [name, Array.from({ length: shape[0] }, (_, i) => read[dtype]?.(data, i * size))];
      },
    ),
  );
  return { metadata, arrays };
}

test("a model comes back as it was, can be opened by any reader of the format, and only its owner can read it", async (t) => {
  const path = join(scratch(t), "deep", "model.safetensors");
  await writeModelFile(path, some, { version: "1.2.3" });
  const { record, version } = await readModelFile(path);
  assert.equal(version, "1.2.3");
  assert.equal(record.synthesizer, "circuit");
  assert.deepEqual(record.header, some.header);
  assert.deepEqual(Object.keys(record.arrays).sort(), Object.keys(some.arrays).sort());
  for (const [name, array] of Object.entries(some.arrays)) {
    assert.equal(record.arrays[name]?.constructor, array.constructor, name);
    assert.deepEqual(Array.from(record.arrays[name] as NumberArray), Array.from(array), name);
  }
  const { metadata, arrays } = openedElsewhere(path);
  assert.deepEqual(arrays.weights, [0.5, Number.NaN, Number.NEGATIVE_INFINITY]);
  assert.deepEqual(arrays["trees/0"], [-1, 7]);
  assert.equal(metadata.format, "counterfoil-model/1");
  assert.ok(Object.values(metadata).every((value) => typeof value === "string"));
  if (process.platform !== "win32") assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(join(path, "..")), ["model.safetensors"], "nothing is left beside it");
});

test("the same model gives the same bytes; any arrays and any JSON come back", async (t) => {
  const folder = scratch(t);
  let files = 0;
  const numbers = fc.oneof(
    fc.float64Array({ maxLength: 9 }),
    fc.float32Array({ maxLength: 9 }),
    fc.int32Array({ maxLength: 9 }),
    fc.uint32Array({ maxLength: 9 }),
    fc.int16Array({ maxLength: 9 }),
    fc.uint16Array({ maxLength: 9 }),
    fc.int8Array({ maxLength: 9 }),
    fc.uint8Array({ maxLength: 9 }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.string({ minLength: 1 }), numbers, { maxKeys: 6 }),
      fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 }),
      async (arrays, content) => {
        const record = { synthesizer: "x", header: JSON.parse(JSON.stringify(content)), arrays } as FittedRecord;
        const [one, two] = [join(folder, `m${files++}`), join(folder, `m${files++}`)] as const;
        await writeModelFile(one, record, { version: "1" });
        await writeModelFile(two, record, { version: "1" });
        assert.ok(readFileSync(one).equals(readFileSync(two)));
        const back = (await readModelFile(one)).record;
        assert.deepEqual(back.header, record.header);
        assert.deepEqual(Object.keys(back.arrays).sort(), Object.keys(arrays).sort());
        for (const [name, array] of Object.entries(arrays)) {
          const got = back.arrays[name] as NumberArray;
          assert.ok(got.constructor === array.constructor);
          assert.ok(
            Buffer.from(Uint8Array.from(new Uint8Array(got.buffer))).equals(
              new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
            ),
          );
        }
      },
    ),
    { seed: 3, numRuns: 40 },
  );
});

test("a byte changed anywhere, and a file cut anywhere, is found out", async (t) => {
  const folder = scratch(t);
  const path = join(folder, "model");
  await writeModelFile(path, some, { version: "1.2.3" });
  const bytes = readFileSync(path);
  const other = join(folder, "other");
  const length = Number(bytes.readBigUInt64LE(0));
  const text = bytes.subarray(8, 8 + length).toString("latin1");
  // The blanks that fill the header up mean nothing.
  const padding = 8 + text.trimEnd().length;
  for (let at = 0; at < bytes.length; at++) {
    if (at >= padding && at < 8 + length) continue;
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] as number) ^ 1;
    writeFileSync(other, changed);
    await assert.rejects(
      readModelFile(other),
      (error) => error instanceof InvalidData && error.code === "bad-model",
      `byte ${at}`,
    );
  }
  for (let size = 0; size < bytes.length; size += 7) {
    writeFileSync(other, bytes.subarray(0, size));
    await assert.rejects(
      readModelFile(other),
      (error) => error instanceof InvalidData && (error.advice ?? "") !== "",
      `cut at ${size}`,
    );
  }
  writeFileSync(other, Buffer.concat([bytes, Buffer.of(0)]));
  await assert.rejects(readModelFile(other), /1 bytes of numbers|holds \d+ bytes/);
});

test("files that lie about themselves are refused in words: lengths, offsets, types, formats", async (t) => {
  const folder = scratch(t);
  let files = 0;
  const fileOf = (length: bigint, header: string, data: Uint8Array = new Uint8Array(0)): string => {
    const first = Buffer.alloc(8);
    first.writeBigUInt64LE(length);
    const path = join(folder, `f${files++}`);
    writeFileSync(path, Buffer.concat([first, Buffer.from(header), data]));
    return path;
  };
  const own = (header: unknown): string => fileOf(BigInt(JSON.stringify(header).length), JSON.stringify(header));
  const refused = async (path: string, pattern: RegExp): Promise<void> =>
    assert.rejects(readModelFile(path), (error) => {
      assert.ok(error instanceof InvalidData, String(error));
      assert.match(error.message, pattern);
      assert.ok(error.advice);
      return true;
    });
  await refused(fileOf(2n ** 63n, "{}"), /header is 9,223,372,036,854,77\d,\d+ bytes long; it is 10 bytes/);
  await refused(fileOf(1n, "{"), /header is 1 bytes/);
  await refused(fileOf(5n, "{}"), /header is 5 bytes/);
  await refused(fileOf(4n, "[12]"), /no JSON object/);
  await refused(own({ x: { dtype: "F32", shape: [0], data_offsets: [0, 0] } }), /no model of counterfoil/);
  await refused(
    own({ __metadata__: { format: "counterfoil-model/9" } }),
    /"counterfoil-model\/9".*reads "counterfoil-model\/1"/,
  );
  await refused(own({ __metadata__: { format: "counterfoil-model/1", version: "1" } }), /lacks "synthesizer"/);

  // Each lie told by somebody who also makes the digest of the header right.
  const path = join(folder, "true");
  await writeModelFile(path, some, { version: "1" });
  const { createHash } = await import("node:crypto");
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const lie = (
    change: (header: Record<string, { dtype: string; shape: number[]; data_offsets: number[] }>) => void,
  ): string => {
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString("utf8"));
    delete header.__metadata__.description_sha256;
    change(header);
    header.__metadata__.description_sha256 = createHash("sha256").update(JSON.stringify(header)).digest("hex");
    const text = JSON.stringify(header);
    return fileOf(BigInt(Buffer.byteLength(text)), text, bytes.subarray(8 + length));
  };
  await readModelFile(lie(() => {}));
  type Entry = { dtype: string; shape: number[]; data_offsets: number[] };
  const weights = (header: Record<string, unknown>): Entry => header.weights as Entry;
  await refused(
    lie((header) => {
      weights(header).dtype = "BF16";
    }),
    /type "BF16"; a model holds F64/,
  );
  await refused(
    lie((header) => {
      weights(header).dtype = "F32";
    }),
    /3 numbers of type F32 take 12 bytes/,
  );
  await refused(
    lie((header) => {
      weights(header).shape = [-3];
    }),
    /dtype, shape and data_offsets/,
  );
  await refused(
    lie((header) => {
      weights(header).shape = [2 ** 52, 2 ** 52];
    }),
    /numbers of type F64 take/,
  );
  await refused(
    lie((header) => {
      weights(header).data_offsets = [8, 32];
    }),
    /begins at byte 8|begins at byte/,
  );
  await refused(
    lie((header) => {
      delete header.codes;
    }),
    /bytes of numbers/,
  );
  await refused(
    lie((header) => {
      weights(header).shape = [2 ** 40];
      weights(header).data_offsets = [0, 2 ** 43];
    }),
    /begins at byte/,
  );
});

test("a model that is there is not overwritten, before or while writing; an error leaves nothing", async (t) => {
  const folder = scratch(t);
  const path = join(folder, "model");
  writeFileSync(path, "mine");
  const taken = (error: unknown): boolean => error instanceof InvalidArgument && error.code === "output-exists";
  await assert.rejects(writeModelFile(path, some, { version: "1" }), taken);
  assert.equal(readFileSync(path, "utf8"), "mine");
  const controller = new AbortController();
  controller.abort();
  await assert.rejects(
    writeModelFile(join(folder, "a", "b"), some, { version: "1", signal: controller.signal }),
    Cancelled,
  );
  assert.deepEqual(readdirSync(folder), ["model"]);
});

test("no file, a folder, no permission, a full disk: in words", async (t) => {
  const folder = scratch(t);
  await assert.rejects(
    readModelFile(join(folder, "none")),
    (error) => error instanceof InvalidArgument && /--save-model/.test(error.advice ?? ""),
  );
  mkdirSync(join(folder, "sub"));
  await assert.rejects(
    readModelFile(join(folder, "sub")),
    (error) => error instanceof InvalidArgument && /is a folder/.test(error.message),
  );
  const file = join(folder, "file");
  writeFileSync(file, "x");
  await assert.rejects(writeModelFile(join(file, "model"), some, { version: "1" }), CounterfoilError);
  if (existsSync("/dev/full")) await assert.rejects(readModelFile("/dev/full"), InvalidArgument);
  if (process.getuid?.() !== 0) {
    chmodSync(file, 0o000);
    await assert.rejects(readModelFile(file), ResourceError);
    const closed = join(folder, "closed");
    mkdirSync(closed, { mode: 0o500 });
    await assert.rejects(writeModelFile(join(closed, "model"), some, { version: "1" }), ResourceError);
  }
  await writeModelFile(join(folder, "good"), some, { version: "1" });
  truncateSync(join(folder, "good"), 4);
  await assert.rejects(readModelFile(join(folder, "good")), /4 bytes long/);
});
