import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { lawFitter } from "../../../src/hybrid/scaling/fit-law.ts";
import { fitPoints, HUBER } from "../../../src/hybrid/scaling/fitted.ts";
import { kneeOf, lossAt, sizeAt } from "../../../src/hybrid/scaling/law.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { LAWS, pointsOfLaw } from "./points.ts";

const [header, ...lines] = gunzipSync(readFileSync("examples/data/scaling-flan.csv.gz"))
  .toString("utf8")
  .trim()
  .split("\n")
  .map((line) => line.split(","));
const sizes = Float64Array.from(header?.slice(2, 16) ?? [], Number);
const models = lines.map((cells) => ({
  name: cells[0] as string,
  losses: Float64Array.from(cells.slice(2, 16), Number),
}));

test("the law goes through the losses of 30 language models no worse than a reference fit in Python", () => {
  const golden = JSON.parse(readFileSync("test/hybrid/golden/rectified-law/fits.json", "utf8")) as {
    model: string;
    rmsd_log: number;
  }[];
  const fitter = lawFitter(sizes);
  const fits = models.map(({ name, losses }) => {
    const { rmsdLog } = fitter(losses, { kind: "rectified", huber: HUBER });
    const reference = golden.find(({ model }) => model === name)?.rmsd_log as number;
    assert.ok(rmsdLog <= reference * (1 + 1e-4), `${name}: ${rmsdLog} > ${reference}`);
    return { rectified: rmsdLog, power: fitter(losses, { kind: "power", huber: HUBER }).rmsdLog };
  });
  const mean = (kind: "rectified" | "power"): number => fits.reduce((sum, fit) => sum + fit[kind], 0) / fits.length;
  assert.equal(fits.length, 30);
  assert.ok(mean("rectified") <= 0.0065, String(mean("rectified")));
  assert.ok(mean("power") > 0.03);
});

test("sixteen times beyond the sizes that were fitted, the median error is under 7 %", () => {
  const known = 10;
  const last = sizes.at(-1) as number;
  const fitter = lawFitter(sizes.slice(0, known));
  const errors = models
    .map(({ losses }) => {
      const { law } = fitter(losses.slice(0, known), { kind: "rectified", huber: HUBER });
      return Math.abs(Math.log(lossAt(law, last) / (losses.at(-1) as number)));
    })
    .sort((a, b) => a - b);
  assert.equal(last / (sizes[known - 1] as number), 16);
  assert.ok(((errors[14] as number) + (errors[15] as number)) / 2 <= 0.07);
});

test("a law without scatter is found again, whatever the units of size and loss", () => {
  fc.assert(
    fc.property(
      fc.record({
        exponent: fc.double({ min: 0.2, max: 0.9, noNaN: true }),
        knee: fc.double({ min: 0.5, max: 20, noNaN: true }),
        floor: fc.double({ min: 0, max: 0.5, noNaN: true }),
        size: fc.constantFrom(1, 1e4, 1e9),
        loss: fc.constantFrom(1e-3, 1, 1e3),
      }),
      ({ exponent, knee, floor, size, loss }) => {
        const learnt = (knee * size) ** exponent;
        const law = { kind: "rectified", amplitude: loss * learnt, learnt, exponent, floor: loss * floor } as const;
        const at = Float64Array.from({ length: 14 }, (_, i) => size * 2 ** i);
        const fit = lawFitter(at)(
          at.map((x) => lossAt(law, x)),
          { kind: "rectified", huber: HUBER },
        );
        assert.ok(fit.rmsdLog < 1e-4, String(fit.rmsdLog));
        const far = size * 2 ** 15;
        assert.ok(Math.abs(Math.log(lossAt(fit.law, far) / lossAt(law, far))) < 2e-3);
      },
    ),
    { numRuns: 40, seed: 11 },
  );
});

test("the power law is never better than the rectified law that contains it", () => {
  for (let seed = 0; seed < 5; seed++) {
    const { sizes, losses } = pointsOfLaw(LAWS.plain, {
      ...{ rungs: 8, seeds: 2, scatter: 0.05 },
      random: randomFromSeed(seed),
    });
    const fit = lawFitter(sizes);
    const [rectified, power] = (["rectified", "power"] as const).map(
      (kind) => fit(losses, { kind, huber: 0.05 }).cost,
    ) as [number, number];
    assert.ok(rectified <= power * (1 + 1e-9));
  }
});

test("one wild run in thirty hardly moves the law", () => {
  const points = pointsOfLaw(LAWS.bent, { rungs: 10, seeds: 3, scatter: 0.01, random: randomFromSeed(3) });
  const spoilt = points.losses.map((loss, i) => (i === 20 ? 3 * loss : loss));
  const at = 200 * 2 ** 11;
  const [clean, wild] = [points.losses, spoilt].map((losses) =>
    lossAt(fitPoints({ sizes: points.sizes, losses }, "rectified").law, at),
  ) as [number, number];
  assert.ok(Math.abs(Math.log(wild / clean)) < 0.03, String(Math.log(wild / clean)));
});

test("the size for a loss is the inverse of the loss at a size; below the floor there is none", () => {
  for (const law of Object.values(LAWS)) {
    for (const size of [300, 1e5, 1e7]) assert.ok(Math.abs(sizeAt(law, lossAt(law, size)) / size - 1) < 1e-6);
    assert.equal(sizeAt(law, law.floor), Number.POSITIVE_INFINITY);
  }
  // At the knee half of what data can bring has been brought.
  const { bent } = LAWS;
  const half = bent.amplitude / bent.learnt / 2 + bent.floor;
  assert.ok(Math.abs(lossAt(bent, kneeOf(bent)) - half) < 1e-9);
});
