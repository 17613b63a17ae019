import { sharedCopy } from "../executors/executor.ts";
import { cholesky } from "../math/cholesky.ts";
import { type RandomKey, randomFrom } from "../random.ts";
import type { CodeEvidence, CodeRows } from "./code-rows.ts";
import { orderCategories } from "./gaussian-copula/category-order.ts";
import { type ConditionPlan, conditioner, planCondition } from "./gaussian-copula/condition.ts";
import { latentCorrelations } from "./gaussian-copula/correlations.ts";
import { evidenceReader } from "./gaussian-copula/latent-evidence.ts";
import { intervalOf, type Latent, type LatentColumn, makeLatents } from "./gaussian-copula/latents.ts";
import type { GaussianCopulaModel } from "./gaussian-copula/model.ts";

export type { GaussianCopulaModel } from "./gaussian-copula/model.ts";

export interface GaussianCopulaFitOptions {
  /** Most rows that orders of categories and correlations are learned from; marginals are counted over all rows. */
  readonly fitRows: number;
}

export const DEFAULT_GAUSSIAN_COPULA: GaussianCopulaFitOptions = { fitRows: 100_000 };

export interface FittedCopula {
  readonly model: GaussianCopulaModel;
  readonly estimator: "likelihood" | "scores";
  readonly shrinkage: number;
  readonly repair: number;
  readonly fitRows: number;
}

/** Learns a Gaussian copula of codes: each column is a standard normal variable cut into intervals as wide as its codes are frequent, and
 * the variables are correlated. Codes of an ordered column keep their order, those of another are put in one; a column with missing cells
 * has a second variable that says whether (and in which way) the cell is missing, so that missing cells have their own correlations.
 * Marginals are the training rows', exactly.
 * @param data.key names the rows that correlations are learned from
 * @source Sklar (1959); Patki, Wedge & Veeramachaneni (2016), IEEE DSAA (for tables); the parts: `orderCategories`, `latentCorrelations` */
export function fitGaussianCopula(data: {
  readonly rows: CodeRows;
  readonly options: GaussianCopulaFitOptions;
  readonly key: RandomKey;
}): FittedCopula {
  const { rows: table, options, key } = data;
  const counts = table.codes.map((codes, j) => {
    const count = new Float64Array(table.levels[j] as number);
    for (let row = 0; row < table.rows; row++)
      count[codes[row] as number] = (count[codes[row] as number] as number) + 1;
    // Without rows, every code is as good as another.
    return table.rows === 0 ? count.fill(1) : count;
  });
  const some =
    table.rows <= options.fitRows ? table : takeRows(table, randomFrom(key).sample(table.rows, options.fitRows));
  const orders = orderCategories(some, counts);
  const { latents, columns } = makeLatents(counts, orders, table.missing);
  const { matrix, ...how } = latentCorrelations(some, latents, { columns });
  const found = cholesky(matrix, latents.length, { tolerance: 1e-12 }) as { readonly factor: Float64Array };
  return {
    model: {
      latents: latents.map((latent) => ({
        ...latent,
        codes: sharedCopy(latent.codes),
        cuts: sharedCopy(latent.cuts),
        centres: sharedCopy(latent.centres),
      })),
      columns,
      correlation: sharedCopy(matrix),
      factor: sharedCopy(found.factor),
    },
    ...how,
    fitRows: some.rows,
  };
}

/** Draws rows given evidence. By chances of codes alone: exactly, by rejection; `accepted` is 0 for rows that were given up. Given cells row
 * by row, every row is drawn: exactly where at most one latent variable is known by an interval, otherwise within the error of
 * `conditioner`; known codes of little probability are taken at the mean of their interval. */
export function drawGaussianCopula(data: {
  readonly model: GaussianCopulaModel;
  readonly rows: number;
  readonly evidence: CodeEvidence;
  readonly key: RandomKey;
}): Uint8Array[] | { readonly codes: Uint8Array[]; readonly accepted: Uint8Array } {
  const { model, rows, evidence, key } = data;
  const { latents, columns } = model;
  const random = randomFrom(key);
  const out = columns.map(() => new Uint8Array(new SharedArrayBuffer(rows)));
  const read = evidenceReader(model, evidence);
  const planOf = planKeeper(model, true);
  const conditions = conditioner(model);
  const accepted = new Uint8Array(rows).fill(1);
  for (let row = 0; row < rows; row++) {
    const known = read(row);
    const plan = planOf(known.kind);
    const z = evidence.given ? conditions.draw(plan, known, random) : conditions.tryDraw(plan, known, random);
    if (!z) {
      accepted[row] = 0;
      continue;
    }
    for (let j = 0; j < columns.length; j++) {
      const column = columns[j] as LatentColumn;
      const codes = out[j] as Uint8Array;
      if (evidence.given?.known[j]?.[row] === 1) {
        codes[row] = evidence.given.codes[j]?.[row] as number;
        continue;
      }
      if (column.missing >= 0) {
        const latent = latents[column.missing] as Latent;
        const place = intervalOf(latent, z[column.missing] as number);
        if (place < latent.codes.length) {
          codes[row] = latent.codes[place] as number;
          continue;
        }
      }
      if (column.value < 0) codes[row] = column.only;
      else {
        const latent = latents[column.value] as Latent;
        codes[row] = latent.codes[intervalOf(latent, z[column.value] as number)] as number;
      }
    }
  }
  return accepted.includes(0) ? { codes: out, accepted } : out;
}

/** Log probability of what is known of each row, by quasi-random integration over fixed points: an estimate, always the same for the same
 * evidence; within a percent for chances of codes, a few percent for cells given row by row. */
export function logEvidenceGaussianCopula(data: {
  readonly model: GaussianCopulaModel;
  readonly rows: number;
  readonly evidence: CodeEvidence;
}): Float64Array {
  const { model, rows, evidence } = data;
  const read = evidenceReader(model, evidence);
  const planOf = planKeeper(model, false);
  const conditions = conditioner(model);
  const out = new Float64Array(new SharedArrayBuffer(8 * rows));
  const logOf = (row: number): number => {
    const known = read(row);
    if (known.logConstant === Number.NEGATIVE_INFINITY) return known.logConstant;
    return conditions.logEvidence(planOf(known.kind), known, evidence.given !== undefined);
  };
  // Without cells given row by row, the evidence is the same for all.
  if (!evidence.given) return rows > 0 ? out.fill(logOf(0)) : out;
  for (let row = 0; row < rows; row++) out[row] = logOf(row);
  return out;
}

/** Plans already made: tables have few patterns of what is known. */
function planKeeper(model: GaussianCopulaModel, drawing: boolean): (kind: Uint8Array) => ConditionPlan {
  const plans = new Map<string, ConditionPlan>();
  let lastKind: Uint8Array | undefined;
  let last: ConditionPlan | undefined;
  return (kind) => {
    if (last && lastKind?.every((value, k) => value === kind[k])) return last;
    const name = kind.join("");
    let plan = plans.get(name);
    if (!plan) {
      plan = planCondition(model, kind, { drawing });
      if (plans.size >= MOST_PLANS) plans.clear();
      plans.set(name, plan);
    }
    lastKind = kind.slice();
    last = plan;
    return plan;
  };
}

const MOST_PLANS = 64;

function takeRows(table: CodeRows, rows: Uint32Array): CodeRows {
  return {
    ...table,
    rows: rows.length,
    codes: table.codes.map((codes) => Uint8Array.from(rows, (row) => codes[row] as number)),
  };
}
