import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { appendToLedger, type LedgerEntry, readLedger } from "../../src/runs/ledger.ts";
import { foldersFor } from "../../src/runs/user-folders.ts";

const entry = (seed: number): LedgerEntry => ({
  format: "counterfoil-ledger/1",
  time: "2026-11-22T10:00:00.000Z",
  job: "synthesize",
  version: "0.1.0",
  seed,
  sourceSha256: "00".repeat(32),
  decision: "pass",
  manifestSha256: null,
});

function folders(t: { after(work: () => void): void }) {
  const home = mkdtempSync(join(tmpdir(), "counterfoil-ledger-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return foldersFor({ env: {}, platform: "linux", home });
}

test("runs are appended, one line each, readable by the user alone, and read back in order", async (t) => {
  const at = folders(t);
  assert.deepEqual(await readLedger(at), { entries: [], unreadable: 0 });
  for (const seed of [1, 2, 3]) assert.equal(await appendToLedger(at, entry(seed)), undefined);
  assert.deepEqual(await readLedger(at), { entries: [entry(1), entry(2), entry(3)], unreadable: 0 });
  assert.equal(statSync(join(at.data, "ledger.jsonl")).mode & 0o077, 0);
});

test("a torn last line, cut at any byte, spoils no entry before or after it", async (t) => {
  const at = folders(t);
  const path = join(at.data, "ledger.jsonl");
  await appendToLedger(at, entry(1));
  const one = readFileSync(path);
  for (let cut = 1; cut < one.length; cut += 7) {
    writeFileSync(path, one);
    appendFileSync(path, one);
    truncateSync(path, one.length + cut);
    await appendToLedger(at, entry(2));
    const whole = cut === one.length - 1;
    assert.deepEqual((await readLedger(at)).entries, whole ? [entry(1), entry(1), entry(2)] : [entry(1), entry(2)]);
  }
});

test("entries written at the same time are all kept", async (t) => {
  const at = folders(t);
  await Promise.all(Array.from({ length: 20 }, (_, i) => appendToLedger(at, entry(i))));
  const { entries, unreadable } = await readLedger(at);
  assert.equal(unreadable, 0);
  assert.deepEqual(
    entries.map((item) => item.seed).sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, i) => i),
  );
});

test("a ledger that cannot be written is a notice, not a failure", async (t) => {
  const at = folders(t);
  await appendToLedger(at, entry(1));
  const inTheWay = join(at.data, "ledger.jsonl");
  const notice = await appendToLedger({ ...at, data: join(inTheWay, "x") }, entry(2));
  assert.match(notice ?? "", /not recorded in the ledger/);
});

test("folders follow XDG everywhere, and the system's custom without it", () => {
  const linux = foldersFor({ env: {}, platform: "linux", home: "/h" });
  assert.deepEqual(linux, {
    config: "/h/.config/counterfoil",
    data: "/h/.local/share/counterfoil",
    state: "/h/.local/state/counterfoil",
    cache: "/h/.cache/counterfoil",
  });
  const env = { XDG_CONFIG_HOME: "/c", XDG_DATA_HOME: "relative", XDG_STATE_HOME: "", XDG_CACHE_HOME: "/k" };
  const set = foldersFor({ env, platform: "darwin", home: "/h" });
  assert.equal(set.config, "/c/counterfoil");
  assert.equal(set.data, "/h/Library/Application Support/counterfoil");
  assert.equal(set.cache, "/k/counterfoil");
  assert.equal(foldersFor({ env: {}, platform: "darwin", home: "/h" }).cache, "/h/Library/Caches/counterfoil");
  const windows = foldersFor({ env: { APPDATA: "/R", LOCALAPPDATA: "/L" }, platform: "win32", home: "/h" });
  assert.deepEqual(windows, {
    config: "/R/counterfoil",
    data: "/L/counterfoil",
    state: "/L/counterfoil",
    cache: "/L/counterfoil",
  });
});
