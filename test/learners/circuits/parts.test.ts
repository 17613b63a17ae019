import assert from "node:assert/strict";
import { test } from "node:test";
import { aliasTables } from "../../../src/learners/circuits/alias-tables.ts";
import { chowLiuTree, mutualInformation } from "../../../src/learners/circuits/chow-liu.ts";
import { circuitMessages } from "../../../src/learners/circuits/circuit-messages.ts";
import { type CodeGroups, groupCodes } from "../../../src/learners/circuits/code-groups.ts";
import { forkTree, smoothedChances, smoothingRoom } from "../../../src/learners/circuits/smoothed-chances.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { cellsOf } from "./tiny-domain.ts";

const random = randomFromSeed(1);

test("an alias table holds exactly the chances that it was made from, and none where there was none", () => {
  for (let trial = 0; trial < 200; trial++) {
    const outcomes = 1 + random.integer(9);
    const weights = Float64Array.from({ length: 3 * outcomes }, () => (random.integer(3) === 0 ? 0 : random.uniform()));
    for (let s = 0; s < 3; s++) weights[s * outcomes + random.integer(outcomes)] = 0.5;
    const { keep, other } = aliasTables(weights, outcomes);
    for (let s = 0; s < 3; s++) {
      const own = weights.subarray(s * outcomes, (s + 1) * outcomes);
      const total = own.reduce((sum, weight) => sum + weight, 0);
      const found = new Float64Array(outcomes);
      for (let i = 0; i < outcomes; i++) {
        const at = s * outcomes + i;
        found[i]! += keep[at]! / outcomes;
        found[other[at]!]! += (1 - keep[at]!) / outcomes;
      }
      for (let i = 0; i < outcomes; i++) {
        assert.ok(Math.abs(found[i]! - own[i]! / total) < 1e-12);
        if (own[i] === 0) assert.equal(found[i], 0);
      }
    }
  }
});

test("the Chow-Liu tree has the most mutual information of all trees over five columns", () => {
  for (let trial = 0; trial < 20; trial++) {
    const columns: Uint8Array[] = [];
    for (let j = 0; j < 5; j++) {
      const from = j > 0 ? columns[random.integer(j)] : undefined;
      columns.push(
        Uint8Array.from({ length: 400 }, (_, i) => (from && random.uniform() < 0.5 ? from[i]! : random.integer(4))),
      );
    }
    const levels = [4, 4, 4, 4, 4];
    const information = mutualInformation(columns, levels);
    const { order, parent } = chowLiuTree(columns, levels);
    let found = 0;
    const placed = new Set<number>();
    for (const j of order) {
      if (placed.size > 0) {
        assert.ok(placed.has(parent[j]!));
        found += information[j * 5 + parent[j]!]!;
      } else assert.equal(parent[j], -1);
      placed.add(j);
    }
    // Every tree over five columns has a Prüfer code of three.
    let best = Number.NEGATIVE_INFINITY;
    for (const code of cellsOf([5, 5, 5])) {
      const degree = [1, 1, 1, 1, 1];
      for (const j of code) degree[j]!++;
      let sum = 0;
      for (const j of code) {
        const leaf = degree.indexOf(1);
        sum += information[leaf * 5 + j]!;
        degree[leaf]!--;
        degree[j]!--;
      }
      const [a, b] = [degree.indexOf(1), degree.lastIndexOf(1)];
      best = Math.max(best, sum + information[a * 5 + b]!);
    }
    assert.ok(Math.abs(found - best) < 1e-9, `${found} against ${best}`);
  }
});

test("mutual information is that of the definition, less the chance part", () => {
  const a = Uint8Array.from({ length: 300 }, () => random.integer(3));
  const b = a.map((code) => (random.uniform() < 0.6 ? code : random.integer(3)));
  const joint = new Float64Array(9);
  a.forEach((code, i) => {
    joint[code * 3 + b[i]!]! += 1 / 300;
  });
  let wanted = (-2 * 2) / 600;
  for (let x = 0; x < 3; x++)
    for (let y = 0; y < 3; y++) {
      const left = joint[x * 3]! + joint[x * 3 + 1]! + joint[x * 3 + 2]!;
      const right = joint[y]! + joint[3 + y]! + joint[6 + y]!;
      const both = joint[x * 3 + y]!;
      if (both > 0) wanted += both * Math.log(both / (left * right));
    }
  assert.ok(Math.abs(mutualInformation([a, b], [3, 3])[1]! - wanted) < 1e-12);
});

test("messages give the chance of each state, and of each pair along the tree, given the row", () => {
  const H = 8;
  const tree = { order: Int32Array.of(1, 0, 2, 3), parent: Int32Array.of(1, -1, 1, 2) };
  const messages = circuitMessages({ tree, states: H, groups: [3, 3, 3, 3], batch: 4 });
  const draw = (table: Float32Array | undefined, rows: number): void => {
    if (!table) return;
    for (let h = 0; h < H; h++) {
      const weights = Array.from({ length: rows }, () => 0.05 + random.uniform());
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      weights.forEach((weight, g) => {
        table[g * H + h] = weight / total;
      });
    }
  };
  messages.emissions.forEach(({ view }) => {
    draw(view, 3);
  });
  messages.prior.view.fill(1 / H);
  messages.up.forEach((placed, j) => {
    draw(placed?.view, H);
    const down = messages.down[j]?.view;
    if (placed && down)
      for (let c = 0; c < H; c++) for (let p = 0; p < H; p++) down[p * H + c] = placed.view[c * H + p]!;
  });
  const row = [2, 0, 1, 2];
  row.forEach((group, j) => {
    messages.codes[j]!.view.fill(group);
  });
  const logs = new Float64Array(4);
  messages.upward(1, logs);
  const moves = new Map<number, Float32Array>();
  messages.downward(1, (j, placed) =>
    moves.set(
      j,
      placed.view.map((value, at) => value * messages.up[j]!.view[at]!),
    ),
  );
  let total = 0;
  const pairs = row.map(() => new Float64Array(H * H));
  for (const states of cellsOf([H, H, H, H])) {
    const chance = row.reduce((product, group, j) => {
      const parent = tree.parent[j]!;
      const move = parent < 0 ? 1 / H : messages.up[j]!.view[states[j]! * H + states[parent]!]!;
      return product * move * messages.emissions[j]!.view[group * H + states[j]!]!;
    }, 1);
    total += chance;
    for (const j of [0, 2, 3]) pairs[j]![states[j]! * H + states[tree.parent[j]!]!]! += chance;
  }
  assert.ok(Math.abs(logs[0]! - Math.log(total)) < 1e-5);
  for (const j of [0, 2, 3]) {
    for (let at = 0; at < H * H; at++) assert.ok(Math.abs(moves.get(j)![at]! - pairs[j]![at]! / total) < 1e-6);
    for (let h = 0; h < H; h++) {
      const own = pairs[j]!.subarray(h * H, (h + 1) * H).reduce((sum, chance) => sum + chance, 0) / total;
      assert.ok(Math.abs(messages.beliefs[j]!.view[h]! - own) < 1e-6);
    }
  }
});

test("groups keep the order, leave spikes and missing codes alone, and hold all of a column's mass", () => {
  const n = 10_000;
  const codes = Uint8Array.from({ length: n }, () =>
    random.uniform() < 0.2 ? 100 : random.uniform() < 0.1 ? 0 : 1 + random.integer(250),
  );
  const [groups] = groupCodes({ rows: n, codes: [codes], levels: [252], ordered: [true], missing: [1] }, 16);
  const { groupOf, share, mass } = groups as CodeGroups;
  assert.ok(mass.length >= 12 && mass.length <= 20, `${mass.length} groups`);
  const members = (group: number): number => groupOf.filter((own) => own === group).length;
  assert.equal(members(groupOf[0]!), 1);
  assert.equal(members(groupOf[100]!), 1);
  assert.equal(groupOf[251], -1);
  for (let code = 1; code < 251; code++) assert.ok(groupOf[code]! >= groupOf[code - 1]!);
  assert.ok(Math.abs(mass.reduce((sum, one) => sum + one, 0) - 1) < 1e-12);
  for (let code = 0; code < 252; code++) {
    const count = codes.filter((own) => own === code).length;
    const chance = count === 0 ? 0 : mass[groupOf[code]!]! * share[code]!;
    assert.ok(Math.abs(chance - count / n) < 1e-3);
  }
});

test("smoothed chances sum to one, are the counts' shares without smoothing, and the table's under much of it", () => {
  const G = 9;
  const mass = Float64Array.from({ length: G }, () => 0.1 + random.uniform());
  const total = mass.reduce((sum, one) => sum + one, 0);
  const groups: CodeGroups = {
    groupOf: new Int32Array(0),
    share: new Float64Array(0),
    mass: mass.map((one) => one / total),
  };
  const counts = Float32Array.from({ length: 4 * G }, () => random.uniform());
  const room = smoothingRoom(G, 4);
  for (const forks of [undefined, forkTree(groups, { ordered: true, alone: 2 })])
    for (const [strength, thinning] of [
      [1e-9, 1],
      [1e9, 0],
      [3, 1],
      [3, 0.5],
    ] as const) {
      const chances = new Float32Array(4 * G);
      smoothedChances(
        { counts, chances, at: 0, width: 4, unit: 1 },
        { groups, forks, smoothing: { strength, thinning }, room },
      );
      for (let k = 0; k < 4; k++) {
        const column = (table: Float32Array): number[] => Array.from({ length: G }, (_, g) => table[g * 4 + k]!);
        const own = column(chances);
        const held = column(counts).reduce((sum, count) => sum + count, 0);
        assert.ok(Math.abs(own.reduce((sum, chance) => sum + chance, 0) - 1) < 1e-5);
        own.forEach((chance, g) => {
          const count = counts[g * 4 + k]!;
          const share = groups.mass[g]!;
          if (strength < 1e-6) assert.ok(Math.abs(chance - count / held) < 1e-5);
          if (strength > 1e6) assert.ok(Math.abs(chance - share) < 1e-5);
          // A Pólya tree of thinning 1 is the Dirichlet prior.
          if (strength === 3 && thinning === 1) assert.ok(Math.abs(chance - (count + 3 * share) / (held + 3)) < 1e-5);
        });
      }
    }
});
