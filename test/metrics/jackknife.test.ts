import assert from "node:assert/strict";
import { test } from "node:test";
import { GROUPS, groupStarts, intervalOf } from "../../src/metrics/jackknife.ts";
import { randomFromSeed } from "../../src/random.ts";

test("the interval of a mean is the textbook one, on average", () => {
  const random = randomFromSeed(4);
  let covered = 0;
  const repeats = 400;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const starts = groupStarts(210);
    const sums = new Float64Array(GROUPS + 1);
    const sizes = new Float64Array(GROUPS + 1);
    for (let g = 0; g < GROUPS; g++)
      for (let i = starts[g] as number; i < (starts[g + 1] as number); i++) {
        const x = random.normal();
        for (let r = 0; r <= GROUPS; r++)
          if (r !== g + 1) {
            sums[r] = (sums[r] as number) + x;
            sizes[r] = (sizes[r] as number) + 1;
          }
      }
    const { low, high } = intervalOf(
      sums.map((sum, r) => sum / (sizes[r] as number)),
      0.95,
    );
    if (low <= 0 && high >= 0) covered++;
  }
  // 95 % of 400 is 380, standard deviation 4.4; the bounds lie 4 of them away.
  assert.ok(covered >= 362 && covered <= 397, `covered ${covered} of ${repeats}`);
});
