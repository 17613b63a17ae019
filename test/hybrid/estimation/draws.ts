import type { PairedSample } from "../../../src/hybrid/estimation/sample.ts";
import type { Random } from "../../../src/random.ts";

/** A linear law with slope 1, a biased proxy that shares .8 of the error and a synthetic row that shares .6; the first n units are labelled. */
export function linearSample(
  random: Random,
  options: {
    readonly units: number;
    readonly labelled: number;
    readonly width?: 1 | 2;
    /** Added to the synthetic outcomes of labelled units. */
    readonly shift?: number;
    readonly sources?: number;
  },
): PairedSample {
  const { units, labelled, width = 2, shift = 0, sources = 2 } = options;
  const design = new Float64Array(units * width).fill(1);
  const syntheticDesign = new Float64Array(units * width).fill(1);
  const proxy = new Float64Array(units);
  const synthetic = new Float64Array(units);
  const outcome = new Float64Array(labelled);
  for (let t = 0; t < units; t++) {
    const x = random.normal();
    const error = random.normal();
    const other = x + 0.3 * random.normal();
    if (width === 2) {
      design[2 * t + 1] = x;
      syntheticDesign[2 * t + 1] = other;
    }
    proxy[t] = 0.8 + 1.2 * x + 0.8 * error + 0.6 * random.normal();
    synthetic[t] = 0.2 + 1.3 * other + 0.6 * error + 0.8 * random.normal() + (t < labelled ? shift : 0);
    if (t < labelled) outcome[t] = 0.5 + x + error;
  }
  return {
    units,
    width,
    terms: ["(intercept)", "x"].slice(0, width),
    labelled: Uint32Array.from({ length: labelled }, (_, i) => i),
    real: { design: design.slice(0, labelled * width), outcome },
    sources: [
      { name: "proxy", kind: "proxy" as const, design, outcome: proxy },
      { name: "synthetic", kind: "synthetic" as const, design: syntheticDesign, outcome: synthetic },
    ].slice(0, sources),
  };
}
