import assert from "node:assert/strict";
import { test } from "node:test";
import { concatRows, type Table, tableOf } from "../../../src/data/table.ts";
import { localExecutor } from "../../../src/executors/local.ts";
import { threadExecutor } from "../../../src/executors/threads.ts";
import { columnDrift, stabilityIndex } from "../../../src/metrics/drift/column-drift.ts";
import { type Comparison, compareTables } from "../../../src/metrics/drift/compare.ts";
import { type Random, randomFromSeed } from "../../../src/random.ts";
import { numberColumn, schemaFor, textColumn } from "../world.ts";

const KINDS = { a: "continuous", b: "continuous", c: "categorical" } as const;

/** Two related numbers and a label. */
function drawn(random: Random, rows: number, change: { shift?: number; turn?: boolean; label?: number } = {}): Table {
  const a: number[] = [];
  const b: number[] = [];
  const c: string[] = [];
  for (let i = 0; i < rows; i++) {
    const z = random.normal();
    const noise = random.normal();
    a.push(z + (change.shift ?? 0));
    b.push((change.turn ? -0.8 : 0.8) * z + 0.6 * noise);
    c.push(random.uniform() < (change.label ?? 0) ? "new" : random.uniform() < 0.3 ? "x" : "y");
  }
  return tableOf([numberColumn("a", a), numberColumn("b", b), textColumn("c", c)]);
}

function compared(
  tables: { old: Table; new: Table },
  options: {
    seed?: number;
    entities?: { old: Int32Array; new: Int32Array };
    executor?: ReturnType<typeof localExecutor>;
  } = {},
): Promise<Comparison> {
  return compareTables(tables, {
    schema: schemaFor(tables.old, KINDS),
    names: ["a", "b", "c"],
    level: 0.95,
    random: randomFromSeed(options.seed ?? 1),
    executor: options.executor ?? localExecutor(),
    ...(options.entities ? { entities: options.entities } : {}),
  });
}

const base = randomFromSeed(9);

test("the stability index is 0 for equal shares, finite where a bin is empty, and 1/2 Σ (q − p)²/p for small changes", () => {
  assert.equal(stabilityIndex([10, 20, 30], [10, 20, 30]), 0);
  assert.ok(Math.abs(stabilityIndex([1e6, 2e6], [1e6, 2e6])) < 1e-9);
  assert.ok(stabilityIndex([100, 0], [50, 50]) > 1 && Number.isFinite(stabilityIndex([100, 0], [50, 50])));
  const psi = stabilityIndex([5e6, 5e6], [5.05e6, 4.95e6]);
  assert.ok(Math.abs(psi - (2 * 0.01 * Math.log(1.01)) / 1) < 3e-4 && psi > 0);
});

test("a shift of one standard deviation has a Wasserstein distance of 1 and a known PSI; a spike's change is seen", () => {
  const old = drawn(base.split("old"), 20_000);
  const shifted = drawn(base.split("shifted"), 20_000, { shift: 1 });
  const schema = schemaFor(old, KINDS);
  const found = columnDrift("a", { old, new: shifted }, schema);
  assert.ok(Math.abs((found.wasserstein as number) - 1) < 0.05);
  // By the ten tenths of a normal moved by one standard deviation: .989.
  assert.ok(Math.abs(found.psi - 0.989) < 0.08, `${found.psi}`);
  assert.equal(found.flag, "much");
  assert.equal(columnDrift("b", { old, new: shifted }, schema).flag, "none");
  const spike = (share: number): Table =>
    tableOf([
      numberColumn(
        "a",
        Array.from({ length: 1000 }, (_, i) => (i < 1000 * share ? 0 : i)),
      ),
    ]);
  assert.ok(columnDrift("a", { old: spike(0.95), new: spike(0.85) }, schema).psi > 0.1);
});

test("labels of one side are counted, and named only where 5 rows hold them", () => {
  const old = tableOf([textColumn("c", [...Array(50).fill("x"), ...Array(6).fill("gone"), ...Array(4).fill("rare")])]);
  const fresh = tableOf([textColumn("c", [...Array(54).fill("x"), ...Array(6).fill("here")])]);
  const found = columnDrift("c", { old, new: fresh }, schemaFor(old, KINDS));
  assert.deepEqual(found.arrived, { labels: 1, share: 0.1, named: ["here"] });
  assert.deepEqual(found.gone, { labels: 2, share: 10 / 60, named: ["gone"] });
});

test("both tests see a shift; only they see a relation turned round, where PSI sees nothing", async () => {
  const old = drawn(base.split("one"), 800);
  const shifted = await compared({ old, new: drawn(base.split("two"), 800, { shift: 0.7 }) });
  for (const { p, area } of shifted.tests) assert.ok(p <= 0.002 && area.low > 0.55);
  assert.equal(shifted.tellers[0]?.name, "a");
  const turned = await compared({ old, new: drawn(base.split("three"), 800, { turn: true }) });
  assert.ok(turned.columns.every(({ flag }) => flag === "none"));
  for (const { name, p, area } of turned.tests) assert.ok(p <= 0.002 && area.low > 0.55, `${name} ${p} ${area.low}`);
});

test("where nothing changed, p-values are as often small as they say: 120 comparisons at .05, and at .2", async () => {
  const low = { classifier: 0, kernel: 0 };
  const below = { classifier: 0, kernel: 0 };
  for (let r = 0; r < 120; r++) {
    const own = randomFromSeed(1000 + r);
    const { tests } = await compared({ old: drawn(own.split("o"), 60), new: drawn(own.split("n"), 60) }, { seed: r });
    for (const { name, p } of tests) {
      if (p <= 0.05) low[name]++;
      if (p <= 0.2) below[name]++;
    }
  }
  // Bounds of Binomial(120, .05) and (120, .2) at a false-alarm rate of 1e-4 a side.
  for (const name of ["classifier", "kernel"] as const) {
    assert.ok(low[name] <= 17, `${name}: ${low[name]} of 120 at .05`);
    assert.ok(below[name] >= 8 && below[name] <= 42, `${name}: ${below[name]} of 120 at .2`);
  }
});

test("rows of one person move together: with 20 rows each, drift is said of people and not of rows", async () => {
  const people = (random: Random, count: number): { table: Table; ids: number[] } => {
    const a: number[] = [];
    const ids: number[] = [];
    for (let i = 0; i < count; i++) {
      const own = 3 * random.normal();
      for (let k = 0; k < 20; k++) {
        a.push(own + 0.1 * random.normal());
        ids.push(i);
      }
    }
    const fill = a.map(() => random.normal());
    return {
      table: tableOf([
        numberColumn("a", a),
        numberColumn("b", fill),
        textColumn(
          "c",
          a.map(() => "x"),
        ),
      ]),
      ids,
    };
  };
  let alarms = 0;
  let byRows = 0;
  for (let r = 0; r < 8; r++) {
    const own = randomFromSeed(50 + r);
    const [old, fresh] = [people(own.split("o"), 30), people(own.split("n"), 30)];
    const entities = { old: Int32Array.from(old.ids), new: Int32Array.from(fresh.ids, (id) => 1000 + id) };
    const tables = { old: old.table, new: fresh.table };
    if ((await compared(tables, { entities, seed: r })).tests.some(({ pHolm }) => pHolm <= 0.01)) alarms++;
    if ((await compared(tables, { seed: r })).tests.some(({ pHolm }) => pHolm <= 0.01)) byRows++;
  }
  assert.ok(alarms <= 1, `${alarms} of 8`);
  assert.ok(byRows >= 7, "without groups these would all be alarms");
});

test("people in both tables have their two halves turned round", async () => {
  const own = randomFromSeed(77);
  const old = drawn(own.split("o"), 300);
  const ids = Int32Array.from({ length: 300 }, (_, i) => i);
  const same = await compared({ old, new: drawn(own.split("n"), 300) }, { entities: { old: ids, new: ids } });
  assert.ok(same.tests.every(({ p }) => p > 0.01));
  const moved = await compared(
    { old, new: drawn(own.split("m"), 300, { shift: 1 }) },
    { entities: { old: ids, new: ids } },
  );
  assert.ok(moved.tests.every(({ p }) => p <= 0.002));
});

test("the same seed gives the same numbers for one thread and for two", async () => {
  const tables = { old: drawn(base.split("x"), 400), new: drawn(base.split("y"), 500, { label: 0.1 }) };
  const first = await compared(tables);
  const threads = threadExecutor(2);
  try {
    assert.deepEqual(await compared(tables, { executor: threads }), first);
  } finally {
    await threads.close();
  }
  assert.equal(concatRows([tables.old, tables.new]).rows, 900);
});
