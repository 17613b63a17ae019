import { type RandomKey, randomFrom } from "../../random.ts";
import type { CodeRows } from "../code-rows.ts";
import { groupCodes, groupsAt, insideGroups } from "./code-groups.ts";
import { holdOut } from "./held-out.ts";
import type { MixtureModel } from "./mixture.ts";
import { mixtureEm } from "./mixture-em.ts";

export interface MixtureOptions {
  /** A multiple of 4. */
  readonly components: number;
  /** Most groups that the codes of an ordered column are merged to. */
  readonly groups: number;
  /** Most passes over the training rows. */
  readonly passes: number;
  /** Passes without a better held-out likelihood before it ends. */
  readonly patience: number;
  /** Most rows that are learnt from, drawn at random when there are more. */
  readonly fitRows: number;
}

/** Rows that are learnt from between two changes of the tables. */
const STEP = 512;

/** Nats a row that count as a gain. */
const LEAST_GAIN = 1e-3;

/** Fits a mixture of products by stepwise EM on mini-batches: expected counts decay as newer ones come in, and are smoothed. Ends when
 * held-out rows no longer gain; they choose how much to smooth, and are learnt from in one last step.
 * @source Cappé & Moulines (2009), JRSS B 71(3); Liang & Klein (2009), NAACL */
export function fitMixture(data: {
  readonly rows: CodeRows;
  readonly options: MixtureOptions;
  readonly key: RandomKey;
}): MixtureModel {
  const { rows, options, key } = data;
  const random = randomFrom(key);
  const groups = groupCodes(rows, options.groups);
  const picked = holdOut(rows.rows, options.fitRows, random.split("held-out"));
  const codesOf = (some: Uint32Array): Uint8Array[] =>
    groups.map((column, j) => groupsAt(rows.codes[j] as Uint8Array, column, some));
  const training = codesOf(picked.training);
  const heldOut = codesOf(picked.heldOut);
  const n = picked.training.length;
  const held = picked.heldOut.length;
  const em = mixtureEm({ rows, groups, components: options.components, seen: n });
  em.seed(training, random.split("seed"));
  let passes = 0;
  let likelihood = Number.NEGATIVE_INFINITY;
  let best = em.counts();
  const batches = Math.ceil(n / STEP);
  for (let since = 0; n > 0 && passes < options.passes && since < options.patience; passes++) {
    const order = random.split(passes).shuffle(Uint32Array.from({ length: batches }, (_, b) => b));
    order.forEach((batch, i) => {
      const rate = Math.max((passes * batches + i + 2) ** -0.6, 1 / (batches + 1));
      em.step(training, { from: batch * STEP, to: Math.min(n, (batch + 1) * STEP), rate });
    });
    if (held === 0) continue;
    // Before components differ, no smoothing but the strongest would pay.
    if (passes >= 2) em.chooseSmoothing(heldOut);
    const gained = em.logLikelihood(heldOut) / held;
    since++;
    if (gained > likelihood + LEAST_GAIN) {
      likelihood = gained;
      since = 0;
      best = em.counts();
    }
  }
  if (held > 0) {
    em.restore(best);
    em.accumulate([training, heldOut]);
  }
  return {
    ...em.model(),
    heldOutLogLikelihood: held > 0 ? likelihood + insideGroups(rows, groups, picked.heldOut) : Number.NaN,
    passes,
    smoothing: em.counts().smoothing,
  };
}
