import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { makeFolder } from "../../src/runs/make-folder.ts";

test("a folder is made with those above it, and what stands in the way is named", async () => {
  const folder = mkdtempSync(join(tmpdir(), "counterfoil-make-"));
  try {
    assert.equal(await makeFolder(join(folder, "a", "b"), { mode: 0o700 }), join(folder, "a"));
    assert.equal(await makeFolder(join(folder, "a", "b"), { mode: 0o700 }), undefined);
    assert.equal(await makeFolder(join(folder, "a", "c"), { mode: 0o700 }), join(folder, "a", "c"));
    assert.ok(existsSync(join(folder, "a", "b")));
    writeFileSync(join(folder, "file"), "");
    await assert.rejects(makeFolder(join(folder, "file", "c"), { mode: 0o700 }), { code: "ENOTDIR" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("where a folder cannot be although the one above it is, that is said at once", {
  skip: process.platform !== "linux" && "there is no such file system here",
}, async () => {
  await assert.rejects(makeFolder("/proc/counterfoil/out", { mode: 0o700 }), { code: "ENOENT" });
});
