import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type CodeSplits, splitCodes } from "../../../src/learners/trees/code-splits.ts";

const anyCounts = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 40 });

test("every code that occurs is a leaf once, and rows add up on the way down", () => {
  fc.assert(
    fc.property(anyCounts, fc.boolean(), fc.integer({ min: 0, max: 3 }), (counts, ordered, missing) => {
      const splits = splitCodes(counts, { ordered, missing });
      const occurring = [...counts.keys()].filter((code) => (counts[code] as number) > 0);
      if (occurring.length < 2) return assert.equal(splits.children.length, 0);
      assert.equal(splits.children.length, 2 * (occurring.length - 1));
      assert.deepEqual(
        depthsOf(splits)
          .map(([code]) => code)
          .sort((a, b) => a - b),
        occurring,
      );
      splits.children.forEach((child, at) => {
        const below =
          child < 0 ? counts[-1 - child] : (splits.held[2 * child] as number) + (splits.held[2 * child + 1] as number);
        assert.equal(splits.held[at], below);
        if (child >= 0) assert.ok(child > at >> 1);
      });
    }),
    { seed: 1 },
  );
});

test("ways of being missing part from the rest first", () => {
  fc.assert(
    fc.property(anyCounts, fc.boolean(), (counts, ordered) => {
      const all = [3, 4, ...counts, 1];
      const { children } = splitCodes(all, { ordered, missing: 2 });
      // The first split's first side holds both missing codes and nothing else.
      assert.deepEqual([...below(children, children[0] as number)].sort(), [0, 1]);
    }),
    { seed: 2 },
  );
});

test("codes without an order meet within one split of the entropy of their shares", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 60 }), (counts) => {
      const total = counts.reduce((sum, count) => sum + count, 0);
      let entropy = 0;
      for (const count of counts) entropy -= (count / total) * Math.log2(count / total);
      let splits = 0;
      for (const [code, depth] of depthsOf(splitCodes(counts, { ordered: false, missing: 0 })))
        splits += ((counts[code] as number) / total) * depth;
      assert.ok(splits >= entropy - 1e-9 && splits <= entropy + 1);
    }),
    { seed: 3 },
  );
});

test("250 bins of equal count lie eight splits deep at most; a spike of half the rows lies one deep", () => {
  const even = new Array(250).fill(10);
  for (const [, depth] of depthsOf(splitCodes(even, { ordered: true, missing: 0 }))) assert.ok(depth <= 8);
  even[100] = 2500;
  const spiked = new Map(depthsOf(splitCodes(even, { ordered: true, missing: 0 })));
  assert.equal(spiked.get(100), 1);
});

function depthsOf({ children }: CodeSplits): [number, number][] {
  const out: [number, number][] = [];
  const walk = (child: number, depth: number): void => {
    if (child < 0) out.push([-1 - child, depth]);
    else for (const side of [0, 1]) walk(children[2 * child + side] as number, depth + 1);
  };
  if (children.length > 0) walk(0, 0);
  return out;
}

function below(children: Int16Array, child: number): number[] {
  if (child < 0) return [-1 - child];
  return [...below(children, children[2 * child] as number), ...below(children, children[2 * child + 1] as number)];
}
