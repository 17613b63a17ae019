import assert from "node:assert/strict";
import { test } from "node:test";
import { metrics } from "../../src/metrics/index.ts";
import { textMetrics } from "../../src/metrics/text/index.ts";
import { expressionInWords, pathInWords } from "../../src/policy/words.ts";
import { builtInPolicies, loadPolicy } from "../../src/runs/policy-file.ts";

const plain = (value: number): string => String(value);

test("a rule of comparisons becomes a clause", () => {
  assert.equal(
    expressionInWords("score.pHolm < 0.0015 && score.low > 0.03", plain),
    "the p-value (Holm, over the attacks) is less than 0.0015 and the lower bound is more than 0.03",
  );
  assert.equal(
    expressionInWords('rows.holdout >= 500 || judged == "procedure"', plain),
    "the number of holdout rows is at least 500 or what is judged is the procedure",
  );
  assert.equal(
    expressionInWords("size(declared.sensitive) >= 1", plain),
    "the number of declared sensitive columns is at least 1",
  );
});

test("what is no chain of comparisons is left to be quoted", () => {
  for (const text of ["score.low + 0.1 > score.high", "!(score.low > 1)", "declared.target", "(score.low > 1) || true"])
    assert.equal(expressionInWords(text, plain), undefined, text);
});

test("every rule of every built-in policy can be said in words", async () => {
  for (const name of builtInPolicies()) {
    const { policy } = await loadPolicy(name, name === "text" ? textMetrics : metrics);
    for (const { rule, pass, fail } of policy.rules) {
      const text = pass.text.startsWith("!(") ? fail.text : pass.text;
      assert.ok(expressionInWords(text, plain), `${name}, ${rule}: ${text}`);
      for (const path of fail.paths) assert.ok(pathInWords(path), `${name}, ${rule}: ${path}`);
    }
  }
});
