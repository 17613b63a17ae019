import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type GraphNode, orderOf } from "../../src/text/graph.ts";

/** Up to 12 nodes, with any edges. */
const graphs = fc
  .uniqueArray(fc.constantFrom(..."abcdefghijkl"), { maxLength: 12 })
  .chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc.array(fc.constantFrom(...names, "source"), { maxLength: 2 }).map((before): GraphNode => ({ name, before })),
      ),
    ),
  ) as fc.Arbitrary<readonly GraphNode[]>;

test("an order has every node once, after all it needs, and the first listed that can be next; or there is a cycle of real edges", () => {
  let cycles = 0;
  fc.assert(
    fc.property(graphs, (nodes) => {
      const byName = new Map(nodes.map((node) => [node.name, node]));
      const result = orderOf(nodes);
      if (result.cycle !== undefined) {
        cycles++;
        assert.equal(result.cycle[0], result.cycle.at(-1));
        assert.ok(result.cycle.length >= 2);
        for (const [i, name] of result.cycle.slice(0, -1).entries())
          assert.ok(byName.get(name)?.before.includes(result.cycle[i + 1] as string));
        return;
      }
      // Brute force: at each place the first listed node whose needs are met.
      const done: string[] = [];
      while (done.length < nodes.length)
        done.push(
          nodes.find(
            ({ name, before }) =>
              !done.includes(name) && before.every((other) => !byName.has(other) || done.includes(other)),
          )?.name as string,
        );
      assert.deepEqual(result.order, done);
    }),
    { seed: 4, numRuns: 1000 },
  );
  assert.ok(cycles > 100);
});

test("a cycle is named as the path that it is", () => {
  assert.deepEqual(
    orderOf([
      { name: "x", before: ["c"] },
      { name: "a", before: ["b"] },
      { name: "b", before: ["c"] },
      { name: "c", before: ["a"] },
    ]),
    { cycle: ["c", "a", "b", "c"] },
  );
  assert.deepEqual(orderOf([{ name: "a", before: ["a"] }]), { cycle: ["a", "a"] });
});
