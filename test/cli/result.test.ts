import assert from "node:assert/strict";
import { test } from "node:test";
import { resultText } from "../../src/cli/result.ts";
import type { JobResult } from "../../src/jobs/job.ts";
import { decide } from "../../src/policy/decide.ts";
import { parsePolicy } from "../../src/policy/policy.ts";
import { madeUpStatement } from "../evidence/privacy-fixture.ts";
import { FACTS, goodScores, KNOWN_METRICS } from "../policy/fixtures.ts";

const policy = parsePolicy(
  "format: counterfoil-policy/2\nname: p\nalpha: { total: 0.01, tests: {} }\nrules:\n  - rule: one\n    pass: queries < 5\n    severity: refuse\n",
  { metrics: KNOWN_METRICS, sha256: "", file: "p.yaml" },
);

function resultWith(parts: Partial<JobResult>): JobResult {
  return {
    format: "counterfoil-result/1",
    job: "synthesize",
    decision: decide(policy, [], { ...FACTS, queries: 1 }),
    scores: goodScores(),
    headline: { pairs: null, twoSample: 0.9, trainOnSynthetic: null, excessCopies: null, commonestCategoryLost: null },
    compat: null,
    selfTest: null,
    bundle: "/x/out",
    report: "/x/out/report.html",
    rows: { train: 750, holdout: 250, synthetic: 1000 },
    judged: "release",
    lineage: { generation: 1, sources: [{ role: "source", generation: 0, rows: 750 }], realRows: 750 },
    queries: 1,
    seed: 0,
    seconds: 1,
    notices: [],
    ...parts,
  };
}

test("a guarantee is one line: epsilon, delta, for whom, and what its source has spent of what; then where the evaluation is", () => {
  const text = resultText(resultWith({ privacy: madeUpStatement(), evaluation: "/x/out-evaluation" }));
  assert.match(
    text,
    /^guarantee {2}epsilon 1, delta 1e-9 for each row · its source: epsilon 1\.12 of 3 at delta 1e-6, in 2 releases$/m,
  );
  assert.match(text, /^evaluation \/x\/out-evaluation {2}\(from the real rows: for you/m);
  const group = madeUpStatement({ unit: { kind: "group", column: "person", rows: 3 }, budget: null });
  assert.match(
    resultText(resultWith({ privacy: group, evaluation: null })),
    /for each person \(at most 3 rows\) · its source: epsilon 1\.12 at delta/,
  );
});

test("a result without a guarantee says nothing of one, and one that was refused before it was measured shows no scores", () => {
  const plain = resultText(resultWith({}));
  assert.doesNotMatch(plain, /guarantee|evaluation/);
  assert.match(plain, /two-sample test \(1 = cannot be told\) +0\.900/);
  const refused = resultText(resultWith({ scores: [], bundle: null, report: null }));
  assert.doesNotMatch(refused, /two-sample|not measured|bundle|\n\n\n/);
});
