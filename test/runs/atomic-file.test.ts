import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { Cancelled, InvalidArgument } from "../../src/errors.ts";
import { writeWholeFile } from "../../src/runs/atomic-file.ts";
import { isPartial } from "../../src/runs/layout.ts";

function scratch(t: { after(work: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), "counterfoil-file-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("a file appears whole under its own name, in folders that did not exist, and nothing is left beside it", async (t) => {
  const out = join(scratch(t), "a", "b", "table.csv");
  const result = await writeWholeFile(out, async (path) => {
    assert.equal(basename(path), "table.csv");
    writeFileSync(path, "half");
    assert.ok(!existsSync(out));
    assert.ok(readdirSync(join(out, "..")).every(isPartial));
    writeFileSync(path, "whole");
    return 42;
  });
  assert.equal(result, 42);
  assert.equal(readFileSync(out, "utf8"), "whole");
  assert.deepEqual(readdirSync(join(out, "..")), ["table.csv"]);
});

test("a file that appears while writing is not overwritten, whoever made it", async (t) => {
  const out = join(scratch(t), "o");
  const work = writeWholeFile(out, async (path) => {
    writeFileSync(path, "ours");
    writeFileSync(out, "theirs");
  });
  await assert.rejects(work, (error) => error instanceof InvalidArgument && error.code === "output-exists");
  assert.equal(readFileSync(out, "utf8"), "theirs");
  assert.deepEqual(readdirSync(join(out, "..")), ["o"]);
});

test("an error or a cancellation leaves nothing, not even the folders made above", async (t) => {
  const root = scratch(t);
  const controller = new AbortController();
  await assert.rejects(
    writeWholeFile(join(root, "a", "x"), async (path) => {
      writeFileSync(path, "1");
      throw new Error("broken");
    }),
    /broken/,
  );
  await assert.rejects(
    writeWholeFile(
      join(root, "a", "x"),
      async (path) => {
        writeFileSync(path, "1");
        controller.abort();
      },
      { signal: controller.signal },
    ),
    Cancelled,
  );
  assert.deepEqual(readdirSync(root), []);
});
