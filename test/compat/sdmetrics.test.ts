import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { binAccuracy, binAccuracyMax } from "../../src/compat/mostlyai.ts";
import * as sdmetrics from "../../src/compat/sdmetrics.ts";
import {
  diagnosticReport,
  disclosureProtection,
  keyUniqueness,
  newRowSynthesis,
} from "../../src/compat/sdmetrics-rows.ts";
import { alignTo } from "../../src/data/align.ts";
import { readTable } from "../../src/data/read.ts";
import { columnOf, type Table, takeRows } from "../../src/data/table.ts";

/** Numbers that the peers themselves gave; see test/data/README.md. */
const reference = JSON.parse(readFileSync("test/data/sdmetrics-reference.json", "utf8"));
const peers = JSON.parse(readFileSync("test/data/peer-reference.json", "utf8"));
const close = (got: number, want: number | null, what: string): void => {
  if (want === null) assert.ok(Number.isNaN(got), `${what}: ${got} for nothing`);
  else assert.ok(Math.abs(got - want) < 1e-9, `${what}: ${got} for ${want}`);
};

async function tables(): Promise<{ real: Table; synthetic: Table; types: Map<string, sdmetrics.SdType> }> {
  const real = (await readTable("test/data/student_placements_real.csv")).table;
  const read = (await readTable("test/data/student_placements_synthetic.csv")).table;
  const synthetic = alignTo(read, real, { table: "synthetic", reference: "real" }).table;
  const types = new Map<string, sdmetrics.SdType>();
  for (const name of reference.order as string[]) {
    const { sdtype } = reference.columns[name];
    if (sdtype !== "id") types.set(name, sdtype === "boolean" ? "categorical" : sdtype);
  }
  return { real, synthetic, types };
}

test("every column's numbers are SDMetrics'", async () => {
  const { real, synthetic, types } = await tables();
  for (const [name, type] of types) {
    const want = reference.columns[name];
    const [a, b] = [columnOf(real, name), columnOf(synthetic, name)];
    if (type === "categorical") {
      const [x, y] = [sdmetrics.labels(a), sdmetrics.labels(b)];
      close(sdmetrics.tvComplement(x, y), want.TVComplement, `${name} TVComplement`);
      close(sdmetrics.categoryAdherence(x, y), want.CategoryAdherence, `${name} CategoryAdherence`);
      close(sdmetrics.categoryCoverage(x, y), want.CategoryCoverage, `${name} CategoryCoverage`);
      continue;
    }
    const [x, y] = [sdmetrics.numbers(a), sdmetrics.numbers(b)];
    close(sdmetrics.ksComplement(x, y), want.KSComplement, `${name} KSComplement`);
    close(sdmetrics.boundaryAdherence(x, y), want.BoundaryAdherence, `${name} BoundaryAdherence`);
    close(sdmetrics.rangeCoverage(x, y), want.RangeCoverage, `${name} RangeCoverage`);
    for (const statistic of ["mean", "median", "std"] as const)
      close(
        sdmetrics.statisticSimilarity(x, y, statistic),
        want[`StatisticSimilarity_${statistic}`],
        `${name} ${statistic}`,
      );
    const share = (values: Float64Array): number => values.filter(Number.isNaN).length / values.length;
    close(sdmetrics.missingValueSimilarity(share(x), share(y)), want.MissingValueSimilarity, `${name} missing`);
  }
});

test("every pair's number is SDMetrics', and with shared bins it is the right one", async () => {
  const { real, synthetic, types } = await tables();
  for (const pair of reference.pairs) {
    const two = new Map([pair.c1, pair.c2].map((name: string) => [name, types.get(name) as sdmetrics.SdType]));
    const report = (bins: "own" | "shared") =>
      sdmetrics.qualityReport(real, synthetic, two, { correlation: 0, association: 0, bins }).columnPairTrends;
    close(report("own"), pair.QualityReport_pair_score_thr0, `${pair.c1} × ${pair.c2}`);
    if (
      pair.ContingencySimilarity_sharedbins10 !== undefined &&
      pair.QualityReport_pair_score_thr0 === pair.ContingencySimilarity_sharedbins10
    )
      close(report("own"), pair.ContingencySimilarity_sharedbins10, `${pair.c1} × ${pair.c2} shared`);
    if (pair.CramersV_real !== undefined) {
      const [a, b] = [pair.c1, pair.c2].map((name: string) => sdmetrics.labels(columnOf(real, name))) as [
        string[],
        string[],
      ];
      close(sdmetrics.cramersV(a, b), pair.CramersV_real, `${pair.c1} × ${pair.c2} V`);
    }
  }
});

test("the Quality Report is SDMetrics', with its old and its new thresholds", async () => {
  const { real, synthetic, types } = await tables();
  for (const [want, correlation, association] of [
    [reference.quality, 0, 0],
    [reference.qualityDefault, 0.5, 0.3],
  ]) {
    const got = sdmetrics.qualityReport(real, synthetic, types, { correlation, association, bins: "own" });
    close(got.overall, want.overall, "overall");
    close(got.columnShapes, want.properties["Column Shapes"], "shapes");
    close(got.columnPairTrends, want.properties["Column Pair Trends"], "trends");
    if (want.pairs_meeting) assert.equal(got.pairs, want.pairs_meeting);
  }
});

test("distances to the closest record are SDMetrics'", async () => {
  const { real, synthetic, types } = await tables();
  const part = (from: number, to: number): Table =>
    takeRows(
      real,
      Uint32Array.from({ length: to - from }, (_, i) => from + i),
    );
  const toTrain = sdmetrics.closestRecord(synthetic, part(0, 108), types);
  const toHoldout = sdmetrics.closestRecord(synthetic, part(108, 215), types);
  const sum = (values: Float64Array): number => values.reduce((total, x) => total + x, 0);
  reference.dcr.dcr_to_train_first10.forEach((want: number, i: number) => {
    close(toTrain[i] as number, want, `row ${i}`);
  });
  close(sum(toTrain), reference.dcr.dcr_to_train_sum, "train");
  close(sum(toHoldout), reference.dcr.dcr_to_holdout_sum, "holdout");
  close(sdmetrics.overfittingProtection(toTrain, toHoldout), reference.dcr.DCROverfittingProtection, "protection");
});

test("missing, constant, empty and disjoint vectors give what SDMetrics gives", () => {
  for (const { metric, real, syn, expected } of reference.edges) {
    const want = typeof expected === "string" ? null : expected;
    const [x, y] = [real, syn].map((side: (number | null)[]) =>
      Float64Array.from(side, (value) => value ?? Number.NaN),
    ) as [Float64Array, Float64Array];
    const share = (side: unknown[]): number => side.filter((value) => value === null).length / side.length;
    const got: Record<string, () => number> = {
      KSComplement: () => sdmetrics.ksComplement(x, y),
      BoundaryAdherence: () => sdmetrics.boundaryAdherence(x, y),
      RangeCoverage: () => sdmetrics.rangeCoverage(x, y),
      StatisticSimilarity_mean: () => sdmetrics.statisticSimilarity(x, y, "mean"),
      MissingValueSimilarity: () => sdmetrics.missingValueSimilarity(share(real), share(syn)),
      TVComplement: () => sdmetrics.tvComplement(real, syn),
      CategoryAdherence: () => sdmetrics.categoryAdherence(real, syn),
      CategoryCoverage: () => sdmetrics.categoryCoverage(real, syn),
    };
    close((got[metric] as () => number)(), want, `${metric} ${JSON.stringify(real)} ${JSON.stringify(syn)}`);
  }
});

test("the noise ceiling is mostlyai-qa's", () => {
  for (const { ori, syn, accuracy_unrounded, accuracy_max_unrounded } of reference.mostlyai) {
    close(binAccuracy(ori, syn), accuracy_unrounded, "accuracy");
    close(binAccuracyMax(ori, syn), accuracy_max_unrounded, "accuracy_max");
  }
});

test("NewRowSynthesis is SDMetrics', and counts copies, near copies and shared gaps", async () => {
  const { real, synthetic, types } = await tables();
  close(newRowSynthesis(real, synthetic, types), peers.newRowSynthesis.score, "score");
  assert.equal(newRowSynthesis(real, real, types), 0);
  const near = (factor: number): Table => ({
    ...real,
    columns: real.columns.map((column) =>
      column.type === "number" ? { ...column, values: column.values.map((x) => factor * x) } : column,
    ),
  });
  assert.equal(newRowSynthesis(real, near(1.009), types), 0);
  // Only rows without any number but 0 would still match.
  assert.ok(newRowSynthesis(real, near(1.2), types) > 0.99);
});

test("DisclosureProtection is SDMetrics', by all three methods", async () => {
  const { real, synthetic, types } = await tables();
  const { known, sensitive, ...methods } = peers.disclosureProtection;
  for (const method of ["cap", "zero_cap", "generalized_cap"] as const) {
    const got = disclosureProtection(real, synthetic, { known, sensitive, types }, method);
    close(got.score, methods[method].score, method);
    close(got.cap, methods[method].cap_protection, `${method} cap`);
    close(got.baseline, methods[method].baseline_protection, `${method} baseline`);
  }
});

test("the Diagnostic Report is the mean of the columns' validity and of the structure", async () => {
  const { real, synthetic, types } = await tables();
  const columns = Object.entries(reference.columns as Record<string, Record<string, number>>).map(
    ([, want]) => want.BoundaryAdherence ?? want.CategoryAdherence ?? (want.KeyUniqueness as number),
  );
  const got = diagnosticReport(real, synthetic, types, ["student_id"]);
  close(got.dataValidity, columns.reduce((sum, x) => sum + x, 0) / columns.length, "validity");
  close(got.dataStructure, 1, "structure");
  close(got.overall, 1, "overall");
  close(keyUniqueness(["a", "a", null, "b"]), 0.5, "keys");
  const fewer = { ...synthetic, columns: synthetic.columns.slice(1) };
  close(
    diagnosticReport(real, fewer, new Map([...types].slice(1)), []).dataStructure,
    (real.columns.length - 1) / real.columns.length,
    "a column less",
  );
});

test("two columns of thousands of labels are compared without laying out every cell", () => {
  const labels = (shift: number, step: number): string[] =>
    Array.from({ length: 3000 }, (_, i) => `v${(i + shift) * step}`);
  const real = [labels(0, 1), labels(0, 1)] as const;
  close(sdmetrics.contingencySimilarity(real, real), 1, "the same");
  close(sdmetrics.contingencySimilarity(real, [labels(1500, 1), labels(1500, 1)]), 0.5, "half of the labels shared");
  close(sdmetrics.contingencySimilarity(real, [labels(0, 1), labels(1, 1)]), 0, "no cell shared");
  close(sdmetrics.cramersV(...real), 1, "one label gives the other");
});
