import assert from "node:assert/strict";
import { type CodeEvidence, type CodeRows, noEvidence } from "../../../src/learners/code-rows.ts";
import { type Random, type RandomKey, randomFromSeed } from "../../../src/random.ts";

/** What both learners of this folder export. */
export interface Learner<Model> {
  readonly draw: (data: {
    readonly model: Model;
    readonly rows: number;
    readonly evidence: CodeEvidence;
    readonly key: RandomKey;
  }) => Uint8Array[];
  readonly logEvidence: (data: {
    readonly model: Model;
    readonly rows: number;
    readonly evidence: CodeEvidence;
  }) => Float64Array;
}

/** Rows whose columns depend on a hidden class: a has 2 codes and may be missing, b has 3, c has 7 in order, of which one never occurs. */
export function tinyRows(rows: number, seed: number): CodeRows {
  const random = randomFromSeed(seed);
  const codes = [0, 1, 2].map(() => new Uint8Array(rows));
  for (let i = 0; i < rows; i++) {
    const hidden = random.integer(2);
    codes[0]![i] = random.uniform() < 0.1 ? 0 : 1 + (random.uniform() < 0.2 ? 1 - hidden : hidden);
    codes[1]![i] = random.uniform() < 0.3 ? random.integer(3) : hidden * 2;
    codes[2]![i] = [0, 1, 2, 3, 5, 6][Math.min(5, hidden * 2 + random.integer(4))]!;
  }
  return { rows, codes, levels: [3, 3, 7], ordered: [false, false, true], missing: [1, 0, 0] };
}

export function cellsOf(levels: readonly number[]): number[][] {
  return levels.reduce<number[][]>(
    (cells, count) => cells.flatMap((cell) => Array.from({ length: count }, (_, code) => [...cell, code])),
    [[]],
  );
}

/** Known cells of rows; −1: not known. */
export function givenRows(rows: readonly (readonly number[])[]): CodeEvidence {
  const columns = rows[0]!.map((_, j) => j);
  return {
    weights: [],
    given: {
      codes: columns.map((j) => Uint8Array.from(rows, (row) => Math.max(0, row[j]!))),
      known: columns.map((j) => Uint8Array.from(rows, (row) => (row[j]! < 0 ? 0 : 1))),
    },
  };
}

/** The laws of a learner of whole rows, by enumeration of every cell of a tiny domain. */
export function checkLearner<Model>(
  model: Model,
  { draw, logEvidence }: Learner<Model>,
  levels: readonly number[],
  tolerance: number,
): void {
  const cells = cellsOf(levels);
  const chances = logEvidence({ model, rows: cells.length, evidence: givenRows(cells) }).map(Math.exp);
  const total = chances.reduce((sum, chance) => sum + chance, 0);
  assert.ok(Math.abs(total - 1) < tolerance, `the chances of all cells sum to ${total}`);
  const sumOver = (weight: (cell: readonly number[]) => number): number =>
    cells.reduce((sum, cell, i) => sum + chances[i]! * weight(cell), 0);
  const close = (found: number, wanted: number, what: string): void =>
    assert.ok(Math.abs(Math.exp(found) - wanted) < tolerance, `${what}: ${Math.exp(found)}, not ${wanted}`);

  assert.deepEqual([...logEvidence({ model, rows: 2, evidence: noEvidence })], [0, 0]);
  const partial = cellsOf(levels.map((count) => count + 1)).map((cell) => cell.map((code) => code - 1));
  const marginals = logEvidence({ model, rows: partial.length, evidence: givenRows(partial) });
  partial.forEach((row, i) => {
    close(
      marginals[i]!,
      sumOver((cell) => (row.every((code, j) => code < 0 || code === cell[j]) ? 1 : 0)),
      `${row}`,
    );
  });

  const weights = [undefined, Float64Array.of(0.5, 0, 1), Float64Array.of(1, 1, 0.25, 0, 1, 0, 0)];
  const asked = (cell: readonly number[]): number => weights.reduce((w, own, j) => w * (own ? own[cell[j]!]! : 1), 1);
  close(logEvidence({ model, rows: 1, evidence: { weights } })[0]!, sumOver(asked), "weights");
  const both = { weights, given: givenRows([[-1, 1, -1]]).given };
  close(
    logEvidence({ model, rows: 1, evidence: both })[0]!,
    sumOver((cell) => (cell[1] === 1 ? weights[2]![cell[2]!]! : 0)),
    "weights and a known cell that they forbid",
  );
  const never = { weights: [Float64Array.of(0, 0, 0), undefined, undefined] };
  assert.equal(logEvidence({ model, rows: 1, evidence: never })[0], Number.NEGATIVE_INFINITY);

  const n = 60_000;
  const key = randomFromSeed(11).key;
  const check = (evidence: CodeEvidence, weight: (cell: readonly number[]) => number, what: string): void => {
    const drawn = draw({ model, rows: n, evidence, key });
    const counts = new Map<string, number>();
    for (let i = 0; i < n; i++) {
      const cell = drawn.map((column) => column[i]).join();
      counts.set(cell, (counts.get(cell) ?? 0) + 1);
    }
    const mass = sumOver(weight);
    chiSquare(
      cells.map((cell, i) => [counts.get(cell.join()) ?? 0, (n * chances[i]! * weight(cell)) / mass] as const),
      what,
    );
  };
  check(noEvidence, () => 1, "free rows");
  check({ weights }, asked, "rows under weights");
  const known = givenRows(Array.from({ length: n }, () => [2, -1, -1]));
  check(known, (cell) => (cell[0] === 2 ? 1 : 0), "rows with a known cell");
  check(
    { weights: [undefined, undefined, weights[2]], given: known.given },
    (cell) => (cell[0] === 2 ? weights[2]![cell[2]!]! : 0),
    "rows with a known cell, under weights",
  );
}

/** Counts against expectations: cells expected under 5 times are put together; a false alarm once in a million. */
function chiSquare(cells: readonly (readonly [number, number])[], what: string): void {
  let chi = 0;
  let degrees = -1;
  let rareCount = 0;
  let rareExpected = 0;
  for (const [count, expected] of cells) {
    if (expected === 0) assert.equal(count, 0, `${what}: an impossible cell`);
    if (expected < 5) {
      rareCount += count;
      rareExpected += expected;
      continue;
    }
    chi += (count - expected) ** 2 / expected;
    degrees++;
  }
  if (rareExpected >= 5) {
    chi += (rareCount - rareExpected) ** 2 / rareExpected;
    degrees++;
  }
  assert.ok(degrees >= 1, what);
  // Wilson and Hilferty (1931): the cube root of χ² / degrees is about normal; 4.753 is exceeded once in a million.
  const limit = degrees * (1 - 2 / (9 * degrees) + 4.753 * Math.sqrt(2 / (9 * degrees))) ** 3;
  assert.ok(chi < limit, `${what}: χ² ${chi} of ${degrees} degrees of freedom`);
}

/** Odd tables that every learner must get through. */
export function oddTables(): Record<string, CodeRows> {
  const random: Random = randomFromSeed(5);
  const column = (rows: number, code: () => number): Uint8Array => Uint8Array.from({ length: rows }, code);
  const shape = { levels: [4, 2, 256], ordered: [true, false, false], missing: [1, 1, 0] };
  const some = (rows: number): CodeRows => ({
    rows,
    codes: [
      column(rows, () => 1 + random.integer(3)),
      column(rows, () => random.integer(2)),
      column(rows, () => random.integer(256)),
    ],
    ...shape,
  });
  return {
    "no rows": some(0),
    "one row": some(1),
    "20 rows": some(20),
    "20,000 rows of 256 labels": some(20_000),
    "constant and all-missing columns": {
      rows: 200,
      codes: [column(200, () => 2), column(200, () => 0), column(200, () => random.integer(3))],
      ...shape,
    },
    "one column": {
      rows: 100,
      codes: [column(100, () => random.integer(4))],
      levels: [4],
      ordered: [true],
      missing: [1],
    },
    "no columns": { rows: 3, codes: [], levels: [], ordered: [], missing: [] },
  };
}

/** Draws from an odd table's model, and checks that a code has a chance exactly where it occurs. */
export function checkOdd<Model>(
  model: Model,
  { draw, logEvidence }: Learner<Model>,
  rows: CodeRows,
  what: string,
): void {
  const drawn = draw({ model, rows: 500, evidence: noEvidence, key: randomFromSeed(6).key });
  assert.equal(drawn.length, rows.codes.length);
  rows.codes.forEach((codes, j) => {
    const occurs = new Set(rows.rows > 0 ? codes : [0]);
    for (const code of drawn[j]!) assert.ok(occurs.has(code), `${what}: code ${code} of column ${j}`);
    for (let code = 0; code < rows.levels[j]!; code++) {
      const row = rows.codes.map((_, other) => (other === j ? code : -1));
      const log = logEvidence({ model, rows: 1, evidence: givenRows([row]) })[0]!;
      assert.equal(
        log > Number.NEGATIVE_INFINITY,
        occurs.has(code),
        `${what}: code ${code} of column ${j} has log ${log}`,
      );
    }
  });
}
