import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { counterfoil, inScratch } from "./run.ts";

const lines = (head: string, count: number, row: (i: number) => string): string =>
  `${head}\n${Array.from({ length: count }, (_, i) => row(i)).join("\n")}\n`;

/** Files that cannot become a synthetic table: a clear error with what to do, exit 1 or 2, no stack trace, nothing left behind. */
const REFUSED: Readonly<Record<string, { readonly bytes: string | Buffer; readonly says: RegExp }>> = {
  "empty.csv": { bytes: "", says: /empty/i },
  "header.csv": { bytes: "a,b\n", says: /no rows|header/i },
  "ragged.csv": { bytes: "a,b\n1,2\n3\n4,5,6\n", says: /line 3|row 2/i },
  "encoding.csv": {
    bytes: Buffer.from([0x61, 0x2c, 0x62, 0x0a, 0xe9, 0x2c, 0x31, 0x0a, 0x78, 0x2c, 0x32, 0x0a]),
    says: /UTF-8/i,
  },
  "nul.csv": { bytes: "a,b\nx\0y,1\nz,2\n", says: /NUL|UTF-16|binary/i },
  "object.json": { bytes: '{"a":1', says: /JSON/i },
  "torn.jsonl": { bytes: '{"a":1}\n{"a":\n', says: /JSON|line 2/i },
  "fake.parquet": { bytes: "PAR1xxxxPAR1", says: /Parquet/i },
  "fake.csv.gz": { bytes: Buffer.from([0x1f, 0x8b, 0x08, 0x67, 0x61, 0x72]), says: /gzip|gz/i },
  "book.xlsx": { bytes: Buffer.from("PK\u0003\u0004zz", "latin1"), says: /xlsx|Excel/i },
  "one-row.csv": { bytes: "a,b\n1,2\n", says: /nothing|can be modelled/ },
  "letters.csv": {
    bytes: lines(
      "id,letter",
      300,
      (i) => `${i},"Dear doctor, on day ${i} I felt ${"very ".repeat(i % 7)}tired and wrote number ${i * 7919} down"`,
    ),
    says: /free text/i,
  },
};

/** Odd files that still have a sensible result: pass, refused or indeterminate, and a whole bundle. */
const TAKEN: Readonly<Record<string, string | Buffer>> = {
  "twenty.csv": lines("a,b", 20, (i) => `${i % 4},${(i * 37) % 11}`),
  "duplicate-names.csv": lines("a,a,", 60, (i) => `${i % 3},${i % 5},${i % 2}`),
  "too-big.csv": lines("x,y", 120, (i) => `1e400,${i % 9}`),
  "inf.csv": lines("x,y", 120, (i) => `${i % 3 === 0 ? "inf" : i},${i % 9}`),
  "all-missing.csv": lines("x,y", 120, (i) => `,${i % 9}`),
  "constant.csv": lines("x,y", 120, (i) => `7,${i % 9}`),
  "all-distinct.csv": lines("x,y", 120, (i) => `${i * 1.37},k${i}`),
  "mixed.csv": lines("x,y", 120, (i) => `${i % 2 === 0 ? i % 10 : `w${i % 4}`},${i % 9}`),
  "dates.csv": lines(
    "d,y",
    120,
    (i) => `${["2024-01-0", "03/0", "5.6.200"][i % 3]}${(i % 7) + 1}${i % 3 === 1 ? "/2024" : ""},${i % 9}`,
  ),
  "bom-cr.csv": `\ufeffa;b\r${Array.from({ length: 90 }, (_, i) => `${i % 4};${i % 6}`).join("\r")}\r`,
  "packed.tsv.gz": gzipSync(lines("a\tb", 90, (i) => `${i % 4}\t"x ""${i % 3}"""`)),
};

test("bad files end in a clear error and leave nothing behind", () =>
  inScratch(async (folder) => {
    for (const [name, { bytes, says }] of Object.entries(REFUSED)) {
      writeFileSync(join(folder, name), bytes);
      const ran = await counterfoil(["synthesize", name, "--out", `out-${name}`, "--quiet"], { cwd: folder });
      assert.ok(ran.code === 1 || ran.code === 2, `${name}: exit ${ran.code}\n${ran.stderr}`);
      assert.match(ran.stderr, says, name);
      assert.match(ran.stderr, /^error: .+\n {2}\S/, `${name} gives no advice:\n${ran.stderr}`);
      assert.doesNotMatch(ran.stderr, /^\s+at .*\.(js|ts):\d+/m, name);
      assert.deepEqual(
        readdirSync(folder).filter((file) => file.includes("out-") || file.includes("partial")),
        [],
        name,
      );
    }
  }));

test("odd files have a sensible result and a bundle that verifies", () =>
  inScratch(async (folder) => {
    for (const [name, bytes] of Object.entries(TAKEN)) {
      writeFileSync(join(folder, name), bytes);
      const ran = await counterfoil(["synthesize", name, "--out", `out-${name}`, "--quiet"], { cwd: folder });
      assert.ok([0, 3, 4].includes(ran.code as number), `${name}: exit ${ran.code}\n${ran.stderr}`);
      const verified = await counterfoil(["verify", `out-${name}`], { cwd: folder });
      assert.equal(verified.code, ran.code, `${name}: verify says ${verified.stdout}`);
    }
  }));

test("wrong usage exits 2 and names what exists, and the nearest", () =>
  inScratch(async (folder) => {
    writeFileSync(
      join(folder, "t.csv"),
      lines("age,income", 60, (i) => `${i % 30},${i % 2}`),
    );
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [["synthesize", "t.csv", "--rows", "0"], /whole number from 1/],
      [["synthesize", "t.csv", "--rows", "-5"], /whole number from 1/],
      [["synthesize", "t.csv", "--rows", "1e12"], /whole number from 1/],
      [["synthesize", "t.csv", "--synthesizer", "sequentialtrees"], /sequential-trees/],
      [["synthesize", "t.csv", "--target", "incone"], /Did you mean "income"/],
      [["synthesize", "t.csv", "--target-leaks", "agee"], /Did you mean "age"/],
      [["synthesize", "t.csv", "--policy", "nosuch.yaml"], /nosuch\.yaml/],
      [["synthesize", "t.csv", "--seeds", "1"], /--seed/],
      [["synthesise", "t.csv"], /synthesize/],
      [["synthesize", "nosuch.csv"], /nosuch\.csv/],
      [["evaluate", "t.csv"], /synthetic/],
      [["verify", "nosuch"], /nosuch/],
      [[], /Usage/],
    ];
    for (const [args, says] of cases) {
      const ran = await counterfoil(args, { cwd: folder });
      assert.ok(
        ran.code === 2 || (ran.code === 1 && args.includes("nosuch.csv")),
        `${args.join(" ")}: exit ${ran.code}`,
      );
      assert.match(ran.stderr, says, args.join(" "));
    }
    writeFileSync(
      join(folder, "policy.yaml"),
      "format: counterfoil-policy/2\nname: mine\nalpha: { total: 0.01, tests: {} }\nrules:\n  - rule: pairs\n    metric: pair-acuracy\n    pass: score.high >= 0.5\n    severity: refuse\n",
    );
    const ran = await counterfoil(["synthesize", "t.csv", "--policy", "policy.yaml"], { cwd: folder });
    assert.equal(ran.code, 2);
    assert.match(ran.stderr, /pair-accuracy/);
  }));

test("an output folder that exists, and a read-only one, are refused before any work", () =>
  inScratch(async (folder) => {
    writeFileSync(
      join(folder, "t.csv"),
      lines("age,income", 60, (i) => `${i % 30},${i % 2}`),
    );
    mkdirSync(join(folder, "here"));
    const exists = await counterfoil(["synthesize", "t.csv", "--out", "here"], { cwd: folder });
    assert.equal(exists.code, 2);
    assert.match(exists.stderr, /exists/);
    writeFileSync(join(folder, "file"), "");
    const under = await counterfoil(["synthesize", "t.csv", "--out", join("file", "x")], { cwd: folder });
    assert.ok(under.code === 1 || under.code === 2, under.stderr);
    if (process.getuid?.() !== 0) {
      mkdirSync(join(folder, "locked"));
      chmodSync(join(folder, "locked"), 0o500);
      const locked = await counterfoil(["synthesize", "t.csv", "--out", join("locked", "x")], { cwd: folder });
      assert.equal(locked.code, 1);
      assert.ok(!existsSync(join(folder, "locked", "x")));
    }
  }));

test("evaluate names different columns, and a holdout that overlaps the training rows", () =>
  inScratch(async (folder) => {
    const row = (i: number): string => `${i % 30},${(i * 7919) % 1000},${i % 2}`;
    writeFileSync(join(folder, "real.csv"), lines("age,amount,income", 400, row));
    writeFileSync(join(folder, "other.csv"), lines("age,amont,income", 400, row));
    const columns = await counterfoil(["evaluate", "real.csv", "other.csv"], { cwd: folder });
    assert.equal(columns.code, 2);
    assert.match(columns.stderr, /lacks "amount".*also has "amont"/);
    const overlap = await counterfoil(["evaluate", "real.csv", "real.csv", "--holdout", "real.csv"], { cwd: folder });
    assert.equal(overlap.code, 2);
    assert.match(overlap.stderr, /400/);
  }));
