import { concatRows, type Table, takeRows } from "../../../src/data/table.ts";
import type { ShadowRun, Shadows } from "../../../src/metrics/metric.ts";
import { type Random, randomFromSeed } from "../../../src/random.ts";

/** Shadow models of a made-up procedure: `give` makes a synthetic table of the rows that a half holds.
 * @param real the first `targets` rows are attacked */
export function shadowsOf(
  real: Table,
  give: (half: Table, random: Random) => Table,
  options: { readonly runs: number; readonly targets: number; readonly seed: number },
): Shadows {
  const { targets } = options;
  const random = randomFromSeed(options.seed).split("shadows");
  const runs: ShadowRun[] = [];
  for (let pair = 0; pair < options.runs / 2; pair++) {
    const first = Uint8Array.from({ length: targets }, () => random.integer(2));
    const rest = random.shuffle(Uint32Array.from({ length: real.rows - targets }, (_, i) => targets + i));
    for (const half of [1, 0]) {
      const member = first.map((x) => (x === half ? 1 : 0));
      const others = half ? rest.subarray(0, rest.length >> 1) : rest.subarray(rest.length >> 1);
      const rows = [...member.keys()].filter((i) => member[i] === 1);
      const held = concatRows([takeRows(real, Uint32Array.from(rows)), takeRows(real, Uint32Array.from(others))]);
      runs.push({ member, synthetic: give(held, random.split(runs.length)) });
    }
  }
  const chosen = Uint32Array.from({ length: targets }, (_, i) => i);
  return { targets: takeRows(real, chosen), runs };
}
