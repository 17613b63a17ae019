import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidArgument } from "../../../src/errors.ts";
import { candidatesOf } from "../../../src/synthesizers/private/candidates.ts";

const names = ["a", "b", "c", "d"];
const sizes = [2, 3, 4, 50];

test("candidates are the downward closure, weighed by what they share with each set of the workload", () => {
  for (const [workload, sets] of [
    [
      "pairs",
      [
        [0, 1],
        [0, 2],
        [0, 3],
        [1, 2],
        [1, 3],
        [2, 3],
      ],
    ],
    [
      "triples",
      [
        [0, 1, 2],
        [0, 1, 3],
        [0, 2, 3],
        [1, 2, 3],
      ],
    ],
    [
      [
        ["c", "a", "b"],
        ["b", "d"],
      ],
      [
        [0, 1, 2],
        [1, 3],
      ],
    ],
  ] as const) {
    const { list } = candidatesOf({ names, sizes }, { workload, mostCells: 1e6 });
    // By the definition: every subset of 2^4, in the closure if it is part of a set.
    const wanted = Array.from({ length: 15 }, (_, i) => [0, 1, 2, 3].filter((j) => ((i + 1) >> j) & 1)).filter(
      (subset) =>
        subset.length === 1 || sets.some((set) => subset.every((j) => (set as readonly number[]).includes(j))),
    );
    assert.deepEqual(list.map(({ clique }) => clique.join()).sort(), wanted.map((subset) => subset.join()).sort());
    for (const { clique, weight, cells } of list) {
      assert.equal(
        weight,
        sets.reduce((sum, set) => sum + clique.filter((j) => (set as readonly number[]).includes(j)).length, 0),
      );
      assert.equal(
        cells,
        clique.reduce((product, j) => product * (sizes[j] as number), 1),
      );
    }
    assert.deepEqual(
      list.slice(0, 4).map(({ clique }) => clique),
      [[0], [1], [2], [3]],
    );
  }
});

test("sets with too many cells are left out and counted; their weights and parts stay", () => {
  const { list, tooLarge } = candidatesOf({ names, sizes }, { workload: "pairs", mostCells: 100 });
  assert.equal(tooLarge, 2);
  assert.ok(!list.some(({ clique }) => clique.join() === "1,3" || clique.join() === "2,3"));
  assert.equal(list.find(({ clique }) => clique.join() === "3")?.weight, 3);
});

test("a workload of unknown columns, or of far too many sets, is refused", () => {
  assert.throws(
    () => candidatesOf({ names: ["age", "sex"], sizes: [2, 2] }, { workload: [["agee", "sex"]], mostCells: 100 }),
    (error: unknown) => error instanceof InvalidArgument && /Did you mean "age"/.test(error.message),
  );
  const many = Array.from({ length: 90 }, (_, j) => `c${j}`);
  assert.throws(
    () => candidatesOf({ names: many, sizes: many.map(() => 2) }, { workload: "triples", mostCells: 100 }),
    (error: unknown) => error instanceof InvalidArgument && error.code === "workload-too-large",
  );
  assert.throws(
    () => candidatesOf({ names: many, sizes: many.map(() => 2) }, { workload: [many.slice(0, 9)], mostCells: 100 }),
    (error: unknown) => error instanceof InvalidArgument && error.code === "bad-workload",
  );
});

test("one column is a workload of one set", () => {
  assert.deepEqual(candidatesOf({ names: ["x"], sizes: [3] }, { workload: "pairs", mostCells: 10 }).list, [
    { clique: [0], cells: 3, weight: 1 },
  ]);
});
