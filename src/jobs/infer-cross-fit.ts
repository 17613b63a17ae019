import { type Column, columnOf, isMissing, lengthOf, selectColumns, takeRows } from "../data/table.ts";
import { threadExecutor } from "../executors/threads.ts";
import { crossFit } from "../hybrid/cross-fit.ts";
import type { CrossFitted } from "../hybrid/estimation/cross-fitted.ts";
import type { PairedSample } from "../hybrid/estimation/sample.ts";
import { takeMatrixRows } from "../hybrid/formula/design.ts";
import type { Random } from "../random.ts";
import type { collecting } from "./events.ts";
import type { InferOptions } from "./infer-options.ts";
import type { LaidSample } from "./infer-sample.ts";
import { apartFrom, quoted, type Units } from "./infer-units.ts";

/** The source that stands for the models of the labelled rows themselves. */
export const CROSS_FITTED = "cross-fitted trees";

const FEWEST_TO_LEARN = 25;

/** A sample with one more source: what models of the labels predict, each of units that it did not see. The sample as it is, told, where there
 * are too few labels to learn from or nothing to predict. */
export async function withCrossFit(
  laid: LaidSample,
  units: Units,
  of: { readonly options: InferOptions; readonly random: Random; readonly events: ReturnType<typeof collecting> },
): Promise<{ readonly sample: PairedSample; readonly crossFitted?: CrossFitted | undefined }> {
  const { sample, rows } = laid;
  const { options, events } = of;
  const { kind } = units.outcome.family;
  const apart = apartFrom(units.outcome, { ...options, strata: undefined });
  const names = units.table.columns.map(({ name }) => name).filter((name) => !apart.includes(name));
  const n = sample.labelled.length;
  if (n < FEWEST_TO_LEARN || sample.units === n || sample.units > rows.length) {
    events.notice(
      n < FEWEST_TO_LEARN
        ? `${n} labels are too few to learn a model from (${FEWEST_TO_LEARN} at least), so unlabelled rows are not used.`
        : "There are no unlabelled rows of the table itself, so no model of the labels is made.",
    );
    return { sample };
  }
  events.phase?.("cross-fit", `5 models of ${n} labels`);
  const executor = threadExecutor(options.threads);
  try {
    const kept = selectColumns(units.table, names);
    const all = rows.length === kept.rows ? kept : takeRows(kept, rows);
    const learnt = names.filter((name) => isOnBothSides(columnOf(all, name), sample.labelled));
    if (learnt.length < names.length)
      events.notice(
        `Models do not learn from ${quoted(
          names.filter((name) => !learnt.includes(name)),
          "and",
        )}: empty in every labelled row, or in every unlabelled one.`,
      );
    const fit = await crossFit(selectColumns(all, learnt), {
      labelled: sample.labelled,
      outcome: sample.real.outcome,
      chance: units.outcome.labels !== null,
      average: kind !== "quantile",
      random: of.random.split("cross-fit"),
      executor,
      signal: options.signal,
    });
    if (!fit) {
      events.notice("No column is left to predict the outcome from, so unlabelled rows are not used.");
      return { sample };
    }
    const from = `${fit.predictors.length} column${fit.predictors.length === 1 ? "" : "s"}`;
    events.notice(
      options.crossFit
        ? `Boosted trees, each fitted without a fifth of the labels, predict every unit from ${from}.`
        : `No predictions were given for the unlabelled rows: boosted trees, each fitted without a fifth of the labels, predict them from ${from}.`,
    );
    const design = takeMatrixRows(units.matrix, sample.width, rows);
    const outcome = kind === "poisson" ? fit.predictions.map((value) => Math.max(0, value)) : fit.predictions;
    return {
      sample: { ...sample, sources: [...sample.sources, { name: CROSS_FITTED, kind: "proxy", design, outcome }] },
      // Of each unit there is one prediction, by a model that may speak of it.
      crossFitted: { design, predictions: [outcome], foldOf: new Int32Array(n) },
    };
  } finally {
    await executor.close();
  }
}

/** Whether some labelled and some unlabelled units have a value. What only labelled ones have tells models who was labelled: they would predict
 * one kind of unit in another way than the other, and their difference would no longer be luck. */
function isOnBothSides(column: Column, labelled: Uint32Array): boolean {
  const rows = lengthOf(column);
  let [inside, outside] = [false, false];
  for (let unit = 0, i = 0; unit < rows && !(inside && outside); unit++) {
    const isLabelled = labelled[i] === unit;
    if (isLabelled) i++;
    if (isMissing(column, unit)) continue;
    if (isLabelled) inside = true;
    else outside = true;
  }
  return inside && outside;
}
