import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Json } from "../../../src/llm/model.ts";
import type { Rejection, Row } from "../../../src/text/step.ts";
import { deduplicateFilter } from "../../../src/text/steps/deduplicate.ts";
import { type Key128, seenKeys } from "../../../src/text/steps/seen-keys.ts";

/** Numbers of the rows that stay, and the rejections. */
function offered(cells: readonly Readonly<Record<string, Json>>[], { exactly = false } = {}) {
  const names = Object.keys(cells[0] ?? {});
  const filter = deduplicateFilter({ name: "new", deduplicate: names, exactly });
  const stayed: number[] = [];
  const rejected: Rejection[] = [];
  for (const [index, each] of cells.entries()) {
    const row: Row = { index, sample: 0, source: {}, sourceIndex: null, cells: each };
    const early = filter.early?.(row);
    const rejection = filter.offer(row) as Rejection | undefined;
    assert.deepEqual(early, rejection);
    if (rejection) rejected.push(rejection);
    else {
      filter.accepted?.(row);
      stayed.push(index);
    }
  }
  return { stayed, rejected };
}

const texts = (...values: Json[]) => values.map((text) => ({ text }));

test("texts are alike but for case, spaces and forms of letters; byte for byte where asked", () => {
  const like = texts("Who is it?", " who  IS\nit? ", "Ｗｈｏ is it?", "Who is it", "caf\u00e9", "cafe\u0301");
  assert.deepEqual(offered(like).stayed, [0, 3, 4]);
  assert.deepEqual(offered(like, { exactly: true }).stayed, [0, 1, 2, 3, 4, 5]);
  const [first] = offered(like).rejected;
  assert.equal(first?.matched, 0);
  assert.equal(first?.detail, '"text" is equal but for case, spaces and forms of letters to that of row 0.');
});

test("values are alike whatever the order of their keys, and a number is no text", () => {
  assert.deepEqual(offered(texts({ a: 1, b: "X" }, { b: "x ", a: 1 }, { a: "1", b: "x" })).stayed, [0, 2]);
  assert.deepEqual(offered(texts(1, "1", true, "true", null, "null", [], "[]")).stayed, [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(
    offered([
      { a: "x", b: "yz" },
      { a: "xy", b: "z" },
      { a: "x", b: "yz" },
    ]).stayed,
    [0, 1],
  );
});

test("the first of each is kept, of as many as there are", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "b", "c", "d", "e f", "E  F", "g"), { maxLength: 60 }), (values) => {
      const first = new Map<string, number>();
      const expected = values.flatMap((value, index) => {
        const key = value.toLowerCase().replace("  ", " ");
        if (first.has(key)) return [];
        first.set(key, index);
        return [index];
      });
      assert.deepEqual(offered(texts(...values)).stayed, expected);
    }),
    { numRuns: 50 },
  );
});

test("keys are found among many, whatever they have in common", () => {
  const seen = seenKeys();
  // Worst for a table: all in one place, and those that differ in one word only.
  const keys: Key128[] = Array.from({ length: 2000 }, (_, at) => [7, at % 2, at % 3, at] as const);
  for (const [at, key] of keys.entries()) {
    assert.equal(seen.find(key), -1);
    seen.add(key, 2 ** 32 - 1 - at);
  }
  for (const [at, key] of keys.entries()) assert.equal(seen.find(key), 2 ** 32 - 1 - at);
  assert.equal(seen.find([7, 1, 1, 0]), -1);
  assert.equal(seen.size, 2000);
});
