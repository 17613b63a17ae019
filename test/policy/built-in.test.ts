import assert from "node:assert/strict";
import { test } from "node:test";
import { metrics } from "../../src/metrics/index.ts";
import { textMetrics } from "../../src/metrics/text/index.ts";
import { alphaOf, attacksOf } from "../../src/policy/policy.ts";
import { builtInPolicies, loadPolicy } from "../../src/runs/policy-file.ts";

const ofTables = builtInPolicies().filter((name) => name !== "text");

test("every built-in policy reads, spends no more than one false alarm in a hundred, and needs copy tests that can see", async () => {
  assert.deepEqual(builtInPolicies(), [
    "default",
    "finance",
    "health",
    "internal-test-data",
    "ml-training",
    "partner-sharing",
    "private",
    "public-release",
    "text",
  ]);
  for (const name of ofTables) {
    const { policy } = await loadPolicy(name, metrics);
    assert.equal(policy.name, name);
    assert.ok(policy.alpha.total <= 0.01, name);
    const tests = new Set(
      policy.rules.flatMap(({ metric, power, severity }) => (metric && power && severity === "refuse" ? [metric] : [])),
    );
    const spent = [...tests].reduce(
      (sum, metric) => sum + alphaOf(policy, metric),
      alphaOf(policy, "replayed-identifiers"),
    );
    assert.ok(spent <= policy.alpha.total + 1e-12, `${name} spends ${spent}`);
    // Under a guarantee the copy tests are told alone: what they find would be published with the decision.
    for (const metric of ["exact-copies", "near-copies", "within-tolerance-copies"])
      assert.equal(tests.has(metric), name !== "private", name);
    assert.ok(
      policy.rules.every((rule) => rule.because.length > 20),
      name,
    );
    assert.ok(attacksOf(policy).every((metric) => !policy.alpha.tests[metric]));
  }
});

test("health and public releases ask who could be recognised", async () => {
  for (const name of ["health", "public-release"]) {
    const { policy } = await loadPolicy(name, metrics);
    assert.ok(policy.rules.some(({ pass }) => pass.text.includes("declared.quasiIdentifiers")));
    assert.ok(policy.rules.some(({ pass }) => pass.paths.includes("queries")));
  }
});

test("the anonymity loss is told by default and decides at .5 for patients and the public, at the cost of a part of the attacks' budget there alone", async () => {
  for (const name of ofTables) {
    const { policy } = await loadPolicy(name, metrics);
    const rule = policy.rules.find(({ metric }) => metric === "attribute-disclosure");
    const decides = name === "health" || name === "public-release";
    assert.equal(rule?.severity, decides ? "refuse" : "warn", name);
    assert.match(rule?.fail.text as string, decides ? /score.value > 0.5$/ : /score.value > 0.25$/);
    assert.equal(attacksOf(policy).includes("attribute-disclosure"), decides, name);
    assert.ok(!attacksOf(policy).includes("shadow-models"));
  }
});

test("the policy of texts reads beside the metrics of texts, and not beside those of tables; no name means two things", async () => {
  const { policy } = await loadPolicy("text", textMetrics);
  assert.deepEqual(
    policy.rules.filter(({ severity }) => severity === "refuse").map(({ metric, rule }) => metric ?? rule),
    ["completeness", "source-passages", "real_anchor", "duplicate-rows"],
  );
  await assert.rejects(loadPolicy("text", metrics), /unknown metric "completeness"/);
  assert.deepEqual(
    textMetrics.filter(({ name }) => metrics.some((metric) => metric.name === name)),
    [],
  );
});
