import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidArgument } from "../../src/errors.ts";
import { extendedBy, layPolicies } from "../../src/policy/extend.ts";
import { type Policy, parsePolicy } from "../../src/policy/policy.ts";
import { KNOWN_METRICS } from "./fixtures.ts";

const BASE = {
  file: "base.yaml",
  text: `# What every release must hold.
format: counterfoil-policy/2
name: base
alpha:
  total: 0.01
  tests: { exact-copies: 0.005 }
rules:
  # Relations.
  - rule: pairs
    metric: pair-accuracy
    fail: score.normalised.high < 0.5 # half the way
    pass: score.normalised.low >= 0.5
    severity: refuse
  - rule: copies
    metric: exact-copies
    fail: score.low > 0.0002
    severity: refuse
    power: { leak: verbatim, share: 0.01, refused: 4, of: 5 }
`,
};

const read = (text: string): Policy =>
  parsePolicy(text, { metrics: KNOWN_METRICS, sha256: "", file: "top.yaml", extended: [BASE] });

const above = (rules: string): string => `format: counterfoil-policy/2\nextends: base\nname: top\n${rules}`;

test("a rule of the same name has its keys replaced, a new one comes last, and the rest stays", () => {
  const policy = read(
    above("rules:\n  - rule: copies\n    severity: warn\n  - rule: new\n    pass: queries < 5\n    severity: refuse\n"),
  );
  assert.equal(policy.name, "top");
  assert.deepEqual(
    policy.rules.map(({ rule, severity }) => [rule, severity]),
    [
      ["pairs", "refuse"],
      ["copies", "warn"],
      ["new", "refuse"],
    ],
  );
  assert.equal(policy.rules[1]?.fail.text, "score.low > 0.0002");
  assert.equal(policy.rules[1]?.power?.share, 0.01);
});

test("pass and fail are one condition: giving one of them takes away both", () => {
  const policy = read(above("rules:\n  - rule: pairs\n    fail: score.value < 0.4\n"));
  assert.equal(policy.rules[0]?.pass.text, "!(score.value < 0.4)");
});

test("alpha is replaced test by test, and rules are dropped by name", () => {
  const policy = read(above("alpha: { tests: { near-copies: 0.001 } }\ndrop: [pairs]\n"));
  assert.deepEqual(policy.alpha, { total: 0.01, tests: { "exact-copies": 0.005, "near-copies": 0.001 } });
  assert.deepEqual(
    policy.rules.map(({ rule }) => rule),
    ["copies"],
  );
});

test("the whole text reads as the same policy, keeps the comments, and extends nothing any more", () => {
  const top = { file: "top.yaml", text: above("rules:\n  - rule: copies\n    severity: warn # told only\n") };
  assert.equal(extendedBy(top), "base");
  const { text } = layPolicies([BASE, top]);
  assert.equal(extendedBy({ text, file: "whole" }), undefined);
  const whole = parsePolicy(text, { metrics: KNOWN_METRICS, sha256: "", file: "whole" });
  const strip = ({ rules, ...rest }: Policy): unknown => ({
    ...rest,
    rules: rules.map((rule) => ({ ...rule, pass: rule.pass.text, fail: rule.fail.text })),
  });
  assert.deepEqual(strip(whole), strip(read(top.text)));
  for (const comment of ["What every release must hold", "Relations.", "half the way", "told only"])
    assert.ok(text.includes(comment), comment);
});

test("a mistake is told of the file and the line where it was written, also where it shows only in the whole", () => {
  const says = (rules: string, pattern: RegExp): void =>
    assert.throws(
      () => read(above(rules)),
      (error) => {
        assert.ok(error instanceof InvalidArgument);
        assert.match(error.message, pattern);
        return true;
      },
    );
  says("drop: [piars]\n", /^Policy top.yaml, line 4: drops an unknown rule "piars"; did you mean "pairs"/);
  says("drop: pairs\n", /drop is no list of names/);
  says(
    "rules:\n  - rule: copies\n    severity: maybe\n",
    /^Policy top.yaml, line 6: rule "copies": severity is "maybe"/,
  );
  says(
    "rules:\n  - rule: copies\n    metric: exact-copys\n",
    /^Policy top.yaml, line 6: rule "copies" names an unknown/,
  );
  says(
    "alpha: { total: 0.001 }\n",
    /^Policy base.yaml, line 5: the tests spend 0.005 of a false-alarm budget of 0.001/,
  );
  says("rules:\n  - rule: alone\n    severity: warn\n", /^Policy top.yaml, line 5: rule "alone" says neither/);
  says("rule: x\n", /^Policy top.yaml, line 4: the policy has an unknown key "rule"; did you mean "rules"/);
});
