import { columnOf, type Table } from "../../data/table.ts";
import { brokenRowsOf } from "../../schema/broken-rows.ts";
import type { TableSchema } from "../../schema/schema.ts";
import { type Factor, type Level, MOST_LABELS } from "./factors.ts";
import { FORBIDDEN, MISSING, type Pair, type PairStates, pairsIn } from "./pair-states.ts";
import { partlyKnown } from "./row-edits.ts";
import type { TestRule } from "./rules.ts";

/** Values of a pair that are tried before it counts as forbidden. */
const TRIED = 12;

/** Marks missing combinations that a declared rule forbids: a row that has no other cell breaks it, by whatever values of the two groups (the ends and some
 * between are tried). A rule that needs a third cell says nothing here.
 * @param train whose combinations are allowed */
export function markForbidden(
  states: PairStates,
  how: {
    readonly rules: readonly TestRule[];
    readonly like: Table;
    readonly train: Table;
    readonly schema: TableSchema;
  },
): void {
  const { factors } = states;
  const finders = new Map<string, readonly ((table: Table) => Uint8Array)[]>();
  const findersOf = (pair: Pair): readonly ((table: Table) => Uint8Array)[] => {
    const key = `${pair.first} ${pair.second}`;
    const known = finders.get(key);
    if (known) return known;
    const names = [pair.first, pair.second].map((f) => (factors[f] as Factor).name);
    const found = how.rules.flatMap((rule) => finderOf(rule, names, how));
    finders.set(key, found);
    return found;
  };
  // Of two columns at most, MOST_LABELS² pairs: few enough to try together.
  let batch: Pair[] = [];
  const judge = (): void => {
    const first = batch[0];
    if (!first) return;
    for (const pair of forbiddenOf(batch, { factors, like: how.like, find: findersOf(first) }))
      states.set(pair, FORBIDDEN);
    batch = [];
  };
  for (const pair of [...pairsIn(states, MISSING)]) {
    if (findersOf(pair).length === 0) continue;
    const last = batch[0];
    if (last && (last.first !== pair.first || last.second !== pair.second || batch.length >= MOST_LABELS ** 2)) judge();
    batch.push(pair);
  }
  judge();
}

function forbiddenOf(
  pairs: readonly Pair[],
  how: {
    readonly factors: readonly Factor[];
    readonly like: Table;
    readonly find: readonly ((table: Table) => Uint8Array)[];
  },
): readonly Pair[] {
  const tried = pairs.map((pair) => {
    const [a, b] = [how.factors[pair.first] as Factor, how.factors[pair.second] as Factor];
    return valuesOf(a.levels[pair.firstLevel] as Level, b.levels[pair.secondLevel] as Level).map(
      ([left, right]) =>
        new Map([
          [a.name, left],
          [b.name, right],
        ]),
    );
  });
  const table = partlyKnown(tried.flat(), how.like);
  const broken = new Uint8Array(table.rows);
  for (const find of how.find)
    find(table).forEach((is, row) => {
      if (is) broken[row] = 1;
    });
  let at = 0;
  return pairs.filter((_, i) => {
    const start = at;
    at += (tried[i] as readonly unknown[]).length;
    return !broken.subarray(start, at).includes(0);
  });
}

/** Values by which two levels are tried together. Both ends against both ends first: an order that no ends keep, no values between keep. */
export function valuesOf(left: Level, right: Level): readonly (readonly [string | number, string | number])[] {
  const out: (readonly [string | number, string | number])[] = [];
  for (let sum = 0; sum < left.cells.length + right.cells.length && out.length < TRIED; sum++)
    for (let i = 0; i <= sum && out.length < TRIED; i++)
      if (i < left.cells.length && sum - i < right.cells.length)
        out.push([left.cells[i] as string | number, right.cells[sum - i] as string | number]);
  return out;
}

function finderOf(
  rule: TestRule,
  names: readonly string[],
  how: { readonly train: Table; readonly schema: TableSchema },
): readonly ((table: Table) => Uint8Array)[] {
  const { constraint } = rule;
  if (!constraint || rule.isBetweenRows || !names.every((name) => rule.columns.includes(name))) return [];
  if (constraint.kind === "combinations") {
    const find = brokenRowsOf({ ...constraint, columns: names }, { schema: how.schema, real: how.train });
    return [(table) => find(table).broken];
  }
  if (constraint.kind === "oneHot" && rule.columns.length > 2)
    return [(table) => Uint8Array.from({ length: table.rows }, (_, row) => (names.every(isOne(table, row)) ? 1 : 0))];
  // Cells that are missing are not judged: what breaks it is these two.
  return [(table) => rule.brokenIn(withColumns(table, rule.columns, how.train))];
}

function isOne(table: Table, row: number): (name: string) => boolean {
  return (name) => {
    const column = columnOf(table, name);
    const cell = column.type === "text" ? column.dictionary[column.codes[row] as number] : column.values[row];
    return cell === 1 || cell === "true";
  };
}

/** The table with every column that a rule looks at, those that it lacks all missing. */
export function withColumns(table: Table, names: readonly string[], like: Table): Table {
  const lacking = names.filter((name) => !table.columns.some((column) => column.name === name));
  if (lacking.length === 0) return table;
  const empty = partlyKnown(
    Array.from({ length: table.rows }, () => new Map(lacking.map((name) => [name, null]))),
    like,
  );
  return { ...table, columns: [...table.columns, ...empty.columns] };
}
