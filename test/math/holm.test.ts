import assert from "node:assert/strict";
import { test } from "node:test";
import { holm } from "../../src/math/holm.ts";
import { randomFromSeed } from "../../src/random.ts";

test("Holm's adjusted values equal a worked example, in the order given", () => {
  // R: p.adjust(c(.01, .04, .03, .005), "holm")
  assert.deepEqual(
    holm([0.01, 0.04, 0.03, 0.005]).map((p) => Number(p.toFixed(12))),
    [0.03, 0.06, 0.06, 0.02],
  );
  assert.deepEqual(holm([0.9, 0.8]), [1, 1]);
  assert.deepEqual(holm([]), []);
});

test("one false hypothesis among true ones is rejected, and true ones together at most alpha of the time", () => {
  const random = randomFromSeed(1);
  let errors = 0;
  const runs = 4000;
  for (let run = 0; run < runs; run++) {
    const adjusted = holm([1e-6, random.uniform(), random.uniform(), random.uniform()]);
    assert.ok((adjusted[0] as number) < 1e-5);
    if (adjusted.slice(1).some((p) => p <= 0.05)) errors++;
  }
  // Binomial with share .05: over .064 has probability under 1e-4.
  assert.ok(errors / runs < 0.064, `${errors} of ${runs}`);
});
