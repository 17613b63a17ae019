import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { CounterfoilError, InvalidArgument } from "../../src/errors.ts";
import { alphaPerTest, type Policy, parsePolicy, privacyTests } from "../../src/policy/policy.ts";
import { KNOWN_METRICS } from "./fixtures.ts";

const DEFAULT = readFileSync("src/policy/policies/default.yaml", "utf8");

const read = (text: string): Policy => parsePolicy(text, { metrics: KNOWN_METRICS, sha256: "00", file: "p.yaml" });

const ONE = `format: counterfoil-policy/1
name: mine
rules:
  - rule: pairs-hold
    metric: pair-accuracy
    bound: normalised.high
    op: ">="
    threshold: 0.5
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
  assert.deepEqual(privacyTests(policy), ["exact-copies", "near-copies"]);
  assert.equal(alphaPerTest(policy), 0.005);
  assert.ok(policy.rules.every((rule) => rule.because.length > 0));
  // No metric can drop out of the decision: each has a hard rule, or only warnings, that is undecided without it.
  for (const metric of new Set(policy.rules.map((rule) => rule.metric)))
    assert.ok(
      policy.rules.some((rule) => rule.metric === metric && rule.missing === "indeterminate"),
      metric,
    );
});

test("what a policy leaves out has a stated default", () => {
  const policy = read(ONE);
  assert.equal(policy.level, 0.95);
  assert.equal(policy.alpha, 0.01);
  assert.equal(alphaPerTest(policy), 0.01);
  assert.equal(policy.rules[0]?.missing, "indeterminate");
});

test("mistakes are named with their line and the nearest right word", () => {
  const cases: readonly [from: string, to: string, line: number, words: RegExp][] = [
    ["metric: pair-accuracy", "metric: pair-acuracy", 5, /unknown metric "pair-acuracy"; did you mean "pair-accuracy"/],
    [
      "bound: normalised.high",
      "bound: normalised.hihg",
      6,
      /rule "pairs-hold": bound .* did you mean "normalised.high"/,
    ],
    ['op: ">="', 'op: "=>"', 7, /rule "pairs-hold": op is "=>".*">=|There are/],
    ["threshold: 0.5", 'threshold: "half"', 8, /threshold is "half": want number/],
    ["threshold: 0.5", "treshold: 0.5", 4, /threshold is missing|unknown key "treshold"; did you mean "threshold"/],
    ["threshold: 0.5", "threshold: .nan", 8, /threshold/],
    ["severity: refuse", "severity: refuse\n    wieght: 2", 10, /unknown key "wieght"/],
    ["severity: refuse", "severity: hard", 9, /severity is "hard"/],
    ["name: mine", "name: mine\nlevle: 0.9", 3, /unknown key "levle"; did you mean "level"/],
    ["format: counterfoil-policy/1", "format: counterfoil-policy/2", 1, /want "counterfoil-policy\/1"/],
    [
      "severity: refuse",
      "severity: refuse\n    power: { leak: verbatim, share: 0.01, refused: 4, of: 5 }",
      10,
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
  const rule = ONE.replace("pair-accuracy", "exact-copies").replace("normalised.high", "low").replace(">=", "<=");
  assert.match(failure(rule).message, /cannot say which leak it would find/);
  const powered = `${rule}    power: { leak: verbatim, share: 0.01, refused: 4, of: 5 }\n`;
  assert.equal(read(powered).rules[0]?.power?.share, 0.01);
  assert.match(failure(`${powered}    missing: not-applicable\n`).message, /missing: indeterminate/);
  assert.match(failure(powered.replace("refused: 4", "refused: 6")).message, /6 refusals of 5/);
  assert.doesNotThrow(() => read(rule.replace("severity: refuse", "severity: warn")));
});

test("two rules of one name, no rules, and what is no policy are refused", () => {
  assert.match(
    failure(`${ONE}${ONE.slice(ONE.indexOf("  - rule"))}`).message,
    /line 10: rule "pairs-hold" has this name twice/,
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
