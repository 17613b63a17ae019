import assert from "node:assert/strict";
import { test } from "node:test";
import { concatRows, type Table, takeRows } from "../../../src/data/table.ts";
import { localExecutor } from "../../../src/executors/local.ts";
import { areaUnderCurve } from "../../../src/math/ranking.ts";
import { localNeighbourhood } from "../../../src/metrics/privacy/local-neighbourhood.ts";
import { encodeMixed, fitMixedCodec } from "../../../src/metrics/privacy/mixed-table.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { slowDistance } from "../../learners/neighbours/random-rows.ts";
import { people, schemaFor } from "../world.ts";

const executor = localExecutor();
const fresh = (label: string, rows: number): Table => people(randomFromSeed(31).split(label), rows);

test("the share is that of a sort by distance, and a larger side is thinned to the smaller", async () => {
  const [synthetic, reference, targets] = [fresh("synthetic", 60), fresh("reference", 60), fresh("targets", 40)];
  const codec = fitMixedCodec([reference, targets], schemaFor(reference));
  const options = { codec, most: 4000, random: randomFromSeed(1), executor };
  const queries = encodeMixed([targets], codec);
  const pool = encodeMixed([synthetic, reference], codec);
  const got = await localNeighbourhood(queries, { synthetic, reference }, options);
  for (let row = 0; row < targets.rows; row++) {
    const distances = Array.from({ length: 120 }, (_, i) => slowDistance(pool, i, { rows: queries, row }));
    const last = [...distances].sort((a, b) => a - b)[19] as number;
    const among = (wanted: (distance: number) => boolean, rows: readonly number[]): number =>
      rows.filter((i) => wanted(distances[i] as number)).length;
    const [released, all] = [[...Array(60).keys()], [...Array(120).keys()]];
    const places = 20 - among((d) => d < last, all);
    const tied = among((d) => d === last, released) / among((d) => d === last, all);
    const want = (among((d) => d < last, released) + places * tied) / 20;
    assert.ok(Math.abs((got[row] as number) - want) < 1e-12, `target ${row}: ${got[row]} against ${want}`);
  }
  // Ten times as many synthetic rows of the same people, and the share is a half still: 800 targets, shares of 20 places, standard error under .01.
  const many = await localNeighbourhood(
    encodeMixed([fresh("more targets", 800)], codec),
    { synthetic: fresh("many", 4000), reference: fresh("few", 400) },
    options,
  );
  const mean = many.reduce((sum, share) => sum + share, 0) / many.length;
  assert.ok(Math.abs(mean - 0.5) < 0.04, `mean share ${mean}`);
});

test("a table that is dense around its members gives them away, one without members does not", async () => {
  // 30 rows, every number moved a little, around each of 40 members, among 1,200 honest rows.
  const [members, others] = [fresh("members", 40), fresh("others", 40)];
  const reference = fresh("reference", 2400);
  const codec = fitMixedCodec([reference, members, others], schemaFor(reference));
  const around = (of: Table): Table => {
    const random = randomFromSeed(8);
    const rows = takeRows(
      of,
      Uint32Array.from({ length: 1200 }, (_, i) => i % 40),
    );
    return {
      ...rows,
      columns: rows.columns.map((column) =>
        column.type === "text"
          ? column
          : { ...column, values: column.values.map((value) => value * (1 + 0.05 * random.normal())) },
      ),
    };
  };
  const queries = encodeMixed([members, others], codec);
  const areaFor = async (dense: Table): Promise<number> => {
    const synthetic = concatRows([fresh("synthetic", 1200), around(dense)]);
    const options = { codec, most: 4000, random: randomFromSeed(2), executor };
    const shares = await localNeighbourhood(queries, { synthetic, reference }, options);
    return areaUnderCurve(
      shares,
      Uint8Array.from({ length: 80 }, (_, i) => (i < 40 ? 1 : 0)),
    );
  };
  assert.ok((await areaFor(members)) > 0.95);
  // 40 against 40: the area's standard error is .065; beyond .3 or .7 once in 500 seeds.
  const honest = await areaFor(fresh("somebody else", 40));
  assert.ok(honest > 0.3 && honest < 0.7, `${honest}`);
});
