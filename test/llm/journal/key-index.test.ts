import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createKeyIndex } from "../../../src/llm/journal/key-index.ts";
import { randomFromSeed } from "../../../src/random.ts";

test("the index is a map that keeps the first place of a key", () => {
  // Keys that share their first word land in one slot.
  const key = fc
    .tuple(fc.constantFrom("00000000", "01000000", "ffffffff"), fc.nat({ max: 9 }))
    .map(([first, rest]) => `${first}${String(rest).padStart(24, "0")}`);
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.nat(), fc.nat()), { maxLength: 60 }), (entries) => {
      const index = createKeyIndex();
      const map = new Map<string, unknown>();
      for (const [one, offset, length] of entries) {
        const place = { segment: 1, offset, length };
        assert.equal(index.add(Buffer.from(one, "hex"), { at: 0, ...place }), !map.has(one));
        if (!map.has(one)) map.set(one, place);
      }
      assert.equal(index.size, map.size);
      for (const [one] of entries) assert.deepEqual(index.find(one), map.get(one));
      assert.equal(index.find("0".repeat(31).concat("a")), undefined);
    }),
  );
});

test("it grows: every one of 200,000 keys is found where it was put, in at most 60 bytes each", () => {
  const random = randomFromSeed(1);
  const index = createKeyIndex();
  const bytes = Buffer.alloc(16);
  const before = process.memoryUsage().arrayBuffers;
  const samples: { key: string; offset: number }[] = [];
  for (let i = 0; i < 200_000; i++) {
    for (let at = 0; at < 16; at += 4) bytes.writeUInt32LE(random.uint32(), at);
    assert.ok(index.add(bytes, { at: 0, segment: (i % 7) + 1, offset: i, length: i + 1 }));
    if (i % 97 === 0) samples.push({ key: bytes.toString("hex"), offset: i });
  }
  for (const { key, offset } of samples)
    assert.deepEqual(index.find(key), { segment: (offset % 7) + 1, offset, length: offset + 1 });
  assert.ok(process.memoryUsage().arrayBuffers - before < 200_000 * 60);
});
