import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { counterfoil, inScratch } from "./run.ts";

const rows = (from: number, with_: (i: number) => string): string =>
  Array.from({ length: 120 }, (_, i) => with_(from + i)).join("\n");

test("a column left out on purpose may be missing from the synthetic table, and a rule's reason is told once", () =>
  inScratch(async (folder) => {
    const pay = (i: number): string => `${(i * 7919) % 997},${((i * 31) % 90) / 10}`;
    writeFileSync(join(folder, "real.csv"), `pay,score,note\n${rows(0, (i) => `${pay(i)},n${i} was here`)}\n`);
    writeFileSync(join(folder, "synthetic.csv"), `pay,score\n${rows(500, pay)}\n`);
    const without = await counterfoil(["evaluate", "real.csv", "synthetic.csv"], { cwd: folder });
    assert.equal(without.code, 2);
    assert.match(without.stderr, /drop: true/);
    writeFileSync(
      join(folder, "schema.yaml"),
      "format: counterfoil-schema/1\ncolumns:\n  - { name: note, drop: true }\n",
    );
    const result = await counterfoil(["evaluate", "real.csv", "synthetic.csv", "--schema", "schema.yaml"], {
      cwd: folder,
    });
    assert.equal(result.code, 4, result.stderr);
    assert.equal([...result.stdout.matchAll(/real rows that were not used for fitting/g)].length, 2, result.stdout);
    assert.doesNotMatch(result.stdout, /INDETERMINATE: Indeterminate/);
  }));
