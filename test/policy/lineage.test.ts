import assert from "node:assert/strict";
import { test } from "node:test";
import { metrics } from "../../src/metrics/index.ts";
import { textMetrics } from "../../src/metrics/text/index.ts";
import { decide } from "../../src/policy/decide.ts";
import type { RuleResult } from "../../src/policy/decision.ts";
import type { Facts, LineageFacts } from "../../src/policy/facts.ts";
import { type Policy, parsePolicy } from "../../src/policy/policy.ts";
import { loadPolicy } from "../../src/runs/policy-file.ts";
import { FACTS, goodScores, KNOWN_METRICS } from "./fixtures.ts";

const TABLES = [
  "default",
  "internal-test-data",
  "partner-sharing",
  "ml-training",
  "finance",
  "health",
  "public-release",
  "private",
];

const loaded = new Map<string, Policy>();

async function ruled(
  policy: string,
  lineage: LineageFacts | undefined,
  { facts = FACTS, name = "real_anchor" }: { readonly facts?: Facts; readonly name?: string } = {},
): Promise<RuleResult> {
  const { lineage: _, ...rest } = facts;
  const found = loaded.get(policy) ?? (await loadPolicy(policy, policy === "text" ? textMetrics : metrics)).policy;
  loaded.set(policy, found);
  // One rule is looked at: the others would cost the time.
  const only = { ...found, rules: found.rules.filter(({ rule }) => rule === name) };
  const { rules } = decide(only, goodScores(), { ...rest, ...(lineage ? { lineage } : {}) });
  return rules.find(({ rule }) => rule === name) as RuleResult;
}

test("every built-in policy refuses what was learnt from a source synthetic twice over, unless real rows were learnt from too", async () => {
  for (const policy of [...TABLES, "text"]) {
    for (const [sourceGeneration, anchored, outcome] of [
      [0, true, "pass"],
      [1, false, "pass"],
      [2, false, "fail"],
      [7, false, "fail"],
      [2, true, "pass"],
    ] as const) {
      const found = await ruled(policy, { sourceGeneration, anchored, realRows: anchored ? 10 : 0 });
      assert.equal(found.outcome, outcome, `${policy}: generation ${sourceGeneration}`);
      assert.equal(found.severity, "refuse");
    }
  }
});

test("a handful of real rows anchors nothing: beside a source synthetic twice over a tenth must be real; only under a guarantee is that just told", async () => {
  for (const policy of TABLES)
    for (const [sourceGeneration, realShare, outcome] of [
      [2, 1 / 10_001, policy === "private" ? "warn" : "fail"],
      [2, 0.0999, policy === "private" ? "warn" : "fail"],
      [2, 0.1, "pass"],
      [1, 1 / 10_001, "pass"],
      [2, null, "not-applicable"],
    ] as const) {
      const lineage = { sourceGeneration, anchored: true, realRows: 1, realShare };
      const found = await ruled(policy, lineage, { name: "real-anchor-share" });
      assert.equal(found.outcome, outcome, `${policy}: ${realShare}`);
    }
});

test("the rule speaks in words, and says what to do", async () => {
  const found = await ruled("default", { sourceGeneration: 2, anchored: false, realRows: 0 });
  assert.equal(
    found.reason,
    "the generation of the source is 2, no real rows were learnt from; it fails where the generation of the source is at least 2 and no real rows were learnt from.",
  );
  assert.equal(found.remedy, "Learn from real rows too (--anchor FILE).");
  const run = { asked: 1, accepted: 1, attempts: 1, price: null, ended: "complete", source: "synthetic" } as const;
  const ofText = await ruled(
    "text",
    { sourceGeneration: 2, anchored: false, realRows: 0 },
    { facts: { ...FACTS, run } },
  );
  assert.match(ofText.remedy as string, /one recipe/);
});

test("where nobody knows what a table was learnt from, or whether real rows were among it, the rule does not apply, and the decision of old is made again", async () => {
  for (const lineage of [undefined, { sourceGeneration: 2, anchored: null, realRows: null }]) {
    const found = await ruled("default", lineage);
    assert.equal(found.outcome, "not-applicable");
    assert.equal(found.reason, "Nothing is known of what this table was learnt from, and the rule looks at it.");
  }
});

test("rules may ask for the lineage, and a misspelt word of it is told with the right one", () => {
  const policyOf = (pass: string) =>
    parsePolicy(
      `format: counterfoil-policy/2\nname: p\nalpha: { total: 0.01, tests: {} }\nrules:\n  - rule: one\n    pass: ${pass}\n    severity: refuse\n`,
      { metrics: KNOWN_METRICS, sha256: "", file: "p.yaml" },
    );
  const policy = policyOf("lineage.anchored && lineage.realRows >= 125");
  assert.equal(decide(policy, [], FACTS).decision, "pass");
  const few = decide(policy, [], { ...FACTS, lineage: { sourceGeneration: 1, anchored: true, realRows: 124 } });
  assert.equal(few.decision, "refuse");
  assert.match(
    few.rules[0]?.reason as string,
    /real rows were learnt from too, the number of real rows that were learnt from is 124; wanted is that real rows were learnt from too and the number/,
  );
  assert.throws(() => policyOf("lineage.anchord"), /unknown "anchord"; did you mean "anchored"/);
});
