import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { CounterfoilError, InvalidArgument } from "../../src/errors.ts";
import { alphaOf, type Policy, parsePolicy, type Rule } from "../../src/policy/policy.ts";
import { DIAGNOSTIC, KNOWN_METRICS } from "./fixtures.ts";

const DEFAULT = readFileSync("src/policy/policies/default.yaml", "utf8");

const read = (text: string): Policy =>
  parsePolicy(text, { metrics: [...KNOWN_METRICS, DIAGNOSTIC], sha256: "00", file: "p.yaml" });

const ONE = `format: counterfoil-policy/2
name: mine
alpha: { total: 0.01, tests: { exact-copies: 0.01 } }
rules:
  - rule: pairs-hold
    metric: pair-accuracy
    fail: score.normalised.high < 0.5
    severity: refuse
`;

function failure(text: string): InvalidArgument {
  try {
    read(text);
  } catch (error) {
    assert.ok(error instanceof InvalidArgument, String(error));
    return error;
  }
  assert.fail("the policy was accepted");
}

test("the default policy reads, and splits its false-alarm budget over its privacy tests", () => {
  const policy = read(DEFAULT);
  assert.equal(policy.name, "default");
  assert.equal(alphaOf(policy, "exact-copies"), policy.alpha.tests["exact-copies"]);
  assert.ok(Object.values(policy.alpha.tests).reduce((sum, alpha) => sum + alpha) <= policy.alpha.total + 1e-12);
  assert.ok(policy.rules.every((rule) => rule.because.length > 0));
  // No metric can drop out of the decision: each has a hard rule, or only warnings, that is undecided without it; or it is told only where
  // something was declared.
  const asks = ({ severity, fail }: Rule): boolean =>
    severity === "warn" && fail.paths.some((path) => path.startsWith("declared."));
  for (const metric of new Set(policy.rules.flatMap((rule) => rule.metric ?? [])))
    assert.ok(
      policy.rules.some((rule) => rule.metric === metric && (rule.missing === "indeterminate" || asks(rule))),
      metric,
    );
});

test("what a policy leaves out has a stated default", () => {
  const policy = read(ONE);
  assert.equal(policy.level, 0.95);
  assert.equal(policy.rules[0]?.pass.text, "!(score.normalised.high < 0.5)");
  assert.equal(policy.rules[0]?.missing, "indeterminate");
});

test("mistakes are named with their line and the nearest right word", () => {
  const cases: readonly [from: string, to: string, line: number, words: RegExp][] = [
    ["metric: pair-accuracy", "metric: pair-acuracy", 6, /unknown metric "pair-acuracy"; did you mean "pair-accuracy"/],
    ["normalised.high", "normalised.hihg", 7, /"pairs-hold" fail names an unknown "hihg"; did you mean "high"/],
    ["score.normalised", "score.normalized", 7, /unknown "normalized"; did you mean "normalised"/],
    ["score.normalised", "scoer.normalised", 7, /unknown "scoer"; did you mean "score"/],
    ["score.normalised.high", "scores.pair_acuracy.high", 7, /unknown "pair_acuracy"; did you mean "pair_accuracy"/],
    ["score.normalised.high", "declared.quasi", 7, /unknown "quasi".*There are: target, survival/],
    ["< 0.5", '< "half"', 7, /compares a number with a text; write numbers without quotes/],
    ["score.normalised.high < 0.5", "score.value", 7, /is double, and a rule must be true or false/],
    ["score.normalised.high < 0.5", "score.value <", 7, /ends too early/],
    ["    fail: score.normalised.high < 0.5\n", "", 5, /neither what passes .* nor what fails/],
    ["fail: score", "fial: score", 7, /unknown key "fial"; did you mean "fail"/],
    ["    metric: pair-accuracy\n", "", 5, /looks at `score`, and names no metric/],
    ["severity: refuse", "severity: refuse\n    wieght: 2", 9, /unknown key "wieght"/],
    ["severity: refuse", "severity: hard", 8, /severity is "hard"/],
    ["name: mine", "name: mine\nlevle: 0.9", 3, /unknown key "levle"; did you mean "level"/],
    ["counterfoil-policy/2", "counterfoil-policy/1", 1, /want "counterfoil-policy\/2"/],
    ["exact-copies: 0.01", "exact-copies: 0.02", 3, /spend 0\.02 of a false-alarm budget of 0\.01/],
    ["exact-copies: 0.01", "exact-copeis: 0.01", 3, /unknown test "exact-copeis"; did you mean "exact-copies"/],
    ["metric: pair-accuracy", "metric: distances", 6, /which is a diagnostic/],
    ["score.normalised.high", "scores.distances.value", 5, /looks at "distances", which is a diagnostic/],
    [
      "    metric: pair-accuracy\n    fail: score.normalised.high",
      "    fail: scores.distances.value",
      5,
      /looks at "distances", which is a diagnostic/,
    ],
    [
      "severity: refuse",
      "severity: refuse\n    power: { leak: verbatim, share: 0.01, refused: 4, of: 5 }",
      9,
      /no privacy metric/,
    ],
  ];
  for (const [from, to, line, words] of cases) {
    assert.ok(ONE.includes(from));
    const error = failure(ONE.replace(from, to));
    assert.match(error.message, words);
    assert.match(error.message, new RegExp(`p\\.yaml, line ${line}:`), error.message);
  }
});

test("a hard privacy rule must name the leak it would find, and cannot be skipped where it is missing", () => {
  const rule = ONE.replace("metric: pair-accuracy", "metric: exact-copies").replace(
    "normalised.high < 0.5",
    "low > 0.1",
  );
  assert.match(failure(rule).message, /cannot say which leak it would find/);
  const powered = `${rule}    power: { leak: verbatim, share: 0.01, refused: 4, of: 5 }\n`;
  assert.equal(read(powered).rules[0]?.power?.share, 0.01);
  assert.match(failure(`${powered}    missing: not-applicable\n`).message, /missing: indeterminate/);
  assert.match(failure(powered.replace("refused: 4", "refused: 6")).message, /6 refusals of 5/);
  assert.match(failure(powered.replace("of: 5 }", "of: 5, by: [pairs-hodl] }")).message, /did you mean "pairs-hold"/);
  const broke = powered.replace("exact-copies: 0.01", "near-copies: 0.01");
  assert.match(failure(broke).message, /no part of the false-alarm budget/);
  assert.doesNotThrow(() => read(rule.replace("severity: refuse", "severity: warn")));
});

test("two rules of one name, no rules, and what is no policy are refused", () => {
  assert.match(
    failure(`${ONE}${ONE.slice(ONE.indexOf("  - rule"))}`).message,
    /line 9: rule "pairs-hold" has this name twice/,
  );
  for (const text of [
    "",
    "[]",
    "rules: [",
    "just words",
    "a: 1\na: 2",
    `${ONE.split("rules:")[0]}rules: []\n`,
    "null",
    "- 1",
    "\u0000",
  ])
    assert.equal(failure(text).code, "invalid-policy");
});

test("a file that multiplies itself by aliases is refused at once", () => {
  const lines = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(", ")}]`);
  assert.equal(failure(`a0: &a0 [x]\n${lines.join("\n")}\n`).code, "invalid-policy");
});

test("no text, however broken, makes anything but a policy or a clear error", () => {
  const pieces = ONE.split(/(?<=\n)|(?<=: )/);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(pieces.length - 1), fc.string({ maxLength: 12 })), { minLength: 1, maxLength: 3 }),
      (edits) => {
        const text = [...pieces];
        for (const [at, piece] of edits) text[at] = piece;
        try {
          read(text.join(""));
        } catch (error) {
          assert.ok(error instanceof CounterfoilError, String((error as Error).stack));
        }
      },
    ),
    { numRuns: 400, seed: 1 },
  );
});
