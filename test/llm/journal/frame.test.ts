import assert from "node:assert/strict";
import { mkdtemp, open, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { JournalRecord } from "../../../src/llm/journal/journal.ts";
import { decodeRecord, encodeRecord, readHead } from "../../../src/llm/journal/record.ts";
import { type Scanned, SEGMENT_HEADER, scanSegment } from "../../../src/llm/journal/scan-segment.ts";

const key = fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 32, maxLength: 32 });
const word = fc.string({ unit: "binary", maxLength: 12 }).filter((text) => !/\p{Surrogate}/u.test(text));
/** Lone surrogates among them: JSON can carry them, UTF-8 cannot. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
);
const count = fc.nat({ max: 2 ** 40 });
const price = fc.option(fc.double({ noNaN: true, min: 0 }));
const usage = fc.option(
  fc.oneof(
    fc.record({ promptTokens: count, completionTokens: count }),
    fc.record({ promptTokens: count, completionTokens: count, cachedTokens: count }),
  ),
);
const number = fc.nat({ max: 2 ** 31 - 1 });
const answer = fc
  .record({
    text,
    vector: fc.option(fc.array(fc.oneof(fc.double({ noNaN: true }), fc.float({ noNaN: true })), { maxLength: 5 })),
    finish: fc.constantFrom("stop" as const, "length" as const, "filter" as const, "other" as const),
    usage,
    charged: price,
    model: word,
  })
  .map(({ vector, ...rest }) => (vector === null ? rest : { ...rest, vector }));
const who = { key, model: word, column: word };
const anyRecord: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.record({
    type: fc.constant("intent" as const),
    ...who,
    number,
    attempt: fc.integer({ min: 1, max: 65_535 }),
    most: fc.record({ promptTokens: count, completionTokens: count, price }),
  }),
  fc.record({
    type: fc.constant("result" as const),
    ...who,
    intent: number,
    answer,
    price,
    milliseconds: fc.double({ noNaN: true, min: 0 }),
    tries: fc.integer({ min: 1, max: 65_535 }),
  }),
  fc.record({
    type: fc.constant("failure" as const),
    ...who,
    intent: number,
    kind: fc.constantFrom("server" as const, "timeout" as const, "no-model" as const, "cancelled" as const),
    status: fc.option(fc.integer({ min: 100, max: 599 })),
    message: word,
    usage,
    price,
    mayBePaid: fc.boolean(),
    milliseconds: fc.double({ noNaN: true, min: 0 }),
  }),
);

/** Plain objects, with the usual prototype. */
const record = anyRecord.map((one) => structuredClone(one));

const folder = await mkdtemp(join(tmpdir(), "frames-"));

async function scan(bytes: Uint8Array): Promise<{ records: JournalRecord[]; scanned: Scanned }> {
  const path = join(folder, "segment");
  await writeFile(path, bytes);
  const file = await open(path, "r");
  try {
    const records: JournalRecord[] = [];
    const scanned = await scanSegment(file, {
      path,
      visit: (frame) => {
        records.push(decodeRecord(frame));
      },
    });
    return { records, scanned };
  } finally {
    await file.close();
  }
}

const fileOf = (records: readonly JournalRecord[]): Buffer =>
  Buffer.concat([SEGMENT_HEADER, ...records.map(encodeRecord)]);

test("a record comes back as it was, lone surrogates, vectors and unknown prices too", () => {
  fc.assert(
    fc.property(record, (one) => {
      const frame = encodeRecord(one);
      assert.deepEqual(decodeRecord(frame), one);
      const head = readHead(frame, new Map());
      assert.equal(head.type, one.type);
      assert.equal(head.model, one.model);
      assert.equal(head.intent, one.type === "intent" ? one.number : one.intent);
    }),
    { numRuns: 500 },
  );
});

test("any beginning of a file gives a beginning of its records, and the cut is told", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 4 }), fc.nat(), async (written, at) => {
      const bytes = fileOf(written);
      const cut = at % (bytes.length + 1);
      const { records, scanned } = await scan(bytes.subarray(0, cut));
      assert.deepEqual(records, written.slice(0, records.length));
      const whole = records.length === 0 && cut < SEGMENT_HEADER.length ? 0 : fileOf(records).length;
      assert.equal(scanned.end, whole);
      assert.equal(scanned.end + scanned.torn, lastByte(bytes.subarray(0, cut)) ?? whole);
      assert.deepEqual(scanned.damage, []);
      function lastByte(part: Buffer): number | undefined {
        let end = part.length;
        while (end > whole && part[end - 1] === 0) end--;
        return Math.max(end, whole);
      }
    }),
    { numRuns: 150 },
  );
});

test("zeros behind the last frame are room, not damage", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 3 }), fc.nat({ max: 100 }), async (written, zeros) => {
      const bytes = fileOf(written);
      const { records, scanned } = await scan(Buffer.concat([bytes, Buffer.alloc(zeros)]));
      assert.deepEqual(records, written);
      assert.deepEqual(scanned, { end: bytes.length, size: bytes.length + zeros, damage: [], torn: 0 });
    }),
    { numRuns: 50 },
  );
});

test("any flipped bit is noticed, costs the frame it is in, and no more", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 2, maxLength: 5 }), fc.nat(), async (written, bit) => {
      const bytes = fileOf(written);
      const at = SEGMENT_HEADER.length + ((bit >> 3) % (bytes.length - SEGMENT_HEADER.length));
      bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
      let hit = 0;
      for (let end = SEGMENT_HEADER.length; ; hit++) {
        end += encodeRecord(written[hit] as JournalRecord).length;
        if (end > at) break;
      }
      const { records, scanned } = await scan(bytes);
      assert.deepEqual(
        records,
        written.filter((_, i) => i !== hit),
      );
      if (hit === written.length - 1) assert.ok(scanned.torn > 0);
      else assert.equal(scanned.damage.length, 1);
    }),
    { numRuns: 300 },
  );
});

test("a frame larger than what is read at a time, and one that begins at its edge", async () => {
  const large = (bytes: number): JournalRecord => ({
    type: "result",
    key: "00112233445566778899aabbccddeeff",
    model: "m",
    column: "c",
    intent: 1,
    answer: { text: "é".repeat(bytes / 2), finish: "stop", usage: null, charged: null, model: "m" },
    price: null,
    milliseconds: 1,
    tries: 1,
  });
  const empty = encodeRecord(large(0)).length;
  const edge = 2 * 1024 * 1024 - SEGMENT_HEADER.length;
  for (const first of [edge, edge - 1, edge - 5, edge + 3, 6 * 1024 * 1024]) {
    const bytes = first - empty;
    const written = [large(bytes - (bytes % 2)), large(10)];
    const { records, scanned } = await scan(fileOf(written));
    assert.deepEqual(records, written);
    assert.deepEqual(scanned.damage, []);
  }
});
