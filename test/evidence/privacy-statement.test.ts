import assert from "node:assert/strict";
import { test } from "node:test";
import { checkGuarantee } from "../../src/evidence/guarantee.ts";
import { checkPrivacyStatement, type PrivacyStatement, privacyFactsOf } from "../../src/evidence/privacy-statement.ts";
import { FACTS } from "../policy/fixtures.ts";
import { madeUpStatement } from "./privacy-fixture.ts";

const honest = madeUpStatement();

function problemsOf(statement: unknown): string {
  const checked = checkPrivacyStatement(JSON.stringify(statement));
  return typeof checked === "string" ? checked : checked.problems.join("\n");
}

/** The statement with one line changed. */
function withLine(i: number, change: (line: PrivacyStatement["lines"][number]) => object): object {
  return { ...honest, lines: honest.lines.map((line, at) => (at === i ? { ...line, ...change(line) } : line)) };
}

test("what a budget really spent adds up, for rows and for groups", () => {
  assert.equal(problemsOf(honest), "");
  assert.equal(problemsOf(madeUpStatement({ unit: { kind: "group", column: "person", rows: 3 } })), "");
  assert.equal(problemsOf(madeUpStatement({ budget: null })), "");
});

test("a line that is left out, doubled or out of order is found", () => {
  assert.match(problemsOf({ ...honest, lines: honest.lines.slice(1) }), /the lines add up to a rho of/);
  const twice = [...honest.lines, honest.lines.at(-1)];
  assert.match(problemsOf({ ...honest, lines: twice }), /add up to a rho.*out of order/s);
  assert.match(problemsOf({ ...honest, lines: [...honest.lines].reverse() }), /out of order/);
  const spent = honest.lines.reduce((sum, line) => sum + line.rho, 0) * 2;
  assert.match(
    problemsOf({
      ...honest,
      lines: [...honest.lines, ...honest.lines.map((line) => ({ ...line, step: line.step + 100 }))],
      spent: { ...honest.spent, rho: spent, delta: 1e-9 },
    }),
    /was all that could be.*a delta of 1e-9 was spent, and 1e-9 was asked for/s,
  );
});

test("an epsilon that the rho does not give, and more spent than promised, are found", () => {
  assert.match(
    problemsOf({ ...honest, spent: { ...honest.spent, epsilon: honest.spent.epsilon * 0.999 } }),
    /is an epsilon of .*, and .* is said/,
  );
  assert.match(
    problemsOf({ ...honest, epsilon: 0.8 }),
    /is more than an epsilon of 0.8.*was spent, and 0.8 is promised/s,
  );
  assert.match(problemsOf({ ...honest, delta: 6e-10 }), /does not add up/);
  assert.match(problemsOf({ ...honest, rho: honest.spent.rho * 0.99 }), /was all that could be/);
});

test("noise that is too small for what a line says that it cost is found: sigma halved, epsilon raised, a threshold lowered, a group counted as a row", () => {
  const at = (mechanism: string): number => honest.lines.findIndex((line) => line.mechanism === mechanism);
  const gaussian = withLine(at("discrete-gaussian"), ({ detail }) => ({
    detail: { ...detail, sigma: (detail.sigma as number) / 2 },
  }));
  assert.match(problemsOf(gaussian), /line 2 .*costs a rho of .* by its noise/);
  const choice = withLine(at("exponential"), ({ detail }) => ({
    detail: { ...detail, epsilon: (detail.epsilon as number) * 1.01 },
  }));
  assert.match(problemsOf(choice), /line 3 .*costs a rho of .* by its epsilon/);
  const histogram = withLine(at("stable-histogram"), ({ detail }) => ({
    detail: { ...detail, threshold: (detail.threshold as number) - 1 },
  }));
  assert.match(problemsOf(histogram), /line 1 .*shows labels above .* more than its delta/);
  const group = { ...honest, unit: { kind: "group", column: "person", rows: 2 } };
  assert.match(problemsOf(group), /counts rows at a sensitivity of 1, and one unit has 2/);
  assert.match(problemsOf(withLine(at("discrete-gaussian"), () => ({ detail: {} }))), /says no sigma/);
});

test("a source over its budget is found", () => {
  const source = { ...honest.source, totalEpsilon: 3.1 };
  assert.match(problemsOf({ ...honest, source }), /more than its budget of 3 at 0.000001/);
  assert.match(
    problemsOf({ ...honest, source: { ...honest.source, epsilonBefore: 2 } }),
    /spent more before than in total/,
  );
});

test("what is no statement is said, and never thrown", () => {
  assert.equal(problemsOf("x"), "dp.json is malformed at its top: Invalid input: expected object, received string.");
  assert.equal(checkPrivacyStatement("{"), "dp.json is not JSON.");
  assert.match(problemsOf({ ...honest, format: "counterfoil-dp/2" }), /malformed at format/);
  assert.match(problemsOf({ ...honest, extra: 1 }), /malformed at its top/);
  for (const key of Object.keys(honest)) assert.match(problemsOf({ ...honest, [key]: null }), /malformed/, key);
});

test("the guarantee must be the one that was decided on, under the policy's budget", () => {
  const text = JSON.stringify(honest);
  const facts = { ...FACTS, privacy: privacyFactsOf(honest) };
  const budget = honest.source.budget;
  assert.deepEqual(checkGuarantee(text, { facts, budget }), []);
  assert.deepEqual(checkGuarantee(undefined, { facts: FACTS, budget }), []);
  assert.match(checkGuarantee(undefined, { facts, budget })[0] as string, /the bundle has no dp.json/);
  assert.match(checkGuarantee(text, { facts: FACTS, budget })[0] as string, /another privacy guarantee/);
  for (const part of ["epsilon", "delta", "rho", "totalEpsilon", "releases"] as const)
    assert.match(
      checkGuarantee(text, {
        facts: { ...FACTS, privacy: { ...privacyFactsOf(honest), [part]: 0.5 } },
        budget,
      })[0] as string,
      /another privacy guarantee/,
    );
  assert.match(
    checkGuarantee(text, { facts, budget: { epsilon: 9, delta: 1e-6 } })[0] as string,
    /another privacy budget/,
  );
});

test("a statement made to keep a verifier busy is refused by its shape", () => {
  const started = performance.now();
  assert.match(problemsOf({ ...honest, unit: { ...honest.unit, rows: 1e12 } }), /malformed at unit.rows/);
  assert.match(problemsOf(withLine(0, ({ detail }) => ({ detail: { ...detail, sigma: 1e300 } }))), /says no sigma/);
  assert.ok(performance.now() - started < 5000);
});
