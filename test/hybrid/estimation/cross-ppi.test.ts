import assert from "node:assert/strict";
import { test } from "node:test";
import { inferSample } from "../../../src/hybrid/estimation/infer-sample.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { linearSample } from "./draws.ts";

test("cross-PPI of a mean is the mean of all models on unlabelled rows plus the mean error of each on its own fold", () => {
  const sample = linearSample(randomFromSeed(6), { units: 200, labelled: 50, width: 1 });
  const random = randomFromSeed(7);
  const predictions = [0, 1, 2].map((k) => sample.sources[0]!.outcome.map((y) => y + k + 0.1 * random.normal()));
  const foldOf = Int32Array.from({ length: 50 }, (_, i) => i % 3);
  const design = new Float64Array(200).fill(1);
  const inference = inferSample(sample, { kind: "mean" }, { crossFitted: { design, predictions, foldOf } });
  const found = inference.estimations.find(({ method }) => method === "cross-ppi")!;
  let imputed = 0;
  for (let t = 50; t < 200; t++) for (const values of predictions) imputed += (values[t] as number) / 3 / 150;
  let error = 0;
  for (let i = 0; i < 50; i++) error += ((sample.real.outcome[i] as number) - (predictions[i % 3]![i] as number)) / 50;
  assert.ok("terms" in found);
  assert.ok(Math.abs(found.terms[0]!.value - imputed - error) < 1e-12);
});
