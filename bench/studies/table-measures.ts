import type { PlanAnswers, Ranged } from "../../src/hybrid/planner/answers.ts";
import type { PilotCell } from "../../src/hybrid/planner/pilot.ts";
import { meanOf } from "./lessons.ts";

/** What a plan says, of what its pilot measured. */
export interface MeasuredPlan {
  readonly name: string;
  readonly answers: PlanAnswers;
  readonly cells: readonly PilotCell[];
}

/** A line of a printed table. */
export type Row = Readonly<Record<string, string | number>>;

/** The deciding numbers, a row for each plan and test set. */
export function verdictRows({ name, answers }: MeasuredPlan): readonly Row[] {
  return [["test", answers] as const, ...(answers.shifted ? [["shifted", answers.shifted] as const] : [])].map(
    ([test, own]) => ({
      plan: name,
      test,
      verdict: own.synthetic,
      "one stands for": words(own.exchangeRate, 3),
      "real rows for the goal": words(own.realRowsAlone, 0),
      "with synthetic": own.synthetic === "helps" ? words(own.fewestRealRows, 0) : "–",
      ...Object.fromEntries(own.worth.map(({ extra, gain }) => [`+${extra} real rows`, words(gain, 4)])),
      "pretrain − mix": words(own.arm.difference, 4),
    }),
  );
}

/** A share of synthetic rows at one total of rows, in the arm that mixes. */
export interface ShareMeasures {
  readonly share: number;
  readonly real: number;
  readonly synthetic: number;
  readonly mixed: Ranged | null;
  /** The real rows of it, without the synthetic ones; null where there are none. */
  readonly alone: Ranged | null;
  /** Paired within seeds: what the synthetic rows add to those real ones. */
  readonly added: Ranged | null;
  /** Paired within seeds: how much better than synthetic rows alone. */
  readonly overNone: Ranged | null;
}

/** What was measured along one total of rows. */
export function shareLine({ answers, cells }: MeasuredPlan, test: PilotCell["test"]): readonly ShareMeasures[] {
  return answers.shareCurve.points.map(({ share, real, synthetic }) => {
    const mixed = valuesOf(cells, { real, synthetic, arm: "mix", test });
    const alone = valuesOf(cells, { real, synthetic: 0, arm: "mix", test });
    const none = valuesOf(cells, { real: 0, synthetic: real + synthetic, arm: "mix", test });
    return {
      ...{ share, real, synthetic, mixed: spread(mixed) },
      alone: real === 0 ? null : spread(alone),
      added: real === 0 || synthetic === 0 ? null : spread(differences(mixed, alone)),
      overNone: real === 0 ? null : spread(differences(mixed, none)),
    };
  });
}

/** The same in words, a row for each share. */
export function shareRows(plan: MeasuredPlan, test: PilotCell["test"]): readonly Row[] {
  return shareLine(plan, test).map(({ share, real, synthetic, mixed, alone, added, overNone }) => ({
    ...{ plan: plan.name, test, share, real, synthetic, auc: words(mixed, 3) },
    "real ones alone": words(alone, 3),
    "synthetic add": words(added, 3),
    "over none real": words(overNone, 3),
  }));
}

/** What synthetic rows add to real ones: paired differences from the real rows alone, a row for each arm and multiple, a column for each real size. */
export function gainRows({ name, cells }: MeasuredPlan, sizes: readonly number[]): readonly Row[] {
  return (["mix", "pretrain"] as const).flatMap((arm) =>
    [1, 2, 5, 10].map((multiple) => ({
      plan: name,
      arm,
      multiple,
      ...Object.fromEntries(
        sizes.map((real) => [
          `${real}`,
          words(
            spread(
              differences(
                valuesOf(cells, { real, synthetic: multiple * real, arm, test: "test" }),
                valuesOf(cells, { real, synthetic: 0, arm: "mix", test: "test" }),
              ),
            ),
            3,
          ),
        ]),
      ),
    })),
  );
}

/** What was measured of real rows alone, a column for each size. */
export function aloneRows({ name, cells }: MeasuredPlan, test: PilotCell["test"]): Row {
  const alone = cells.filter((cell) => cell.synthetic === 0 && cell.test === test);
  const sizes = [...new Set(alone.map(({ real }) => real))].sort((a, b) => a - b);
  const at = (real: number): Ranged | null => spread(valuesOf(cells, { real, synthetic: 0, arm: "mix", test }));
  return { plan: name, test, ...Object.fromEntries(sizes.map((real) => [`${real} alone`, words(at(real), 3)])) };
}

/** How many cells with synthetic rows are better or worse than their real rows alone, by an interval that leaves 0 out. */
export function countRow({ name, cells }: MeasuredPlan, test: PilotCell["test"]): Row {
  const counts = { better: 0, worse: 0, "may be chance": 0 };
  const mixed = cells.filter((cell) => cell.test === test && cell.synthetic > 0 && cell.real > 0);
  for (const key of new Set(mixed.map(({ real, synthetic, arm }) => `${real} ${synthetic} ${arm}`))) {
    const [real = 0, synthetic = 0] = key.split(" ").map(Number);
    const arm = key.endsWith("mix") ? "mix" : "pretrain";
    // The shares of one total of rows are told apart.
    if (![1, 2, 5, 10].includes(synthetic / real)) continue;
    const alone = valuesOf(cells, { real, synthetic: 0, arm: "mix", test });
    const added = spread(differences(valuesOf(cells, { real, synthetic, arm, test }), alone));
    if (added) counts[added.low > 0 ? "better" : added.high < 0 ? "worse" : "may be chance"]++;
  }
  return { plan: name, test, ...counts };
}

/** Pretraining less mixing, averaged within each seed over the numbers of synthetic rows. */
export function armRows({ name, cells }: MeasuredPlan, sizes: readonly number[]): readonly Row[] {
  return (["test", "shifted"] as const).map((test) => ({
    plan: name,
    test,
    ...Object.fromEntries(
      sizes.map((real) => {
        const each = [1, 2, 5, 10].map((multiple) => {
          const at = { real, synthetic: multiple * real, test };
          return differences(valuesOf(cells, { ...at, arm: "pretrain" }), valuesOf(cells, { ...at, arm: "mix" }));
        });
        const seeds = [...(each[0] as ReadonlyMap<number, number>).keys()];
        const means = seeds.map((seed) => [
          seed,
          each.reduce((sum, one) => sum + (one.get(seed) ?? Number.NaN) / each.length, 0),
        ]);
        return [`${real}`, words(spread(new Map(means as [number, number][])), 3)];
      }),
    ),
  }));
}

function valuesOf(
  cells: readonly PilotCell[],
  at: Pick<PilotCell, "real" | "synthetic" | "arm" | "test">,
): ReadonlyMap<number, number> {
  return new Map(
    cells
      .filter((cell) => cell.real === at.real && cell.synthetic === at.synthetic && cell.test === at.test)
      .filter((cell) => cell.arm === at.arm && cell.value !== null)
      .map(({ seed, value }) => [seed, value as number]),
  );
}

function differences(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
  return new Map([...a].flatMap(([seed, value]) => (b.has(seed) ? [[seed, value - (b.get(seed) as number)]] : [])));
}

/** Mean over seeds with Student's 90 % interval. */
function spread(values: ReadonlyMap<number, number>): Ranged | null {
  return values.size === 0 ? null : meanOf([...values.values()]);
}

function words(ranged: Ranged | null, digits: number): string {
  if (!ranged || ranged.value === null) return "–";
  const number = (value: number | null): string =>
    value === null || !Number.isFinite(value) ? "∞" : value.toFixed(digits).replace("-", "−");
  return `${number(ranged.value)} (${number(ranged.low)} to ${number(ranged.high)})`;
}
