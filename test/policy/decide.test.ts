import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import type { MeasuredScore, Score } from "../../src/metrics/metric.ts";
import { decide } from "../../src/policy/decide.ts";
import type { Decision } from "../../src/policy/decision.ts";
import { alphaOf, attacksOf, type Policy, parsePolicy, type Rule } from "../../src/policy/policy.ts";
import {
  around,
  FACTS,
  foundPlantings,
  goodScores,
  KNOWN_METRICS,
  measured,
  plantings,
  uncomputed,
} from "./fixtures.ts";

const shipped = parsePolicy(readFileSync("src/policy/policies/default.yaml", "utf8"), {
  metrics: KNOWN_METRICS,
  sha256: "ab".repeat(32),
  file: "default",
});

/** The shipped rules but for the attacks and the further copy tests: whose control sees what is easier to follow among two. */
const FEW = KNOWN_METRICS.slice(0, 12).map(({ name }) => name);
const policy: Policy = { ...shipped, rules: shipped.rules.filter(({ metric }) => FEW.includes(metric as string)) };

/** Decides on good scores with some of them replaced (or left out: null). */
function decideWith(changes: Readonly<Record<string, Score | null>>, rules: Policy = policy): Decision {
  const kept = goodScores().filter((score) => !(score.metric in changes));
  return decide(rules, [...kept, ...Object.values(changes).filter((score) => score !== null)], FACTS);
}

/** As {@link FACTS}, with a declared population. */
const POPULATION = { ...FACTS, declared: { ...FACTS.declared, population: 1_000_000 } };
const outcomeOf = (decision: Decision, rule: string) => decision.rules.find((item) => item.rule === rule);
const good = (metric: string): MeasuredScore => goodScores().find((score) => score.metric === metric) as MeasuredScore;

test("good scores pass every rule of the default policy", () => {
  const decision = decide(shipped, goodScores(), POPULATION);
  assert.deepEqual(
    decision.rules.filter((rule) => rule.outcome !== "pass"),
    [],
  );
  assert.equal(decision.decision, "pass");
  assert.deepEqual(decision.policy, { name: "default", sha256: "ab".repeat(32) });
});

test("a quality rule fails only when the whole interval is worse than its tolerance", () => {
  const at = (value: number, half: number) =>
    decideWith({
      "column-accuracy": measured("column-accuracy", { ...around(0.9, 0.01), difference: around(value, half) }),
    });
  assert.equal(at(-0.03, 0.005).decision, "pass");
  assert.equal(outcomeOf(at(-0.03, 0.005), "columns-hold-closely")?.outcome, "warn");
  // Between pass and fail the interval is too wide to say: told, and no refusal.
  assert.equal(at(-0.06, 0.02).decision, "pass");
  assert.equal(outcomeOf(at(-0.06, 0.02), "columns-hold")?.outcome, "warn");
  assert.equal(at(-0.06, 0.005).decision, "refuse");
  assert.equal(outcomeOf(at(-0.06, 0.005), "columns-hold")?.outcome, "fail");
});

test("a privacy rule fails when the lower bound of the leak is over its tolerance, seen by the control or not", () => {
  const leaky = decideWith({ "exact-copies": measured("exact-copies", around(0.01, 0.005)) });
  assert.equal(leaky.decision, "refuse");
  assert.equal(outcomeOf(leaky, "no-exact-copies")?.outcome, "fail");
  assert.match(leaky.summary, /Refused: 1 hard rule failed \(no-exact-copies\)/);
});

test("finding no leak passes only where the planted leak was refused in 4 of 5 plantings", () => {
  for (let seen = 0; seen <= 5; seen++) {
    const near = { ...good("near-copies"), plantings: plantings("noisy", { 0.02: seen }, 0.4) };
    const decision = decideWith({ "near-copies": near });
    assert.equal(decision.decision, seen >= 4 ? "pass" : "indeterminate", `${seen} of 5`);
    if (seen < 4) {
      assert.match(outcomeOf(decision, "no-near-copies")?.reason ?? "", new RegExp(`only ${seen} of 5`));
      assert.match(outcomeOf(decision, "no-near-copies")?.remedy ?? "", /times as many rows/);
    }
  }
});

test("a planting is refused when any hard privacy rule would fail on it", () => {
  // Three by the one test, two others by the other: together all five.
  const exact = { ...good("exact-copies"), plantings: plantings("verbatim", { 0.01: 3 }, 0.005) };
  const reversed = plantings("verbatim", { 0.01: 2 }, 0.4).map((item) => ({ ...item, index: 4 - item.index }));
  const near = { ...good("near-copies"), plantings: [...reversed, ...plantings("noisy", { 0.02: 5 }, 0.4)] };
  const decision = decideWith({ "exact-copies": exact, "near-copies": near });
  assert.equal(decision.decision, "pass");
  assert.deepEqual(decision.detectable[0], {
    leak: "verbatim",
    share: 0.01,
    tried: [{ share: 0.01, refused: 5, plantings: 5 }],
  });
  const alone = decideWith({
    "exact-copies": exact,
    "near-copies": { ...near, plantings: plantings("noisy", { 0.02: 5 }, 0.4) },
  });
  assert.equal(alone.decision, "indeterminate");
});

test("a privacy rule that only warns refuses no planting", () => {
  const near = { ...good("near-copies"), plantings: plantings("noisy", { 0.02: 5 }, 0.4) };
  const soft = {
    ...policy,
    rules: policy.rules.map((rule): Rule => (rule.metric === "near-copies" ? { ...rule, severity: "warn" } : rule)),
  };
  const decision = decideWith({ "near-copies": near }, soft);
  assert.equal(decision.detectable.find((item) => item.leak === "noisy")?.share, null);
});

test("the smallest detectable leak is that from which on every larger one is refused too", () => {
  const exact = {
    ...good("exact-copies"),
    plantings: plantings("verbatim", { 0.0025: 5, 0.005: 3, 0.01: 4, 0.02: 5 }, 0.005),
  };
  const [verbatim] = decideWith({ "exact-copies": exact, "near-copies": good("near-copies") }).detectable;
  assert.equal(verbatim?.share, 0.01);
  assert.deepEqual(
    verbatim?.tried.map((item) => item.refused),
    [5, 3, 4, 5],
  );
  const blind = { ...good("exact-copies"), plantings: plantings("outliers", { 0.01: 0, 0.02: 3 }, 0.005) };
  const found = decideWith({ "exact-copies": blind }).detectable.find((item) => item.leak === "outliers");
  assert.equal(found?.share, null);
});

test("too few plantings, or none, prove nothing", () => {
  for (const made of [
    [],
    plantings("verbatim", { 0.01: 5 }, 0.005).slice(0, 4),
    plantings("verbatim", { 0.05: 5 }, 0.005),
  ]) {
    const near = { ...good("near-copies"), plantings: plantings("noisy", { 0.02: 5 }, 0.4) };
    const decision = decideWith({ "exact-copies": { ...good("exact-copies"), plantings: made }, "near-copies": near });
    assert.equal(outcomeOf(decision, "no-exact-copies")?.outcome, "indeterminate");
    assert.equal(decision.decision, "indeterminate");
  }
});

test("an unequal holdout is named as what would make a privacy rule decidable", () => {
  const near = { ...good("near-copies"), plantings: plantings("noisy", { 0.02: 5 }, 0.4) };
  const remedyAt = (uniqueTrain: number) => {
    const exact = {
      ...good("exact-copies"),
      details: { uniqueTrain, uniqueHoldout: 250 },
      plantings: plantings("verbatim", { 0.01: 1, 0.05: 5 }, 0.005),
    };
    return outcomeOf(decideWith({ "exact-copies": exact, "near-copies": near }), "no-exact-copies")?.remedy ?? "";
  };
  assert.match(remedyAt(750), /--holdout-share 0.5.* about 2.4 times the rows, or about 5 times as many rows\./);
  assert.equal(remedyAt(250), "Give about 5 times as many rows. This is a rough guide.");
});

test("a missing score is indeterminate, never a pass", () => {
  for (const name of FEW.filter((item) => item !== "tail-coverage")) {
    for (const gone of [
      null,
      uncomputed(name, "no holdout was given"),
      measured(name, { value: Number.NaN, low: Number.NaN, high: Number.NaN }),
    ]) {
      const decision = decideWith({ [name]: gone });
      assert.equal(decision.decision, "indeterminate", name);
      const rules = decision.rules.filter((item) => item.metric === name);
      assert.ok(rules.some((rule) => rule.outcome === "indeterminate"));
      assert.ok(rules.every((rule) => rule.observed === null));
    }
  }
  const decision = decideWith({ "exact-copies": uncomputed("exact-copies", "no holdout was given") });
  assert.match(outcomeOf(decision, "no-exact-copies")?.reason ?? "", /no holdout was given\./);
});

test("a metric with nothing to measure does not apply, and does not stop a release", () => {
  const decision = decideWith({ "categories-lost": uncomputed("categories-lost", "no column has categories", true) });
  assert.equal(decision.decision, "pass");
  assert.equal(outcomeOf(decision, "no-category-lost")?.outcome, "not-applicable");
});

test("a rule may say that an absent score, or an absent part of it, does not matter", () => {
  const lenient: Policy = {
    ...policy,
    rules: policy.rules.map((rule) => (rule.metric === "missingness" ? { ...rule, missing: "not-applicable" } : rule)),
  };
  for (const gone of [null, uncomputed("missingness", "too few rows"), measured("missingness", around(0, 0))]) {
    assert.equal(decideWith({ missingness: gone }, lenient).decision, "pass");
    assert.equal(decideWith({ missingness: gone }).decision, "indeterminate");
  }
});

test("where real columns are independent the normalised pair score is absent, and the other pair rule decides", () => {
  const { normalised: _, ...plain } = good("pair-accuracy");
  assert.equal(decideWith({ "pair-accuracy": plain }).decision, "pass");
  assert.equal(decideWith({ "pair-accuracy": { ...plain, difference: around(-0.2, 0.05) } }).decision, "refuse");
});

test("as many impossible cells as fresh real rows might hold are no fault, more refuse", () => {
  const at = (value: number) =>
    decideWith({
      validity: measured("validity", { value, low: value, high: value, difference: around(value - 1 + 1e-5, 1e-5) }),
    });
  assert.equal(at(1).decision, "pass");
  assert.equal(at(1 - 1e-6).decision, "pass");
  assert.equal(at(0.99).decision, "refuse");
});

test("where no privacy rule of a policy applies, nothing is released", () => {
  const none = (name: string) => uncomputed(name, "nothing to copy", true);
  const decision = decideWith({ "exact-copies": none("exact-copies"), "near-copies": none("near-copies") });
  assert.equal(decision.decision, "indeterminate");
  assert.match(decision.summary, /none of the policy's privacy rules applies/);
});

test("a failed hard rule refuses even beside an indeterminate one", () => {
  const decision = decideWith({
    "exact-copies": uncomputed("exact-copies", "no holdout was given"),
    validity: measured("validity", { ...around(0.9, 0), difference: around(-0.1, 0) }),
  });
  assert.equal(decision.decision, "refuse");
  assert.match(decision.summary, /could not be decided \(no-exact-copies\)/);
});

test("an empty policy, or one of warnings only, passes nothing", () => {
  assert.equal(decideWith({}, { ...policy, rules: [] }).decision, "indeterminate");
  const soft = { ...policy, rules: policy.rules.map((rule): Rule => ({ ...rule, severity: "warn" })) };
  assert.equal(decideWith({}, soft).decision, "indeterminate");
});

test("a hard privacy rule without a positive control cannot pass", () => {
  const blind = { ...policy, rules: policy.rules.map(({ power: _, ...rule }): Rule => rule) };
  assert.equal(decideWith({}, blind).decision, "indeterminate");
});

test("warnings are told and stop nothing", () => {
  const decision = decideWith({ "train-on-synthetic": measured("train-on-synthetic", around(0.96, 0.03)) });
  assert.equal(decision.decision, "pass");
  assert.equal(outcomeOf(decision, "trains-models-well")?.outcome, "warn");
  assert.match(decision.summary, /1 warning: trains-models-well/);
});

test("numbers in a reason can be told apart from their threshold", () => {
  const decision = decideWith({ "train-on-synthetic": measured("train-on-synthetic", around(0.89999, 0)) });
  assert.match(outcomeOf(decision, "trains-models")?.reason ?? "", /0\.89999, wanted at least 0\.9\./);
});

test("laws: a verdict follows from hard rules alone, a worse score never improves it, and the order of scores does not matter", () => {
  const rank = { refuse: 0, indeterminate: 1, waived: 2, pass: 2 };
  const draw = fc.record({
    shift: fc.double({ min: -1, max: 1, noNaN: true }),
    half: fc.double({ min: 0, max: 0.2, noNaN: true }),
    metric: fc.constantFrom("column-accuracy", "pair-accuracy", "two-sample"),
    worse: fc.double({ min: 0, max: 1, noNaN: true }),
    missing: fc.subarray(KNOWN_METRICS.map((item) => item.name)),
  });
  fc.assert(
    fc.property(draw, ({ shift, half, metric, worse, missing }) => {
      const at = (value: number) => {
        const changed = measured(metric, {
          ...around(0.9, 0.01),
          difference: around(value, half),
          normalised: around(1 + value, half),
        });
        const gone = Object.fromEntries(missing.filter((name) => name !== metric).map((name) => [name, null]));
        return { [metric]: changed, ...gone };
      };
      const better = decideWith(at(shift));
      assert.ok(rank[decideWith(at(shift - worse)).decision] <= rank[better.decision]);
      const hard = better.rules.filter((rule) => rule.severity === "refuse").map((rule) => rule.outcome);
      const expected = hard.includes("fail") ? "refuse" : hard.includes("indeterminate") ? "indeterminate" : "pass";
      assert.equal(better.decision, expected);
      const scores = goodScores();
      assert.deepEqual(decide(policy, scores.reverse(), FACTS), decide(policy, goodScores(), FACTS));
    }),
    { numRuns: 200, seed: 1 },
  );
});

const WIDE = `format: counterfoil-policy/2
name: wide
alpha: { total: 0.01, tests: { exact-copies: 0.004, attacks: 0.004 } }
rules:
  - rule: both
    metric: exact-copies
    fail: score.low > 0.1
    pass: score.high <= 0.1
    severity: refuse
    power: { leak: verbatim, share: 0.01, refused: 4, of: 5 }
`;
const wide = (text = WIDE): Policy => parsePolicy(text, { metrics: KNOWN_METRICS, sha256: "00", file: "w.yaml" });

test("an interval that reaches over both sides leaves a privacy rule open, and only warns of quality", () => {
  const score = { ...good("exact-copies"), ...around(0.1, 0.05) };
  const open = decideWith({ "exact-copies": score }, wide());
  assert.equal(open.decision, "indeterminate");
  assert.match(open.rules[0]?.reason ?? "", /reaches over both sides/);
  const quality = wide(
    WIDE.replace("exact-copies\n    fail", "pair-accuracy\n    fail")
      .replace(/ {4}power.*\n/, "")
      .replace("both", "only"),
  );
  const warned = decideWith({ "pair-accuracy": measured("pair-accuracy", around(0.1, 0.05)) }, quality);
  assert.equal(warned.rules[0]?.outcome, "warn");
});

test("claims of membership are told where a population was declared, and take nothing of the attacks' budget", () => {
  const claimed = measured("membership-disclosure", {
    ...around(0.4, 0.1),
    p: 1e-6,
    plantings: foundPlantings({ verbatim: [0.5] }),
  });
  const told = (facts: typeof FACTS, score = claimed) =>
    decide(shipped, [...goodScores().filter(({ metric }) => metric !== "membership-disclosure"), score], facts);
  const warned = told(POPULATION);
  assert.equal(outcomeOf(warned, "membership-not-disclosed")?.outcome, "warn");
  assert.equal(warned.decision, "pass");
  assert.equal(outcomeOf(told(POPULATION, { ...claimed, p: 0.01 }), "membership-not-disclosed")?.outcome, "pass");
  assert.equal(
    outcomeOf(told(POPULATION, { ...claimed, ...around(0.25, 0.1) }), "membership-not-disclosed")?.outcome,
    "pass",
  );
  const undeclared = outcomeOf(told(FACTS), "membership-not-disclosed");
  assert.equal(undeclared?.outcome, "not-applicable");
  assert.match(undeclared?.reason ?? "", /Nothing is known of declared\.population/);
  assert.deepEqual(attacksOf(shipped), ["membership-inference"]);
  assert.equal(alphaOf(shipped, "membership-inference"), shipped.alpha.tests.attacks);
});

test("a rule may ask for facts and for other scores, and is open where they are not known", () => {
  const asks = (expression: string) => wide(`${WIDE}  - rule: asks\n    pass: ${expression}\n    severity: refuse\n`);
  const outcome = (expression: string, facts = FACTS) =>
    outcomeOf(decide(asks(expression), goodScores(), facts), "asks")?.outcome;
  assert.equal(outcome("size(declared.quasiIdentifiers) >= 1"), "fail");
  const declared = { ...FACTS.declared, quasiIdentifiers: ["age"] };
  assert.equal(outcome("size(declared.quasiIdentifiers) >= 1", { ...FACTS, declared }), "pass");
  assert.equal(outcome("queries <= 100"), "indeterminate");
  assert.equal(outcome("queries <= 100", { ...FACTS, queries: 100 }), "pass");
  assert.equal(outcome("queries <= 100", { ...FACTS, queries: 101 }), "fail");
  assert.equal(outcome("scores.pair_accuracy.low > 0.9 && rows.holdout >= 500 && judged == 'release'"), "pass");
  assert.equal(outcome("scores.pair_accuracy.p < 0.9"), "indeterminate");
  const gone = goodScores().filter(({ metric }) => metric !== "pair-accuracy");
  assert.equal(
    outcomeOf(decide(asks("scores.pair_accuracy.low > 0.9"), gone, FACTS), "asks")?.outcome,
    "indeterminate",
  );
});

test("attacks share their part of the budget, and their p-values are adjusted after Holm", () => {
  const text = ["near-copies", "exact-copies"]
    .map(
      (metric) => `  - rule: no-${metric}
    metric: ${metric}
    fail: score.pHolm < 0.004 && score.value > 0.05
    severity: refuse
    power: { leak: verbatim, share: 0.01, refused: 4, of: 5 }
`,
    )
    .join("");
  const attacks = wide(
    `format: counterfoil-policy/2\nname: attacks\nalpha: { total: 0.01, tests: { attacks: 0.004 } }\nrules:\n${text}`,
  );
  assert.deepEqual(attacksOf(attacks), ["near-copies", "exact-copies"]);
  assert.equal(alphaOf(attacks, "exact-copies"), 0.002);
  const at = (p: number, other: number) =>
    decideWith(
      {
        "exact-copies": measured("exact-copies", { ...around(0.1, 0.05), p }),
        "near-copies": measured("near-copies", { ...around(0.1, 0.05), p: other }),
      },
      attacks,
    ).rules.map(({ outcome }) => outcome === "fail");
  // Of two, the smaller is doubled, the larger is not, and is never adjusted below the smaller.
  assert.deepEqual(at(0.0019, 0.0039), [true, true]);
  assert.deepEqual(at(0.0021, 0.0039), [false, false]);
  assert.deepEqual(at(0.0019, 0.0041), [false, true]);
});
