import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { counterfoil, inScratch } from "./run.ts";

const rows = (count: number, shift: number): string =>
  Array.from({ length: count }, (_, i) => `${(i * 7 + shift) % 61},${"abc"[(i + shift) % 3]}`).join("\n");
const POLICY = `format: counterfoil-policy/2
extends: default
name: ours
description: Ours.
rules:
  - rule: ours
    metric: pair-accuracy
    fail: score.high < 0.9
    severity: refuse
    because: So it is.
`;
const FILES: Readonly<Record<string, string>> = {
  "real.csv": `age,kind\n${rows(300, 0)}\n`,
  "more.csv": `age,kind,note\n${rows(300, 5).replaceAll("\n", ",x\n")},x\n`,
  "misspelt.yaml": "format: counterfoil-schema/1\ncolumns:\n  - name: nota\n    drop: true\n",
  "metric.yaml": POLICY.replace("pair-accuracy", "pair-acuracy"),
  "text.yaml": POLICY.replace("0.9", '"0.9"'),
  "torn.yaml": POLICY.replace(" 0.9", ""),
  "key.yaml": POLICY.replace("severity", "sevrity"),
  "rule.yaml": POLICY.slice(0, POLICY.indexOf("  - rule")).concat("  - rule: pairs-hod\n    fail: score.high < 0.9\n"),
  "base.yaml": POLICY.replace("extends: default", "extends: defalt"),
  "void.yaml": "",
};

/** A call, and what its message must say: the place, and the nearest name or what was wanted. Exit code 2. */
const WRONG: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [["policy", "metric.yaml"], /line 7: .*did you mean "pair-accuracy"/],
  [["policy", "text.yaml"], /line 8: .*compares a number with a text/],
  [["policy", "torn.yaml"], /line 8: .*ends too early/],
  [["policy", "key.yaml"], /line 9: .*did you mean "severity"/],
  [["policy", "rule.yaml"], /line 6: .*did you mean the rule "pairs-hold"/],
  [["policy", "base.yaml"], /"defalt", which base\.yaml extends[\s\S]*Did you mean "default"/],
  [["policy", "void.yaml"], /empty/],
  [
    ["infer", "real.csv", "--formula", "agee ~ kind"],
    /no column "agee"; did you mean "age"\?\n {4}agee ~ kind\n {4}\^{4}/,
  ],
  [["drift", "folder", "real.csv"], /folder without data\/synthetic\.parquet/],
  [["verify", "folder", "--real", "real.csv"], /--recompute/],
  [["evaluate", "real.csv", "more.csv"], /synthetic also has "note"/],
  [["evaluate", "real.csv", "more.csv", "--schema", "misspelt.yaml"], /no column "nota"/],
  [["sample", "none.safetensors", "--rows", "5"], /no model file none\.safetensors[\s\S]*--save-model/],
  [["sample", "real.csv"], /--rows/],
  [["sample", "real.csv", "--rows", "5", "--out", "a.xlsx"], /neither in \.parquet nor in \.csv/],
  [["sample", "real.csv", "--rows", "5", "--shares", "kind=a:.5,b:.6"], /add up to 1\.1, not 1/],
  [["complete", "folder", "real.csv"], /folder is a folder/],
  [["complete", "real.csv", "real.csv", "--out", "more.csv"], /There is a file already: more\.csv/],
  [["synthesize", "real.csv", "--save-model", "more.csv"], /There is a file already: more\.csv[\s\S]*--save-model/],
  [["evaluate", "real.csv", "real.csv", "--protected", "kin"], /under protected: .*Did you mean "kind"/],
];

test("wrong use ends in exit code 2 with the place and the nearest name, and leaves nothing behind", () =>
  inScratch(async (folder) => {
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
    mkdirSync(join(folder, "folder"));
    const before = readdirSync(folder).sort();
    for (const [args, says] of WRONG) {
      const ran = await counterfoil([...args], { cwd: folder });
      const told = `${args.join(" ")}\n${ran.stderr}`;
      assert.equal(ran.code, 2, told);
      assert.match(ran.stderr, says, told);
      assert.doesNotMatch(ran.stderr, /\n\s+at |Unexpected:/, told);
    }
    assert.deepEqual(
      readdirSync(folder)
        .filter((name) => name !== ".xdg")
        .sort(),
      before,
    );
  }));

test("a place that takes no folder is said before the work", { skip: process.platform !== "linux" }, () =>
  inScratch(async (folder) => {
    writeFileSync(join(folder, "real.csv"), FILES["real.csv"] as string);
    const ran = await counterfoil(["evaluate", "real.csv", "real.csv", "--out", "/proc/none/bundle"], {
      cwd: folder,
      timeoutMs: 30_000,
    });
    assert.equal(ran.code, 1, ran.stderr);
    assert.match(ran.stderr, /making the output folder/);
  }),
);
