import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { columnOf, type Table } from "../../src/data/table.ts";
import { InvalidArgument } from "../../src/errors.ts";
import { runShadowModels } from "../../src/jobs/shadow-models.ts";
import { synthesize } from "../../src/jobs/synthesize.ts";
import { verify } from "../../src/jobs/verify.ts";
import { isMeasured, type Score } from "../../src/metrics/metric.ts";
import { randomFromSeed } from "../../src/random.ts";
import { counterfoil } from "../cli/run.ts";
import { numberColumn, schemaFor } from "../metrics/world.ts";
import { fileIn, peopleCsv, scratchHome } from "./world.ts";

const home = scratchHome();

const table: Table = {
  rows: 203,
  columns: [
    numberColumn(
      "id",
      Array.from({ length: 203 }, (_, i) => i),
    ),
  ],
};
const ids = (part: Table): number[] => [...(columnOf(part, "id") as { values: Float64Array }).values];
const options = {
  count: 16,
  candidates: Uint32Array.from({ length: 150 }, (_, i) => i),
  columns: ["id"],
  schema: schemaFor(table, { id: "integer" }),
  entities: undefined,
  random: randomFromSeed(2),
  events: {},
  signal: undefined,
};

test("halves come in pairs that hold everybody once, and what is told of the targets is true", async () => {
  const seen: number[] = [];
  const { targets, runs } = await runShadowModels(
    table,
    async (train, random) => {
      seen.push(random.uniform());
      return train;
    },
    options,
  );
  assert.equal(runs.length, 16);
  assert.equal(new Set(seen).size, 16);
  const attacked = ids(targets);
  assert.equal(new Set(attacked).size, 20);
  assert.ok(attacked.every((id) => id < 150));
  for (let pair = 0; pair < 8; pair++) {
    const [first, second] = [ids(runs[2 * pair]?.synthetic as Table), ids(runs[2 * pair + 1]?.synthetic as Table)];
    assert.deepEqual(
      [...first, ...second].sort((a, b) => a - b),
      ids(table),
    );
    assert.ok(Math.abs(first.length - second.length) <= 1);
  }
  for (const { member, synthetic } of runs) {
    const held = new Set(ids(synthetic));
    assert.deepEqual(
      [...member],
      attacked.map((id) => (held.has(id) ? 1 : 0)),
    );
  }
  assert.ok(runs.some(({ member }) => member.includes(0)) && runs.some(({ member }) => member.includes(1)));
});

test("the rows of one person fall into one half, and only one of them is attacked", async () => {
  const entities = Int32Array.from({ length: 203 }, (_, i) => Math.floor(i / 3));
  const { targets, runs } = await runShadowModels(table, async (train) => train, { ...options, entities });
  assert.equal(new Set(ids(targets).map((id) => entities[id])).size, 20);
  for (const { synthetic } of runs) {
    const held = new Set(ids(synthetic).map((id) => entities[id]));
    assert.equal(
      [...held].reduce((sum: number, entity) => sum + entities.filter((e) => e === entity).length, 0),
      synthetic.rows,
    );
  }
});

test("a number of shadow models that cannot be paired, or is too small, is an error before the work", async () => {
  for (const count of [2, 17, 15.5, 130])
    await assert.rejects(
      runShadowModels(table, async (train) => train, { ...options, count }),
      InvalidArgument,
    );
  const source = fileIn(home, "never-read.csv", "a\n1\n");
  await assert.rejects(synthesize({ source, shadowModels: 17 }), /even number from 16/);
});

test("synthesize measures them on request, and a recomputation finds the same", async () => {
  const source = fileIn(home, "people.csv", peopleCsv(300).text);
  const bundle = join(home, "bundle");
  const result = await synthesize({ source, out: bundle, threads: 1, judge: "release", shadowModels: 16 });
  const score = result.scores.find(({ metric }) => metric === "shadow-models") as Score;
  assert.ok(isMeasured(score), JSON.stringify(score));
  assert.equal(score.n, 160);
  const rule = result.decision.rules.find(({ metric }) => metric === "shadow-models");
  assert.ok(rule && rule.severity === "warn" && rule.outcome !== "not-applicable");
  assert.equal(JSON.parse(readFileSync(join(bundle, "recipe.json"), "utf8")).shadowModels, 16);
  assert.deepEqual((await verify({ bundle, recompute: true, real: source, threads: 2 })).problems, []);
});

test("evaluate says that it cannot make them", async () => {
  const file = fileIn(home, "some.csv", "a,b\n1,2\n");
  const { code, stderr } = await counterfoil(["evaluate", file, file, "--shadow-models", "16"], { cwd: home });
  assert.equal(code, 2);
  assert.match(stderr, /Only counterfoil synthesize can make them/);
});
