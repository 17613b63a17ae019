import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { InvalidArgument } from "../../src/errors.ts";
import { metrics } from "../../src/metrics/index.ts";
import { refusedByBudget } from "../../src/policy/budget.ts";
import { decide } from "../../src/policy/decide.ts";
import type { Facts, PrivacyFacts } from "../../src/policy/facts.ts";
import { isPublicRule, type Policy, parsePolicy } from "../../src/policy/policy.ts";
import { publicDecision } from "../../src/policy/public-decision.ts";
import { loadPolicy } from "../../src/runs/policy-file.ts";
import { FACTS, goodScores, KNOWN_METRICS, measured } from "./fixtures.ts";

const PRIVACY: PrivacyFacts = {
  definition: "(epsilon, delta)-differential privacy",
  epsilon: 1,
  delta: 1e-9,
  rho: 0.015,
  unit: "row",
  unitRows: 1,
  totalEpsilon: 1.4,
  releases: 2,
};

const withPrivacy = (parts: Partial<PrivacyFacts> = {}): Facts => ({ ...FACTS, privacy: { ...PRIVACY, ...parts } });

function policyOf(rule: string, top = ""): Policy {
  const text = `format: counterfoil-policy/2\nname: p\nalpha: { total: 0.01, tests: {} }\n${top}rules:\n  - rule: one\n    ${rule}\n    severity: refuse\n`;
  return parsePolicy(text, { metrics: KNOWN_METRICS, sha256: "", file: "p.yaml" });
}

const outcome = (rule: string, facts: Facts): string | undefined => decide(policyOf(rule), [], facts).rules[0]?.outcome;

test("rules see the guarantee", () => {
  assert.equal(outcome("pass: privacy.epsilon <= 1", withPrivacy()), "pass");
  assert.equal(outcome("pass: privacy.epsilon <= 1", withPrivacy({ epsilon: 1.0001 })), "fail");
  assert.equal(outcome("fail: privacy.delta > 1e-9", withPrivacy()), "pass");
  assert.equal(outcome("fail: privacy.delta > 1e-10", withPrivacy()), "fail");
  assert.equal(outcome('pass: privacy.unit == "group" && privacy.unitRows <= 5', withPrivacy()), "fail");
  assert.equal(outcome("pass: privacy.totalEpsilon <= 1.5 && privacy.releases == 2.0", withPrivacy()), "pass");
  const [rule] = decide(policyOf("pass: privacy.delta <= 1e-10"), [], withPrivacy()).rules;
  assert.equal(rule?.reason, "delta is 1e-9; wanted is that delta is at most 1e-10.");
});

test("whatever a rule makes of the guarantee, a release without one does not pass it", () => {
  for (const facts of [FACTS, { ...FACTS, privacy: null }])
    for (const rule of [
      "pass: privacy.epsilon <= 1",
      "fail: privacy.epsilon > 1",
      "fail: privacy.epsilon > 1 && rows.synthetic > 10",
      "pass: rows.synthetic > 10 || privacy.epsilon <= 1",
      'fail: privacy["epsilon"] > 1',
      "fail: privacy . epsilon > 1",
    ]) {
      const decision = decide(policyOf(rule), [], facts);
      assert.equal(decision.decision, "refuse", rule);
      assert.equal(decision.rules[0]?.outcome, "fail");
      assert.equal(decision.rules[0]?.reason, "The release has no differential privacy guarantee.");
    }
  assert.equal(outcome("pass: privacy.epsilon <= 1\n    missing: not-applicable", FACTS), "not-applicable");
});

test("an unknown part of the guarantee is found when the policy is read, with the nearest name", () => {
  assert.throws(() => policyOf("pass: privacy.epsilom < 1"), /line 6.*unknown "epsilom".*"epsilon"/);
  assert.throws(() => policyOf("pass: privacy.unit < 3"), InvalidArgument);
});

test("a budget is read, laid part by part over the policy below, and checked", () => {
  const base = {
    file: "base.yaml",
    text: "format: counterfoil-policy/2\nname: base\nalpha: { total: 0.01, tests: {} }\nprivacyBudget: { epsilon: 3, delta: 1e-6 }\npublishEvaluation: false\nrules:\n  - rule: one\n    pass: privacy.epsilon < 5\n    severity: refuse\n",
  };
  const read = (text: string): Policy =>
    parsePolicy(`format: counterfoil-policy/2\nextends: base\nname: top\n${text}`, {
      metrics: KNOWN_METRICS,
      sha256: "",
      file: "top.yaml",
      extended: [base],
    });
  assert.deepEqual(read("").privacyBudget, { epsilon: 3, delta: 1e-6 });
  assert.equal(read("").publishEvaluation, false);
  assert.deepEqual(read("privacyBudget: { epsilon: 8 }\n").privacyBudget, { epsilon: 8, delta: 1e-6 });
  assert.equal(read("publishEvaluation: true\n").publishEvaluation, true);
  assert.equal(policyOf("pass: queries < 5").publishEvaluation, true, "as ever, where nothing is said");
  assert.equal(policyOf("pass: queries < 5").privacyBudget, undefined);
  for (const [text, message] of [
    ["privacyBudget: { epsilon: 0 }\n", /top.yaml, line 4: privacyBudget.epsilon is 0/],
    ["privacyBudget: { delta: 1 }\n", /privacyBudget.delta is 1/],
    ["privacyBudget: { epsilom: 1 }\n", /unknown key "epsilom"; did you mean "epsilon"/],
    ["publishEvaluation: maybe\n", /publishEvaluation is "maybe"/],
  ] as const)
    assert.throws(() => read(text), message);
  assert.throws(
    () => policyOf("pass: queries < 5", "privacyBudget: { epsilon: 1 }\n"),
    /privacyBudget.delta is missing/,
  );
});

test("a policy that withholds the evaluation has no hard rule whose outcome would tell of the real rows; the line is named", () => {
  const withheld = "publishEvaluation: false\n";
  for (const [rule, message] of [
    [
      "metric: pair-accuracy\n    fail: score.high < 0.5",
      /p.yaml, line 7: rule "one" refuses by the score of "pair-accuracy"/,
    ],
    ["pass: scores.pair_accuracy.low > 0.5", /line 7: rule "one" refuses by scores.pair_accuracy.low/],
    ["fail: rows.holdout < 500", /line 7: rule "one" refuses by rows.holdout/],
    ["pass: queries < 5", /refuses by queries/],
    ['pass: judged == "release" && privacy.epsilon < 1', /refuses by judged/],
  ] as const) {
    assert.throws(() => policyOf(rule, withheld), message);
    assert.doesNotThrow(() => policyOf(rule));
  }
  for (const rule of [
    "pass: privacy.epsilon < 1",
    "pass: size(declared.quasiIdentifiers) > 0 && rows.synthetic < 1000",
    "pass: declared.target",
  ])
    assert.doesNotThrow(() => policyOf(rule, withheld));
});

test("property: the verdict of the built-in policy private is a function of what is public, whatever the scores and counts are", async () => {
  const { policy } = await loadPolicy("private", metrics);
  assert.deepEqual(policy.privacyBudget, { epsilon: 3, delta: 1e-6 });
  assert.equal(policy.publishEvaluation, false);
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(share, { minLength: 60, maxLength: 60 }),
      fc.nat(5000),
      fc.nat(5000),
      fc.constantFrom(0.1, 1, 10, 11),
      (values, train, holdout, epsilon) => {
        const scores = goodScores().map((score, i) =>
          measured(score.metric, {
            ...score,
            value: values[i] ?? 0,
            low: (values[i] ?? 0) - 0.3,
            high: values[i + 1] ?? 1,
          }),
        );
        const facts: Facts = {
          ...withPrivacy({ epsilon }),
          rows: { train, holdout, synthetic: 1000 },
          queries: train,
        };
        const whole = decide(policy, scores, facts);
        const published = publicDecision(policy, facts);
        assert.equal(whole.decision, epsilon <= 10 ? "pass" : "refuse");
        assert.equal(published.decision, whole.decision);
        assert.deepEqual(
          published,
          publicDecision(policy, { ...withPrivacy({ epsilon }), rows: { ...FACTS.rows, train: 1 } }),
        );
      },
    ),
    { numRuns: 200, seed: 20261129 },
  );
});

test("the public decision holds rules on public facts alone, and no count of real rows", async () => {
  const { policy } = await loadPolicy("private", metrics);
  const decision = publicDecision(policy, { ...withPrivacy(), queries: 12 });
  assert.deepEqual(
    decision.rules.map(({ rule, outcome }) => [rule, outcome]),
    [
      ["real_anchor", "pass"],
      ["guarantee-means-something", "pass"],
      ["guarantee-seldom-fails", "pass"],
    ],
  );
  assert.deepEqual(decision.facts.rows, { train: null, holdout: null, synthetic: 1000 });
  assert.equal(decision.facts.queries, null);
  assert.equal(decision.facts.judged, null);
  assert.deepEqual(decision.facts.lineage, { sourceGeneration: 0, anchored: true, realRows: null, realShare: null });
  assert.deepEqual(decision.facts.privacy, PRIVACY);
  assert.equal(decide(policy, goodScores(), FACTS).decision, "refuse", "without a guarantee nothing passes");
  assert.ok(policy.rules.filter(({ severity }) => severity === "refuse").every(isPublicRule));
  assert.ok(policy.rules.length > 30, "the rules of the default are told");
});

test("a release that the budget has no room for is refused with the numbers", () => {
  const policy = policyOf("pass: privacy.epsilon <= 5", "privacyBudget: { epsilon: 3, delta: 1e-6 }\n");
  const decision = refusedByBudget(policy, {
    asked: { epsilon: 1, delta: 1e-9 },
    before: { releases: 12, epsilon: 2.9515 },
    total: { epsilon: 3.08459, delta: 1e-6 },
  });
  assert.equal(decision.decision, "refuse");
  assert.match(decision.summary, /^Refused: the source's privacy budget has no room/);
  const [rule, ...others] = decision.rules;
  assert.equal(others.length, 0);
  assert.equal(rule?.rule, "privacy-budget");
  assert.equal(rule?.severity, "refuse");
  assert.match(
    rule?.reason ?? "",
    /would have spent epsilon 3\.085 at delta 1e-6; the policy allows epsilon 3 at delta 1e-6\. 12 earlier releases spent epsilon 2\.95/,
  );
  assert.deepEqual([rule?.bound, rule?.op, rule?.threshold, rule?.observed], ["totalEpsilon", "<=", 3, 3.08459]);
  const first = refusedByBudget(policy, {
    asked: { epsilon: 4, delta: 1e-9 },
    before: { releases: 0, epsilon: 0 },
    total: { epsilon: 3.5, delta: 1e-6 },
  });
  assert.match(first.rules[0]?.reason ?? "", /No earlier release of it is known/);
});
