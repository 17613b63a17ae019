import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { inferSample } from "../../src/hybrid/estimation/infer-sample.ts";
import { linkOf } from "../../src/hybrid/estimation/link.ts";
import { predictionPowered } from "../../src/hybrid/estimation/ppi-plus-plus.ts";
import type { Family, PairedSample } from "../../src/hybrid/estimation/sample.ts";
import { randomFromSeed } from "../../src/random.ts";
import type { HybridPart } from "../hybrid.ts";
import { printTable } from "../measure.ts";
import { pythonOf } from "../peers/environment.ts";

const FAMILIES = ["mean", "ols", "logistic"] as const;
type Timed = (typeof FAMILIES)[number];

/** PPI++ intervals by ours and by ppi_py from the same arrays, the best of some calls in a warm process each; then the whole of an inference with
 * 1 M unlabelled rows. Flags: --repeats=5 --labelled=2000 --unlabelled=1000000 */
export const inferenceSpeed: HybridPart = async ({ quick, json, flag }) => {
  const repeats = Number(flag("repeats") ?? (quick ? 2 : 5));
  const n = Number(flag("labelled") ?? 2000);
  const N = Number(flag("unlabelled") ?? (quick ? 50_000 : 1_000_000));
  const drawn = draw(n, N);
  const peer = askPeer(drawn, repeats);
  const rows = FAMILIES.map((kind) => {
    const { seconds, low, high } = timeOurs(drawn, kind, repeats);
    const theirs = "missing" in peer ? null : peer.times[kind];
    return {
      "PPI++": kind,
      labelled: n,
      unlabelled: N,
      "ours, ms": (seconds * 1000).toFixed(1),
      "ppi_py, ms": theirs ? (theirs.seconds * 1000).toFixed(1) : "missing" in peer ? peer.missing : "",
      "times as fast": theirs ? (theirs.seconds / seconds).toFixed(1) : "",
      "ends differ by": theirs ? largestGap([...low, ...high], [...theirs.low, ...theirs.high]).toExponential(1) : "",
    };
  });
  printTable(rows, json);
  const whole = FAMILIES.map((kind) => {
    const started = performance.now();
    inferSample(sampleOf(drawn, kind), familyOf(kind));
    return { inferSample: kind, units: n + N, seconds: ((performance.now() - started) / 1000).toFixed(2), bar: 5 };
  });
  printTable(whole, json);
};

interface Drawn {
  readonly n: number;
  readonly N: number;
  readonly X: Float64Array;
  readonly Xu: Float64Array;
  readonly outcomes: Readonly<Record<"ols" | "logistic", Readonly<Record<"y" | "yhat" | "yhatu", Float64Array>>>>;
}

const WIDTH = 3;

function draw(n: number, N: number): Drawn {
  const random = randomFromSeed(1);
  const design = (rows: number): Float64Array =>
    Float64Array.from({ length: rows * WIDTH }, (_, at) => (at % WIDTH === 0 ? 1 : random.normal()));
  const X = design(n);
  const Xu = design(N);
  const linear = (rows: Float64Array): Float64Array =>
    Float64Array.from(
      { length: rows.length / WIDTH },
      (_, i) => 0.3 + 0.8 * (rows[i * WIDTH + 1] as number) - 0.5 * (rows[i * WIDTH + 2] as number) + random.normal(),
    );
  const noisy = (values: Float64Array): Float64Array => values.map((value) => 0.2 + value + 0.6 * random.normal());
  const classes = (values: Float64Array): Float64Array => values.map((value) => (value > 0 ? 1 : 0));
  const y = linear(X);
  const yhat = noisy(y);
  const yhatu = noisy(linear(Xu));
  return {
    n,
    N,
    X,
    Xu,
    outcomes: { ols: { y, yhat, yhatu }, logistic: { y: classes(y), yhat: classes(yhat), yhatu: classes(yhatu) } },
  };
}

function timeOurs({ n, N, X, Xu, outcomes }: Drawn, kind: Timed, repeats: number) {
  const { y, yhat, yhatu } = outcomes[kind === "logistic" ? "logistic" : "ols"];
  const width = kind === "mean" ? 1 : WIDTH;
  const rows = (design: Float64Array, outcome: Float64Array) => ({ design, outcome, width });
  const ones = (count: number): Float64Array => new Float64Array(count).fill(1);
  const here = kind === "mean" ? ones(n) : X;
  const predictions = {
    terms: ["a", "b", "c"].slice(0, width),
    link: linkOf(familyOf(kind)) ?? ("identity" as const),
    isMean: kind === "mean",
    real: rows(here, y),
    predicted: rows(here, yhat),
    unlabelled: rows(kind === "mean" ? ones(N) : Xu, yhatu),
  };
  let seconds = Number.POSITIVE_INFINITY;
  let low: number[] = [];
  let high: number[] = [];
  for (let repeat = 0; repeat < repeats + 2; repeat++) {
    const started = performance.now();
    const found = predictionPowered(predictions, { method: "ppi-plus-plus", level: 0.9 });
    const took = (performance.now() - started) / 1000;
    if (!("terms" in found)) throw new Error(found.notComputable);
    low = found.terms.map((term) => term.low);
    high = found.terms.map((term) => term.high);
    // The first two calls are compiled as they run, as those of numba are.
    if (repeat >= 2) seconds = Math.min(seconds, took);
  }
  return { seconds, low, high };
}

function sampleOf({ n, N, X, Xu, outcomes }: Drawn, kind: Timed): PairedSample {
  const { y, yhat, yhatu } = outcomes[kind === "logistic" ? "logistic" : "ols"];
  const width = kind === "mean" ? 1 : WIDTH;
  const joined = (a: Float64Array, b: Float64Array): Float64Array => {
    const out = new Float64Array(a.length + b.length);
    out.set(a);
    out.set(b, a.length);
    return out;
  };
  const design = kind === "mean" ? new Float64Array(n + N).fill(1) : joined(X, Xu);
  return {
    units: n + N,
    width,
    terms: ["(intercept)", "b", "c"].slice(0, width),
    labelled: Uint32Array.from({ length: n }, (_, i) => i),
    real: { design: design.slice(0, n * width), outcome: y },
    sources: [{ name: "proxy", kind: "proxy", design, outcome: joined(yhat, yhatu) }],
  };
}

function familyOf(kind: Timed): Family {
  return { kind };
}

type Times = Readonly<
  Record<Timed, { readonly seconds: number; readonly low: readonly number[]; readonly high: readonly number[] }>
>;

function askPeer(drawn: Drawn, repeats: number): { readonly times: Times } | { readonly missing: string } {
  const environment = pythonOf("ppi");
  if ("missing" in environment) return environment;
  const folder = mkdtempSync(join(tmpdir(), "counterfoil-ppi-"));
  const write = (name: string, values: Float64Array): void =>
    writeFileSync(join(folder, `${name}.f64`), new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  write("X", drawn.X);
  write("Xu", drawn.Xu);
  for (const [kind, parts] of Object.entries(drawn.outcomes))
    for (const [name, values] of Object.entries(parts)) write(`${name}-${kind}`, values);
  writeFileSync(join(folder, "shape.json"), JSON.stringify({ n: drawn.n, N: drawn.N, p: WIDTH }));
  const { OPENBLAS_CORETYPE: _type, OPENBLAS_L2_SIZE: _size, ...env } = process.env; // numpy knows best what this processor can do
  const child = spawnSync(
    environment.python,
    [resolve("bench", "peers", "hybrid", "run_ppi.py"), folder, String(repeats)],
    { encoding: "utf8", env },
  );
  rmSync(folder, { recursive: true, force: true });
  if (child.status !== 0) return { missing: `crashed: ${child.stderr.trim().split("\n").at(-1)?.slice(0, 120)}` };
  return { times: JSON.parse(child.stdout.trim().split("\n").at(-1) as string) as Times };
}

function largestGap(a: readonly number[], b: readonly number[]): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);
}
