import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { epsilonFor, rhoFor } from "../../src/dp/accountant.ts";
import { InvalidData, ResourceError } from "../../src/errors.ts";
import { type Charge, type ChargeRequest, type Reservation, reserveCharge, totalOf } from "../../src/runs/charges.ts";
import { appendToLedger, readLedger, readLines, type SourceMark } from "../../src/runs/ledger.ts";
import { foldersFor, type UserFolders } from "../../src/runs/user-folders.ts";

type Context = { after(work: () => void): void };

function foldersIn(t: Context): UserFolders {
  const home = mkdtempSync(join(tmpdir(), "counterfoil-charges-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return foldersFor({ env: {}, platform: "linux", home });
}

/** A source whose rows are the hashes from … to − 1. */
function rows(from: number, to: number, id: string | null = null): SourceMark {
  return {
    id,
    key: "k",
    sketch: { rows: to - from, smallest: Array.from({ length: to - from }, (_, i) => from + i).slice(0, 512) },
  };
}

function asked(mark: SourceMark, parts: Partial<ChargeRequest> = {}): ChargeRequest {
  const { epsilon = 1, delta = 1e-9 } = parts;
  return {
    mark,
    epsilon,
    delta,
    rho: rhoFor(epsilon, delta),
    extraDelta: 0,
    unit: { kind: "row", rows: 1 },
    seed: 0,
    budget: null,
    ...parts,
  };
}

const ledgerOf = (folders: UserFolders): string => join(folders.data, "ledger.jsonl");

/** What stands in the ledger and was not taken back, read without the code under test. */
function standing(folders: UserFolders): Charge[] {
  const records = readFileSync(ledgerOf(folders), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Charge);
  const back = new Set(
    records.filter(({ format }) => (format as string) === "counterfoil-charge-taken-back/1").map(({ id }) => id),
  );
  return records.filter(({ format, id }) => format === "counterfoil-charge/1" && !back.has(id));
}

test("totals: rho adds up and is converted once; where plain sums are smaller they count; brute force over both", () => {
  for (const [epsilon, delta, extraDelta, n, at] of [
    [1, 1e-9, 0, 1, 1e-6],
    [1, 1e-9, 0, 2, 1e-6],
    [1, 1e-9, 5e-10, 3, 1e-6],
    [0.01, 1e-9, 0, 2, 2e-9],
    [1, 1e-9, 9.9e-10, 1, 1e-9],
  ] as const) {
    const charge = { epsilon, delta, extraDelta, rho: rhoFor(epsilon, delta - extraDelta) };
    const total = totalOf(new Array(n).fill(charge), at);
    const concentrated = epsilonFor(n * charge.rho, at - n * extraDelta);
    assert.equal(total.delta, at);
    assert.ok(Math.abs(total.epsilon - Math.min(concentrated, n * epsilon)) < 1e-9);
  }
  assert.deepEqual(totalOf([]), { epsilon: 0, delta: 0 });
  const loose = { epsilon: 1, delta: 0.6, extraDelta: 0, rho: rhoFor(1, 0.6) };
  assert.deepEqual(totalOf([loose, loose]), { epsilon: 2, delta: 1.2 }, "a delta that promises nothing is no error");
  const one = { epsilon: 1, delta: 1e-9, extraDelta: 0, rho: rhoFor(1, 1e-9) };
  const free = totalOf([one, one]);
  assert.equal(free.delta, 2e-9, "without a delta to state it for: the sum");
  assert.ok(free.epsilon < 1.45 && free.epsilon > 1);
  assert.deepEqual(totalOf([{ ...one, extraDelta: 1e-9 }], 1e-10), { epsilon: 1, delta: 1e-9 }, "neither total holds");
});

test("a first release is charged before anything is drawn, in a ledger that is made for it and is the user's alone", async (t) => {
  const folders = foldersIn(t);
  const got = await reserveCharge(folders, asked(rows(0, 400, "panel"), { budget: { epsilon: 3, delta: 1e-6 } }));
  assert.equal(got.granted, true);
  assert.deepEqual(got.before, { releases: 0, epsilon: 0 });
  assert.equal(got.total.delta, 1e-6);
  assert.ok(Math.abs(got.total.epsilon - epsilonFor(rhoFor(1, 1e-9), 1e-6)) < 1e-9);
  assert.match(got.notices.join(" "), /no earlier release is known on this machine/);
  assert.equal(statSync(ledgerOf(folders)).mode & 0o077, 0);
  assert.equal(standing(folders).length, 1);
  const second = await reserveCharge(folders, asked(rows(0, 400, "panel"), { budget: { epsilon: 3, delta: 1e-6 } }));
  assert.deepEqual(second.notices, []);
  assert.equal(second.before.releases, 1);
  assert.equal(second.before.epsilon, got.total.epsilon);
});

test("releases fit until the budget is full, and what does not fit leaves no trace", async (t) => {
  const folders = foldersIn(t);
  const budget = { epsilon: 2, delta: 1e-6 };
  const fits = [1, 2, 3, 4, 5, 6, 7, 8].filter((n) => epsilonFor(n * rhoFor(1, 1e-9), 1e-6) <= 2).length;
  assert.ok(fits >= 2 && fits < 8);
  for (let n = 0; n < 8; n++) {
    const got = await reserveCharge(folders, asked(rows(0, 400), { budget }));
    assert.equal(got.granted, n < fits, `release ${n + 1}`);
    assert.equal(got.before.releases, Math.min(n, fits));
    if (!got.granted) assert.ok(got.total.epsilon > budget.epsilon);
  }
  assert.equal(standing(folders).length, fits);
  assert.equal((await readLines(folders))?.length, fits);
});

test("a delta beyond the budget's is refused by its numbers", async (t) => {
  const folders = foldersIn(t);
  const got = await reserveCharge(
    folders,
    asked(rows(0, 9), { delta: 1e-3, extraDelta: 9e-4, budget: { epsilon: 5, delta: 1e-6 } }),
  );
  assert.equal(got.granted, false);
  assert.deepEqual(got.total, { epsilon: 1, delta: 1e-3 });
});

test("editing a row, dropping some, adding some or giving another name does not reset the budget; other people are another source", async (t) => {
  const folders = foldersIn(t);
  const before = async (mark: SourceMark): Promise<readonly [number, string]> => {
    const got = await reserveCharge(folders, asked(mark));
    return [got.before.releases, got.notices.join(" ")];
  };
  assert.equal((await before(rows(0, 400, "panel")))[0], 0);
  const edited = await before(rows(1, 401, "another"));
  assert.equal(edited[0], 1);
  assert.match(edited[1], /More than half of these rows were in the source "panel"/);
  assert.equal((await before(rows(0, 220)))[0], 2, "a part of the rows");
  const [fourth, words] = await before(rows(0, 500, "panel"));
  assert.equal(fourth, 3);
  assert.match(words, /a source without a name/);
  assert.equal((await before(rows(5000, 5400)))[0], 0, "other people");
  assert.equal(
    (await before(rows(6000, 6400, "panel")))[0],
    2,
    "other rows under the same id: the two that were declared so",
  );
  assert.equal((await before(rows(5300, 5700)))[0], 0, "a quarter of the rows is not the same source");
});

test("releases under a sketch key that was lost count as releases of any rows, and are told", async (t) => {
  const folders = foldersIn(t);
  await reserveCharge(folders, asked(rows(0, 400)));
  const got = await reserveCharge(folders, asked({ ...rows(7000, 7400), key: "other" }));
  assert.equal(got.before.releases, 1);
  assert.match(got.notices.join(" "), /key they were sketched under is gone/);
});

test("a release that protects another unit than those before is told that their sum is no promise to either", async (t) => {
  const folders = foldersIn(t);
  await reserveCharge(folders, asked(rows(0, 400)));
  assert.deepEqual((await reserveCharge(folders, asked(rows(0, 400, "a")))).notices.length, 1);
  const unit = { kind: "group", column: "person", rows: 3 } as const;
  const got = await reserveCharge(folders, asked(rows(0, 400, "a"), { unit }));
  assert.equal(got.before.releases, 2);
  assert.match(
    got.notices.join(" "),
    /2 earlier releases of this source protect another unit than a person \(at most 3 rows\)/,
  );
});

test("a charge is taken back once, and only where it is asked for", async (t) => {
  const folders = foldersIn(t);
  const got = await reserveCharge(folders, asked(rows(0, 50)));
  await Promise.all([got.takeBack(), got.takeBack()]);
  assert.equal((await readLines(folders))?.length, 2);
  assert.equal(standing(folders).length, 0);
  assert.equal((await reserveCharge(folders, asked(rows(0, 50)))).before.releases, 0);
});

test("runs and charges share the file, and neither disturbs the other", async (t) => {
  const folders = foldersIn(t);
  await reserveCharge(folders, asked(rows(0, 50)));
  const told = await appendToLedger(folders, {
    format: "counterfoil-ledger/1",
    time: "2026-01-01T00:00:00.000Z",
    job: "synthesize",
    version: "0",
    seed: 1,
    sourceSha256: "",
    source: rows(0, 50),
    decision: "pass",
    manifestSha256: null,
  });
  assert.equal(told, undefined);
  const got = await reserveCharge(folders, asked(rows(0, 50)));
  assert.equal(got.before.releases, 1);
  const { entries, unreadable } = await readLedger(folders);
  assert.equal(entries.length, 1);
  assert.equal(unreadable, 0);
});

test("a line torn at any byte was never flushed: nothing was spent under it, it is told, and spoils no line before or after it", async (t) => {
  const folders = foldersIn(t);
  await reserveCharge(folders, asked(rows(0, 30)));
  const one = readFileSync(ledgerOf(folders));
  for (let cut = 1; cut < one.length - 1; cut++) {
    writeFileSync(ledgerOf(folders), Buffer.concat([one, one.subarray(0, cut)]));
    const got = await reserveCharge(folders, asked(rows(0, 30)));
    assert.equal(got.before.releases, 1, `cut at ${cut}`);
    assert.match(got.notices.join(" "), /1 line of the ledger was never completed/);
    assert.equal((await readLines(folders))?.filter(({ torn }) => !torn).length, 2);
    assert.equal((await reserveCharge(folders, asked(rows(0, 30)))).before.releases, 2, "and the next sees both");
  }
});

test("a complete line that was changed in any byte stops a private release, with its number and the file; other jobs go on", async (t) => {
  const folders = foldersIn(t);
  await reserveCharge(folders, asked(rows(0, 12, "panel")));
  const one = readFileSync(ledgerOf(folders), "utf8");
  let stopped = 0;
  for (let at = 0; at < one.length - 1; at++) {
    const turned = String.fromCharCode(one.charCodeAt(at) ^ 1);
    if (turned === "\n") continue;
    writeFileSync(ledgerOf(folders), `\n${one.slice(0, at)}${turned}${one.slice(at + 1)}`);
    // A quote or a brace that was turned may leave the line open at its end, as a crash would: then it reads as torn.
    const lines = await readLines(folders);
    if (lines?.[0]?.torn) continue;
    stopped++;
    await assert.rejects(reserveCharge(folders, asked(rows(0, 12, "panel"))), (error) => {
      assert.ok(error instanceof InvalidData, `byte ${at}`);
      assert.equal(error.code, "damaged-ledger");
      assert.match(error.message, /^Line 2 of the ledger .*ledger\.jsonl cannot be read/);
      assert.match(error.message, /Nothing was spent now/);
      return true;
    });
  }
  assert.ok(stopped > 0.8 * one.length, `${stopped} of ${one.length}`);
  assert.deepEqual(await readLedger(folders), { entries: [], unreadable: 0 + 1 });
});

test("lines of a later version, and zeros that a failing disk left, stop a private release too", async (t) => {
  const folders = foldersIn(t);
  await reserveCharge(folders, asked(rows(0, 12)));
  const one = readFileSync(ledgerOf(folders));
  for (const bad of ['{"format":"counterfoil-charge/2","id":"x"}\n', "\0\0\0\0\0\0\n", "[1]\n", "hello }\n"]) {
    writeFileSync(ledgerOf(folders), Buffer.concat([one, Buffer.from(bad)]));
    await assert.rejects(
      reserveCharge(folders, asked(rows(0, 12))),
      (error) => error instanceof InvalidData && error.code === "damaged-ledger",
    );
  }
});

test("a ledger that cannot be written is said before anything is spent", async (t) => {
  const folders = foldersIn(t);
  await reserveCharge(folders, asked(rows(0, 12)));
  const one = readFileSync(ledgerOf(folders), "utf8");
  chmodSync(join(folders.data, "..", "..", ".."), 0o755);
  for (const at of [join(folders.data, "..", ".."), join(folders.data, ".."), folders.data]) chmodSync(at, 0o755);
  chmodSync(ledgerOf(folders), 0o444);
  // Root may write everywhere, so it takes another user's part.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    await assert.rejects(reserveCharge(folders, asked(rows(0, 12))), (error) => {
      assert.ok(error instanceof ResourceError);
      assert.match(error.message, /reserving privacy budget.*Nothing was spent/s);
      assert.match(error.advice ?? "", /XDG_DATA_HOME/);
      return true;
    });
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
  assert.equal(readFileSync(ledgerOf(folders), "utf8"), one);
});

test("a folder in the place of the ledger is said, and nothing is spent", async (t) => {
  const folders = foldersIn(t);
  mkdirSync(ledgerOf(folders), { recursive: true });
  await assert.rejects(
    reserveCharge(folders, asked(rows(0, 12))),
    (error) => error instanceof ResourceError && error.code === "not-a-file",
  );
});

test("a full disk is said before anything is spent, and what it left of the line is not counted", async (t) => {
  const folders = foldersIn(t);
  mkdirSync(folders.data, { recursive: true });
  const mounted =
    process.getuid?.() === 0 &&
    spawnSync("mount", ["-t", "tmpfs", "-o", "size=16k", "tmpfs", folders.data]).status === 0;
  if (!mounted) return t.skip("needs the right to mount a small file system");
  try {
    let granted = 0;
    for (;;) {
      try {
        await reserveCharge(folders, asked(rows(0, 100)));
        granted++;
      } catch (error) {
        assert.ok(error instanceof ResourceError, String(error));
        assert.match(error.message, /disk is full|only a part of the line/);
        break;
      }
    }
    assert.ok(granted > 3);
    const lines = await readLines(folders);
    assert.equal(lines?.filter(({ torn }) => !torn).length, granted);
  } finally {
    spawnSync("umount", [folders.data]);
  }
});

test("property: whatever is asked at once and taken back in between, what was granted stays within the budget", async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          epsilon: fc.constantFrom(0.3, 0.7, 1, 1.5),
          source: fc.constantFrom(0, 1),
          takeBack: fc.boolean(),
          pauses: fc.integer({ min: 0, max: 6 }),
        }),
        { minLength: 2, maxLength: 10 },
      ),
      async (wishes) => {
        const folders = foldersIn(t);
        const budget = { epsilon: 1.6, delta: 1e-8 };
        const held: { readonly source: number; readonly got: Reservation; readonly request: ChargeRequest }[] = [];
        await Promise.all(
          wishes.map(async ({ epsilon, source, takeBack, pauses }) => {
            for (let i = 0; i < pauses; i++) await new Promise((resolve) => setImmediate(resolve));
            const request = asked(rows(source * 1000, source * 1000 + 40), { epsilon, budget });
            const got = await reserveCharge(folders, request);
            if (got.granted && takeBack) await got.takeBack();
            else if (got.granted) held.push({ source, got, request });
          }),
        );
        for (const source of [0, 1]) {
          const own = held.filter((item) => item.source === source).map(({ request }) => request);
          const total = totalOf(own, budget.delta);
          assert.ok(total.epsilon <= budget.epsilon * (1 + 1e-9), `${total.epsilon}`);
        }
        assert.equal(standing(folders).length, held.length, "what stands in the ledger is what was granted and kept");
      },
    ),
    { numRuns: 40, seed: 20261129 },
  );
});

/** A process that reserves and says what it got, over and over. */
function reserver(folder: string): string {
  const path = join(folder, "reserver.mjs");
  writeFileSync(
    path,
    `import { reserveCharge } from ${JSON.stringify(new URL("../../src/runs/charges.js", import.meta.url).href)};
     import { rhoFor } from ${JSON.stringify(new URL("../../src/dp/accountant.js", import.meta.url).href)};
     const [data, budget, times] = process.argv.slice(2);
     const mark = { id: "panel", key: "k", sketch: { rows: 500, smallest: Array.from({ length: 500 }, (_, i) => i * 7919) } };
     const rho = rhoFor(1, 1e-9);
     for (let i = 0; i < Number(times); i++) {
       process.stdout.write("b");
       const got = await reserveCharge({ config: data, data, state: data }, { mark, epsilon: 1, delta: 1e-9, rho, extraDelta: 0,
         unit: { kind: "row", rows: 1 }, seed: i, budget: budget === "none" ? null : { epsilon: Number(budget), delta: 1e-6 } });
       process.stdout.write(got.granted ? "G" : "r");
     }`,
  );
  return path;
}

test("processes at once cannot both win the last of a budget, and no line is lost", async (t) => {
  const folders = foldersIn(t);
  const home = join(folders.data, "..", "..", "..");
  const script = reserver(home);
  const fits = 4;
  const rho = rhoFor(1, 1e-9);
  const budget = (epsilonFor(fits * rho, 1e-6) + epsilonFor((fits + 1) * rho, 1e-6)) / 2;
  const outputs = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const child = spawn(process.execPath, [script, folders.data, String(budget), "6"], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let said = "";
      child.stdout.on("data", (bytes: Buffer) => {
        said += bytes.toString();
      });
      await new Promise((resolve) => child.once("close", resolve));
      return said;
    }),
  );
  const granted = outputs.join("").split("G").length - 1;
  assert.ok(granted <= fits && granted >= 1, `${granted} granted, ${fits} fit`);
  assert.equal(standing(folders).length, granted);
  // Who comes alone gets what is left.
  const left = await reserveCharge(
    folders,
    asked({ ...rows(0, 1), id: "panel" }, { budget: { epsilon: budget, delta: 1e-6 } }),
  );
  assert.equal(left.granted, granted < fits);
});

test("kill -9 at any instant: every reservation that was answered stands in the ledger, and the next run reads it", async (t) => {
  const folders = foldersIn(t);
  const script = reserver(join(folders.data, "..", "..", ".."));
  let answered = 0;
  let interrupted = 0;
  for (let round = 0; round < 12; round++) {
    const child = spawn(process.execPath, [script, folders.data, "none", "1000"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.on("data", (bytes: Buffer) => {
      said += bytes.toString();
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    while (said.split("G").length <= 1 + (round % 3)) await new Promise((resolve) => setTimeout(resolve, 1));
    await new Promise((resolve) => setTimeout(resolve, round / 3));
    child.kill("SIGKILL");
    await ended;
    answered += said.split("G").length - 1;
    if (said.endsWith("b")) interrupted++;
    const now = await reserveCharge(folders, asked({ ...rows(0, 1), id: "panel" }));
    answered++;
    const { releases } = now.before;
    assert.ok(releases >= answered - 1, `${releases} stand, ${answered - 1} were answered`);
    assert.ok(releases <= answered - 1 + round + 1, "at most the one that was not answered stands besides, per kill");
    assert.ok(existsSync(ledgerOf(folders)));
  }
  assert.ok(interrupted > 0, "no kill came between the request and its answer");
});

test("a torn line of another process is closed, even where it comes between the look at the end and the write", async (t) => {
  const folders = foldersIn(t);
  await reserveCharge(folders, asked(rows(0, 12)));
  const stop = { now: false };
  const tearing = (async () => {
    while (!stop.now) {
      appendFileSync(ledgerOf(folders), '{"format":"counterfoil-charge/1","id":"to');
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const got: Reservation[] = [];
  for (let i = 0; i < 40; i++) got.push(await reserveCharge(folders, asked(rows(0, 12))));
  stop.now = true;
  await tearing;
  const after = await reserveCharge(folders, asked(rows(0, 12)));
  assert.equal(after.before.releases, 41);
  assert.deepEqual(
    got.map(({ before }) => before.releases),
    Array.from({ length: 40 }, (_, i) => i + 1),
  );
});
