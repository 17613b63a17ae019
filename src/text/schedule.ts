import { InvalidArgument } from "../errors.ts";
import type { Json } from "../llm/model.ts";
import type { Step } from "./step.ts";

/** The steps of a plan with what the scheduler asks of them for every row worked out once. Numbers are positions in `cells`. */
export interface Schedule {
  /** Steps that make a cell, in topological order. */
  readonly cells: readonly (Step & { readonly cell: NonNullable<Step["cell"]> })[];
  /** Filters over the stream of rows, in their order; they come after all cells. */
  readonly filters: readonly (Step & { readonly stream: NonNullable<Step["stream"]> })[];
  /** Cells and checks that a cell waits for: how many. */
  readonly waits: readonly number[];
  /** Cells that wait for a cell. */
  readonly dependents: readonly (readonly number[])[];
  /** Cells that wait for none. */
  readonly roots: readonly number[];
  /** Every cell of a row that was just begun, so that cells stand in this order whatever the order in which they are made. */
  readonly empty: Readonly<Record<string, Json>>;
  /** Position of a step, filters after cells. */
  readonly positions: ReadonlyMap<string, number>;
}

/** @param steps in topological order
 * @throws {InvalidArgument} a step reads or comes after something that is not there, or is not listed before it */
export function scheduleOf(steps: readonly Step[]): Schedule {
  const cells: (Step & { readonly cell: NonNullable<Step["cell"]> })[] = [];
  const filters: (Step & { readonly stream: NonNullable<Step["stream"]> })[] = [];
  for (const step of steps) {
    if (step.cell) cells.push(step as (typeof cells)[number]);
    else if (step.stream) filters.push(step as (typeof filters)[number]);
  }
  const positions = new Map([...cells, ...filters].map((step, position) => [step.name, position]));
  const filterNames = new Set(filters.map((step) => step.name));
  const waits: number[] = [];
  const dependents: number[][] = cells.map(() => []);
  for (const [position, step] of cells.entries()) {
    const before = new Set<number>();
    for (const name of [...step.reads, ...step.after]) {
      // A filter sees a row when all its cells are made: no cell can wait for it.
      if (name === "source" || filterNames.has(name)) continue;
      const at = positions.get(name);
      if (at === undefined || at >= position) {
        throw new InvalidArgument(
          "step-order",
          `Step "${step.name}" needs "${name}", which is ${at === undefined ? "no step of this recipe" : "not made before it"}.`,
          { advice: "List steps so that each comes after those that it reads." },
        );
      }
      before.add(at);
    }
    waits.push(before.size);
    for (const at of before) (dependents[at] as number[]).push(position);
  }
  const empty: Record<string, Json> = {};
  for (const step of cells) empty[step.name] = undefined as unknown as Json;
  return {
    cells,
    filters,
    waits,
    dependents,
    roots: waits.flatMap((count, position) => (count === 0 ? [position] : [])),
    empty,
    positions,
  };
}

/** For each cell the model calls on the longest way from it to the end of the row, itself included.
 * @param isCall whether a cell takes time, by position */
export function callsAhead(schedule: Schedule, isCall: readonly boolean[]): readonly number[] {
  const ahead = schedule.cells.map(() => 0);
  for (let at = ahead.length - 1; at >= 0; at--) {
    let most = 0;
    for (const next of schedule.dependents[at] as readonly number[]) most = Math.max(most, ahead[next] as number);
    ahead[at] = most + (isCall[at] ? 1 : 0);
  }
  return ahead;
}
