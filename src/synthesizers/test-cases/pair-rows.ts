import { concatRows, sliceRows, type Table, takeRows } from "../../data/table.ts";
import { throwIfCancelled } from "../../errors.ts";
import type { Random } from "../../random.ts";
import type { CaseMaker } from "./complete-cases.ts";
import type { Factor, Level } from "./factors.ts";
import { valuesOf, withColumns } from "./forbidden-pairs.ts";
import {
  coverWith,
  FORBIDDEN,
  MISSING,
  type Pair,
  type PairStates,
  PLANNED,
  pairName,
  UNREACHABLE,
} from "./pair-states.ts";
import { type CellValue, partlyKnown } from "./row-edits.ts";
import { brokenBy, type TestRule } from "./rules.ts";

/** Rows that are planned before the model fills them. */
const BATCH = 64;
/** Times that a row of two given cells is drawn. */
const TRIES = 3;
/** Choices of values, one for each level of a planned row, that are tried against the rules. */
const CHOICES = 8;

/** Rows that have the missing combinations of two levels, each as many as it can: a covering array over what is missing, grown row by row. Each row begins
 * with the level that lacks most combinations; of every further column it takes the level that adds most, or leaves the cell to the model.
 * States are updated: combinations that no row could be made for become unreachable.
 * @param most rows, at most
 * @source Cohen, Dalal, Fredman & Patton, "The AETG system", IEEE Transactions on Software Engineering 23 (1997), section 3.2 */
export async function pairRows(
  states: PairStates,
  how: {
    readonly maker: CaseMaker;
    readonly rules: readonly TestRule[];
    readonly like: Table;
    readonly most: number;
    readonly random: Random;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<{ readonly table: Table; readonly names: readonly string[] }> {
  const { maker, most, random, signal } = how;
  const tables: Table[] = [];
  const names: string[] = [];
  let longest = states.factors.length;
  const take = async (
    plans: readonly { readonly plan: Plan; readonly given: ReadonlyMap<string, CellValue> }[],
  ): Promise<ReadonlySet<Plan>> => {
    if (plans.length === 0) return new Set();
    const { table, of } = await maker.complete(plans.map(({ given }) => given));
    const fresh = coverWith(states, table);
    const useful = Uint32Array.from(of, (_, i) => i).filter((i) => (fresh[i]?.length ?? 0) > 0);
    tables.push(takeRows(table, useful));
    for (const i of useful)
      names.push(nameOf(states, fresh[i] as readonly Pair[], plans[of[i] as number]?.plan.seed as Pair));
    return new Set(Array.from(of, (i) => plans[i]?.plan as Plan));
  };
  for (let round = 0; names.length < most; round++) {
    throwIfCancelled(signal);
    const plans: Plan[] = [];
    while (plans.length < Math.min(BATCH, most - names.length)) {
      const plan = planOf(states, longest);
      if (!plan) break;
      for (const pair of plan.wanted) states.set(pair, PLANNED);
      plans.push(plan);
    }
    if (plans.length === 0) break;
    const given = chosenValues(states, plans, { ...how, random: random.split(round) });
    const made = await take(given);
    for (const { wanted } of plans)
      for (const pair of wanted) if (stateOf(states, pair) === PLANNED) states.set(pair, MISSING);
    // A row that asks too much may still be had with the two cells that it was begun for.
    const left = plans.filter((plan) => !made.has(plan) && stateOf(states, plan.seed) === MISSING);
    if (left.length > plans.length / 2) longest = Math.max(2, Math.ceil(longest / 2));
    const again = left.flatMap((plan) => {
      const { first, second, firstLevel, secondLevel } = plan.seed;
      const [a, b] = [states.factors[first] as Factor, states.factors[second] as Factor];
      return valuesOf(a.levels[firstLevel] as Level, b.levels[secondLevel] as Level).map(([left, right]) => ({
        plan,
        given: new Map<string, CellValue>([
          [a.name, left],
          [b.name, right],
        ]),
      }));
    });
    let open = firstPossible(again, how);
    for (let tries = 0; tries < TRIES && open.length > 0 && names.length < most; tries++) {
      await take(open.slice(0, most - names.length));
      open = open.filter(({ plan }) => stateOf(states, plan.seed) === MISSING);
    }
    if (names.length >= most) break;
    for (const plan of left) if (stateOf(states, plan.seed) === MISSING) states.set(plan.seed, UNREACHABLE);
  }
  const table = tables.length === 0 ? sliceRows(how.like, 0, 0) : concatRows(tables);
  return { table: sliceRows(table, 0, most), names: names.slice(0, most) };
}

/** A row to be made. */
interface Plan {
  readonly seed: Pair;
  readonly levels: ReadonlyMap<number, number>;
  readonly wanted: readonly Pair[];
}

/** The row that has most of what is missing, as far as a greedy search sees; undefined: nothing is missing. */
function planOf(states: PairStates, longest: number): Plan | undefined {
  const { factors } = states;
  const places = factors.flatMap((factor, f) => factor.levels.map((_, level) => ({ f, level })));
  const best = (among: typeof places): (typeof places)[number] | undefined => {
    let found: (typeof places)[number] | undefined;
    let most = 0;
    for (const place of among) {
      const missing = states.missingWith(place.f, place.level);
      if (missing > most) [found, most] = [place, missing];
    }
    return found;
  };
  const start = best(places);
  if (!start) return undefined;
  const partner = best(
    places.filter(({ f, level }) => f !== start.f && states.get(start.f, start.level, f, level) === MISSING),
  );
  if (!partner) return undefined;
  const levels = new Map([
    [start.f, start.level],
    [partner.f, partner.level],
  ]);
  const seed = pairOf(start.f, start.level, partner.f, partner.level);
  const wanted: Pair[] = [seed];
  const missingOf = (f: number): number =>
    (factors[f] as Factor).levels.reduce((sum, _, level) => sum + states.missingWith(f, level), 0);
  const order = factors
    .map((_, f) => f)
    .filter((f) => !levels.has(f))
    .map((f) => ({ f, missing: missingOf(f) }))
    .sort((a, b) => b.missing - a.missing || a.f - b.f);
  for (const { f } of order) {
    if (levels.size >= longest) break;
    let chosen: { readonly level: number; readonly added: readonly Pair[] } | undefined;
    (factors[f] as Factor).levels.forEach((_, level) => {
      const added: Pair[] = [];
      for (const [other, otherLevel] of levels) {
        const state = states.get(f, level, other, otherLevel);
        if (state === FORBIDDEN || state === UNREACHABLE) return;
        if (state === MISSING) added.push(pairOf(f, level, other, otherLevel));
      }
      const isBetter =
        chosen === undefined ||
        added.length > chosen.added.length ||
        (added.length === chosen.added.length && states.missingWith(f, level) > states.missingWith(f, chosen.level));
      if (added.length > 0 && isBetter) chosen = { level, added };
    });
    if (!chosen) continue;
    levels.set(f, chosen.level);
    wanted.push(...chosen.added);
  }
  return { seed, levels, wanted };
}

function pairOf(f: number, level: number, g: number, other: number): Pair {
  return f < g
    ? { first: f, second: g, firstLevel: level, secondLevel: other }
    : { first: g, second: f, firstLevel: other, secondLevel: level };
}

function stateOf(states: PairStates, { first, firstLevel, second, secondLevel }: Pair): number {
  return states.get(first, firstLevel, second, secondLevel);
}

type Tried = { readonly plan: Plan; readonly given: ReadonlyMap<string, CellValue> };

/** A value for each level of the planned rows, so that no rule is broken by these cells alone; rows for which none is found are left out. */
function chosenValues(
  states: PairStates,
  plans: readonly Plan[],
  how: { readonly rules: readonly TestRule[]; readonly like: Table; readonly random: Random },
): readonly Tried[] {
  const { factors } = states;
  const tried = plans.flatMap((plan) =>
    Array.from({ length: CHOICES }, () => ({
      plan,
      given: new Map(
        [...plan.levels].map(([f, level]): [string, CellValue] => {
          const { name, levels } = factors[f] as Factor;
          const cells = (levels[level] as Level).cells;
          return [name, cells[how.random.integer(cells.length)] as string | number];
        }),
      ),
    })),
  );
  return firstPossible(tried, how);
}

/** Of each plan, the first values that break no rule by themselves. */
function firstPossible(
  tried: readonly Tried[],
  how: { readonly rules: readonly TestRule[]; readonly like: Table },
): readonly Tried[] {
  if (tried.length === 0) return [];
  const { like } = how;
  const known = partlyKnown(
    tried.map(({ given }) => given),
    like,
  );
  const table = withColumns(
    known,
    like.columns.map(({ name }) => name),
    like,
  );
  const broken = brokenBy(
    how.rules.filter(({ isBetweenRows }) => !isBetweenRows),
    table,
  );
  const done = new Set<Plan>();
  return tried.filter(({ plan }, row) => {
    if (done.has(plan) || broken.some((rows) => rows[row] === 1)) return false;
    done.add(plan);
    return true;
  });
}

function nameOf(states: PairStates, fresh: readonly Pair[], seed: Pair): string {
  // A row before may have had the seed by chance.
  const told = fresh.find((pair) => isSame(pair, seed)) ?? (fresh[0] as Pair);
  return `pair: ${pairName(states, told)}${fresh.length > 1 ? `, and ${fresh.length - 1} more` : ""}`;
}

function isSame(a: Pair, b: Pair): boolean {
  return (
    a.first === b.first && a.second === b.second && a.firstLevel === b.firstLevel && a.secondLevel === b.secondLevel
  );
}
