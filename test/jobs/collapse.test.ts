import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { InvalidArgument } from "../../src/errors.ts";
import type { TableCollapse } from "../../src/hybrid/collapse/result.ts";
import type { CollapseOptions } from "../../src/jobs/collapse/options.ts";
import { collapseSchema } from "../../src/jobs/collapse/result-schema.ts";
import { collapse } from "../../src/jobs/collapse.ts";
import { randomFromSeed } from "../../src/random.ts";
import { counterfoil } from "../cli/run.ts";
import { fileIn, scratchHome } from "./world.ts";

const home = scratchHome();

/** Every pair of labels once: columns that are drawn independently of each other repeat pairs, and a third of the rows stands alone. */
const pairs = fileIn(
  home,
  "pairs.csv",
  `left,right\n${Array.from({ length: 400 }, (_, i) => `l${i % 20},r${Math.floor(i / 20)}`).join("\n")}\n`,
);
const random = randomFromSeed(8);
const plain = fileIn(
  home,
  "plain.csv",
  `age,job,pay\n${Array.from({ length: 240 }, () => `${20 + random.integer(50)},${["cook", "clerk", "nurse"][random.integer(3)]},${(2000 + 300 * random.normal()).toFixed(2)}`).join("\n")}\n`,
);

function table(options: CollapseOptions): Promise<TableCollapse> {
  return collapse({
    synthesizer: "independent",
    generations: 2,
    seeds: 1,
    threads: 1,
    ...options,
  }) as Promise<TableCollapse>;
}

test("a table whose rows begin to repeat is stopped at the generation that lost them, in words, with a page and a JSON of the published schema", async () => {
  const out = join(home, "pairs");
  const result = await table({ table: pairs, out });
  assert.equal(result.decision, "stop");
  assert.equal(result.decides, "accumulate");
  assert.deepEqual(
    result.arms.map(({ arm, stops }) => [arm, stops[0]?.generation, stops[0]?.monitor]),
    ["accumulate", "replace", "anchored"].map((arm) => [arm, 1, "distinct-rows"]),
  );
  assert.match(
    result.reasons[0] as string,
    /^Learning from real rows and all generations so far \(accumulate\): stop before generation 1, in which this fell: rows without a double by \d+ %/,
  );
  assert.deepEqual(collapseSchema.parse(JSON.parse(readFileSync(join(out, "collapse.json"), "utf8"))), result);
  const page = readFileSync(join(out, "collapse.html"), "utf8");
  assert.match(page, /Stop before generation 1|stop before generation 1/);
  assert.match(page, /Stop, accumulate/);
});

test("a table that its synthesizer keeps is not stopped; the same for any number of threads; an arm that is not asked for is not made", async () => {
  const one = await table({ table: plain, generations: 1, arms: ["replace", "accumulate"] });
  assert.equal(one.decision, "none");
  assert.deepEqual(
    one.arms.map(({ arm }) => arm),
    ["accumulate", "replace"],
  );
  assert.deepEqual(
    one.notWatched.map(({ name }) => name),
    ["rare-category-recall"],
  );
  // Generation 0 is the same real rows in every arm, and generation 1 is learnt from them in every arm.
  const [first, second] = one.arms.map(({ curves }) => curves[0]?.points.slice(0, 2));
  assert.deepEqual(first, second);
  assert.deepEqual(await table({ table: plain, generations: 1, threads: 2, arms: ["replace", "accumulate"] }), one);
});

test("the linear model needs no table, and its JSON satisfies the published schema", async () => {
  const out = join(home, "linear");
  const result = await collapse({ trials: 40, generations: 3, threads: 1, out });
  assert.deepEqual(collapseSchema.parse(JSON.parse(readFileSync(join(out, "collapse.json"), "utf8"))), result);
  assert.match(readFileSync(join(out, "collapse.html"), "utf8"), /Accumulate, do not replace/);
});

test("what means nothing is refused before the work, and leaves nothing", async () => {
  const fails = (options: CollapseOptions, pattern: RegExp) =>
    assert.rejects(collapse({ out: join(home, "none"), ...options }), (error) => {
      assert.ok(error instanceof InvalidArgument);
      assert.match(`${error.message} ${error.advice}`, pattern);
      return true;
    });
  await fails({ table: plain, arms: ["acumulate" as "accumulate"] }, /Did you mean "accumulate"/);
  await fails({ arms: ["replace"] }, /"arms" was given without a table/);
  await fails({ table: plain, trials: 10 }, /--trials.*--seeds/);
  await fails({ table: plain, synthesizer: "mst" }, /privacy budget at every fit/);
  await fails({ table: fileIn(home, "short.csv", "a,b\n1,2\n3,4\n5,6\n") }, /watching needs 40.*at least 134 rows/);
  assert.ok(!existsSync(join(home, "none")));
});

test("the command ends with 3 where a rule stopped the arm that decides", async () => {
  const stopped = await counterfoil(
    [
      ...["collapse", pairs, "--synthesizer", "independent", "--generations", "1"],
      ...["--seeds", "1", "--arms", "accumulate", "--threads", "1"],
    ],
    { cwd: home },
  );
  assert.equal(stopped.code, 3, stopped.stderr);
  assert.match(stopped.stdout, /^STOP: Learning from/m);
});
