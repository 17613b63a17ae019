import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { localExecutor } from "../../../src/executors/local.ts";
import { threadExecutor } from "../../../src/executors/threads.ts";
import { linearTheory, simulateLinear } from "../../../src/hybrid/collapse/linear.ts";
import { randomFromSeed } from "../../../src/random.ts";

const golden = JSON.parse(readFileSync(join("test", "hybrid", "golden", "collapse-linear.json"), "utf8")) as {
  readonly d: number;
  readonly T: number;
  readonly replace: readonly number[];
  readonly accumulate: readonly number[];
};
const design = { dimensions: golden.d, rows: golden.T, generations: 8, trials: 150 };

/** 24 comparisons at 4.5 standard errors: a false alarm in fewer than 2 of 10,000 seeds. */
const MOST = 4.5;

test("errors are n where each generation replaces the last, a bounded sum where they accumulate, and the values of the reference run", async () => {
  const arms = await simulateLinear(design, { random: randomFromSeed(1), executor: localExecutor() });
  const of = (name: string) => arms.find(({ arm }) => arm === name) as (typeof arms)[number];
  for (const name of ["replace", "accumulate"] as const)
    of(name).error.forEach(({ mean, standardError }, g) => {
      const theory = of(name).theory[g] as number;
      assert.ok(Math.abs(mean - theory) < MOST * standardError, `${name} ${g + 1}: ${mean}, theory ${theory}`);
      // The reference run had some hundred trials of its own.
      const reference = golden[name][g] as number;
      assert.ok(
        Math.abs(mean - reference) < MOST * Math.SQRT2 * standardError,
        `${name} ${g + 1}: ${mean}, ${reference}`,
      );
    });
  assert.ok((of("accumulate").error.at(-1)?.mean as number) <= 1.65);
  const plateau = of("anchored").error.at(-1) as { mean: number; standardError: number };
  assert.ok(Math.abs(plateau.mean - 1.34) < MOST * plateau.standardError, String(plateau.mean));
});

test("the exact sum of accumulation nears that of 1/i² as rows grow, and stays under π²/6", () => {
  const many = linearTheory("accumulate", { dimensions: 20, rows: 1e9, generations: 500, trials: 1 });
  const sum = many.map((_, i) => many.slice(0, i + 1).length).reduce((total, i) => total + 1 / i ** 2, 0);
  assert.ok(Math.abs((many.at(-1) as number) - sum) < 1e-6);
  assert.ok((many.at(-1) as number) < Math.PI ** 2 / 6);
});

test("the simulation is the same for any number of threads", async () => {
  const small = { ...design, trials: 70, generations: 2 };
  const executor = threadExecutor(2);
  try {
    assert.deepEqual(
      await simulateLinear(small, { random: randomFromSeed(5), executor }),
      await simulateLinear(small, { random: randomFromSeed(5), executor: localExecutor() }),
    );
  } finally {
    await executor.close();
  }
});
