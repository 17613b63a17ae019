import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readTable } from "../../src/data/read.ts";
import { columnOf } from "../../src/data/table.ts";
import { convertRows, openRowFile } from "../../src/data/write-rows.ts";

const folder = mkdtempSync(join(tmpdir(), "rows-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("rows come back from Parquet and CSV as they were written, in their order and with their types", async () => {
  const path = join(folder, "rows.jsonl");
  const file = await openRowFile(path, ["n", "share", "text", "flag", "list", "mixed", "nothing"]);
  for (let i = 0; i < 50_000; i++)
    await file.write([
      i,
      i === 7 ? null : i / 8,
      i % 3 === 0 ? `line ${i}\n"quoted", é` : "plain",
      i % 2 === 0,
      [i, { a: "b" }],
      i % 2 === 0 ? "text" : i,
      null,
    ]);
  const { rows, columns } = await file.close();
  assert.equal(rows, 50_000);
  assert.deepEqual(
    columns.map(({ type }) => type),
    ["integer", "double", "text", "boolean", "json", "json", "text"],
  );
  const parquet = join(folder, "rows.parquet");
  const csv = join(folder, "rows.csv");
  await convertRows(path, { columns, parquet, csv, metadata: { "counterfoil:version": "test" } });
  const { table } = await readTable(parquet);
  assert.equal(table.rows, 50_000);
  const n = columnOf(table, "n");
  const text = columnOf(table, "text");
  const share = columnOf(table, "share");
  const mixed = columnOf(table, "mixed");
  assert.ok(n.type === "number" && text.type === "text" && share.type === "number" && mixed.type === "text");
  for (let i = 0; i < 50_000; i++) assert.equal(n.values[i], i);
  assert.equal(text.dictionary[text.codes[3] as number], 'line 3\n"quoted", é');
  assert.ok(Number.isNaN(share.values[7]) && share.values[9] === 9 / 8);
  assert.equal(mixed.dictionary[mixed.codes[1] as number], "1");
  assert.match(readFileSync(csv, "utf8"), /^n,share,text,flag,list,mixed,nothing\n0,0.0,"line 0\n""quoted"", é",true,/);
});

test("the same rows give the same Parquet file, and a discarded file is gone", async () => {
  const bytes: Buffer[] = [];
  for (const name of ["a", "b"]) {
    const file = await openRowFile(join(folder, `${name}.jsonl`), ["x"]);
    for (let i = 0; i < 70_000; i++) await file.write([`row ${i % 977}`]);
    const { columns } = await file.close();
    await convertRows(join(folder, `${name}.jsonl`), {
      columns,
      parquet: join(folder, `${name}.parquet`),
      metadata: {},
    });
    bytes.push(readFileSync(join(folder, `${name}.parquet`)));
  }
  assert.ok(bytes[0]?.equals(bytes[1] as Buffer));
  const gone = await openRowFile(join(folder, "gone.jsonl"), ["x"]);
  await gone.write([1]);
  await gone.discard();
  assert.ok(!existsSync(join(folder, "gone.jsonl")));
});
