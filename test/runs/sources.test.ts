import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { takeRows } from "../../src/data/table.ts";
import { randomFromSeed } from "../../src/random.ts";
import { appendToLedger } from "../../src/runs/ledger.ts";
import { kinshipOf, markSource, queriesOf } from "../../src/runs/sources.ts";
import { foldersFor, userFolders } from "../../src/runs/user-folders.ts";
import { scratchHome } from "../jobs/world.ts";
import { people, withColumn } from "../metrics/world.ts";

scratchHome();
const folders = userFolders();
const table = people(randomFromSeed(1), 1000);

async function measured(rows = table, id?: string): Promise<number> {
  const mark = await markSource(folders, rows, id);
  const before = await queriesOf(folders, mark);
  await appendToLedger(folders, {
    format: "counterfoil-ledger/1",
    time: "2026-01-01T00:00:00Z",
    job: "evaluate",
    version: "0",
    seed: 0,
    sourceSha256: "",
    source: mark,
    decision: "pass",
    manifestSha256: null,
  });
  return before;
}

test("runs over the same rows are counted, whatever row is edited, dropped or renamed", async () => {
  assert.equal(await measured(), 0);
  assert.equal(await measured(), 1);
  const fewer = takeRows(
    table,
    Uint32Array.from({ length: 900 }, (_, i) => i + 50),
  );
  assert.equal(await measured(fewer), 2);
  const [first] = table.columns;
  assert.ok(first && first.type !== "text");
  const values = first.values.slice();
  values[0] = 1;
  assert.equal(await measured(withColumn(table, { ...first, values })), 3);
  assert.equal(await measured(people(randomFromSeed(2), 1000)), 0, "other people are another source");
  assert.equal(await measured(people(randomFromSeed(3), 1000), "panel"), 0);
  assert.equal(await measured(people(randomFromSeed(4), 1000), "panel"), 1, "a declared id is one source");
});

test("the key of the sketches is this user's alone", () => {
  const { mode, size } = statSync(join(folders.data, "sketch.key"));
  assert.equal(size, 32);
  assert.equal(mode & 0o077, 0);
});

test("first runs at once mark under one key, so that what they mark can be compared", async (t) => {
  const home = mkdtempSync(join(tmpdir(), "counterfoil-sources-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const fresh = foldersFor({ env: {}, platform: "linux", home });
  const small = people(randomFromSeed(1), 50);
  const marks = await Promise.all(Array.from({ length: 12 }, () => markSource(fresh, small, undefined)));
  assert.equal(new Set(marks.map(({ key }) => key)).size, 1);
  for (const mark of marks) assert.equal(kinshipOf(mark, marks[0] as (typeof marks)[number]), "rows");
  assert.deepEqual(readdirSync(fresh.data), ["sketch.key"], "no draft stays");
});
