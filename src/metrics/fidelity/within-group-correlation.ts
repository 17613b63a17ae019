import { columnOf, type Table } from "../../data/table.ts";
import { isQuantity, schemaOf } from "../../schema/schema.ts";
import { type Estimate, GROUPS, intervalOf, mapEstimates, meanEstimate, newEstimate } from "../jackknife.ts";
import type { Metric, MetricInput } from "../metric.ts";
import { comparedScore, notApplicable, notComputable } from "../score.ts";

/** Fewest groups with two or more rows. */
const LEAST_GROUPS = 2 * GROUPS;

/** How alike rows of one group are in the real table, all of which is lost when rows are synthesised one by one. */
export const withinGroupCorrelation: Metric = {
  name: "within-group-correlation",
  title: "Within-group correlation lost",
  family: "fidelity",
  better: "lower",
  range: [0, 1],
  source:
    "Intraclass correlation ICC(1), one-way analysis of variance: Shrout & Fleiss (1979); unequal groups: Donner (1986)",
  definitionVersion: 1,
  explains:
    "How much the rows of one group (a patient, a customer) resemble each other in the real table. Synthetic rows are made one by one and belong to no group, so all of it is lost: do not use the synthetic table for within-group questions where this is high.",
  async measure(input) {
    const { entities } = input;
    if (!entities || !hasGroups(entities.train))
      return notApplicable(withinGroupCorrelation, "No rows are grouped (--group): each row stands for itself.");
    const quantities = input.frames.reference.codec.columns.filter(({ name }) =>
      isQuantity(schemaOf(input.schema, name).kind),
    );
    if (quantities.length === 0)
      return notApplicable(withinGroupCorrelation, "No column is a quantity: this correlation is of quantities.");
    const columns = quantities.flatMap(({ name }) => {
      const train = intraclass(input.train, name, entities.train, input, "train");
      if (!train) return [];
      const holdout = input.holdout && intraclass(input.holdout, name, entities.holdout, input, "holdout");
      return [{ name, train, holdout }];
    });
    if (columns.length === 0)
      return notComputable(
        withinGroupCorrelation,
        `No quantity varies over at least ${LEAST_GROUPS} groups of two or more rows.`,
      );
    const lost = columns.map(({ train }) => positive(train));
    // Fresh real rows keep their groups: what they "lose" is the noise of the estimate.
    const fresh = columns.map(({ train, holdout }) =>
      holdout ? mapEstimates([positive(train), positive(holdout)], (a, b) => Math.max(0, a - b)) : newEstimate(),
    );
    return comparedScore(
      withinGroupCorrelation,
      input,
      { value: meanEstimate(lost), ceiling: meanEstimate(fresh), floor: meanEstimate(lost) },
      {
        n: input.train.rows,
        worst: columns
          .map(({ name }, i) => ({ name, value: lost[i]?.[0] as number, ceiling: fresh[i]?.[0] as number }))
          .sort((a, b) => b.value - a.value),
        details: {
          columns: columns.map(({ name }, i) => ({ name, ...intervalOf(lost[i] as Estimate, input.level, [0, 1]) })),
        },
      },
    );
  },
};

function hasGroups(entities: Int32Array): boolean {
  return new Set(entities).size < entities.length;
}

function positive(estimate: Estimate): Estimate {
  return estimate.map((value) => Math.max(0, value));
}

/** ICC(1) of a column, and the same without each jackknife group of entities; undefined when too few groups, or no variance. */
function intraclass(
  table: Table,
  name: string,
  entities: Int32Array,
  input: MetricInput,
  label: string,
): Estimate | undefined {
  const column = columnOf(table, name);
  if (column.type === "text") return undefined;
  const byEntity = new Map<number, number>();
  const sums: { n: number; sum: number; squares: number }[] = [];
  const centre = meanOf(column.values);
  column.values.forEach((value, row) => {
    if (!Number.isFinite(value)) return;
    const entity = entities[row] as number;
    const at = byEntity.get(entity) ?? sums.length;
    if (at === sums.length) {
      byEntity.set(entity, at);
      sums.push({ n: 0, sum: 0, squares: 0 });
    }
    const own = sums[at] as (typeof sums)[number];
    own.n++;
    own.sum += value - centre;
    own.squares += (value - centre) ** 2;
  });
  if (sums.filter(({ n }) => n > 1).length < LEAST_GROUPS) return undefined;
  const order = input.random
    .split("within-group-correlation")
    .split(label)
    .shuffle(Uint32Array.from({ length: sums.length }, (_, i) => i));
  const out = newEstimate();
  for (let r = 0; r <= GROUPS; r++) {
    const kept = [...order].filter((_, i) => r === 0 || Math.floor((i * GROUPS) / order.length) !== r - 1);
    out[r] = analysisOfVariance(kept.map((at) => sums[at] as (typeof sums)[number]));
  }
  return out.some(Number.isNaN) ? undefined : out;
}

function meanOf(values: Float64Array): number {
  let sum = 0;
  let n = 0;
  for (const value of values)
    if (Number.isFinite(value)) {
      sum += value;
      n++;
    }
  return n > 0 ? sum / n : 0;
}

/** ICC(1) from the sums of each group; NaN when nothing varies. */
function analysisOfVariance(
  groups: readonly { readonly n: number; readonly sum: number; readonly squares: number }[],
): number {
  let rows = 0;
  let sum = 0;
  let squares = 0;
  let explained = 0;
  let sizes = 0;
  for (const group of groups) {
    rows += group.n;
    sum += group.sum;
    squares += group.squares;
    explained += (group.sum * group.sum) / group.n;
    sizes += group.n * group.n;
  }
  const between = (explained - (sum * sum) / rows) / (groups.length - 1);
  const within = (squares - explained) / (rows - groups.length);
  const size = (rows - sizes / rows) / (groups.length - 1);
  return (between - within) / (between + (size - 1) * within);
}
