import assert from "node:assert/strict";
import { test } from "node:test";
import { differenceMap } from "../../../src/evidence/report/heat-map.ts";
import { markupOf } from "../../../src/evidence/report/html.ts";

test("column names that are properties of every object change no object", async () => {
  const names = ["age", ...Object.getOwnPropertyNames(Object.prototype), "income"];
  const before = Object.getOwnPropertyNames(Object.prototype);
  const drawn = markupOf(
    await differenceMap(
      names.map((_, i) => names.map((_, j) => (i - j) / 100)),
      names,
    ),
  );
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), before);
  assert.ok(!("prev" in {}) && !("next" in Object));
  assert.ok(drawn.includes("__proto__") && !drawn.includes("NaN"));
});
