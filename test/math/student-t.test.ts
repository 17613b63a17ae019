import assert from "node:assert/strict";
import { test } from "node:test";
import { studentQuantile } from "../../src/math/student-t.ts";

test("Student's quantiles agree with the printed tables", () => {
  for (const [p, degrees, expected] of [
    [0.975, 19, 2.093],
    [0.995, 19, 2.8609],
    [0.95, 5, 2.015],
    [0.975, 1, 12.7062],
    [0.025, 10, -2.2281],
  ] as const)
    assert.ok(Math.abs(studentQuantile(p, degrees) - expected) < 1e-4, `t(${p}, ${degrees})`);
  assert.throws(() => studentQuantile(1, 19), { code: "bad-quantile" });
});
