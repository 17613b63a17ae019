import type { Grouping } from "./grouping.ts";

/** A network over the groups of columns, and for each column the codes inside its groups. Plain data in shared memory. */
export interface BayesianNetworkModel {
  /** Columns, parents before children. */
  readonly order: readonly number[];
  readonly nodes: readonly NetworkNode[];
}

/** One column given its parents: P(group | parents' groups) × P(code | group, group of one parent). */
export interface NetworkNode extends Grouping {
  readonly levels: number;
  /** Columns, the first found most telling. */
  readonly parents: readonly number[];
  /** At which resolution each parent is seen. */
  readonly resolutions: readonly number[];
  /** Mass that pulls the table with the first k parents towards the table with one parent fewer; entry 0 towards equal chances. */
  readonly masses: readonly number[];
  /** [configurations of the parents, the last fastest] × [fine groups], each row summing to 1. */
  readonly table: Float64Array;
  /** Place in `parents` of the one that codes inside a group depend on; −1: none. */
  readonly emissionParent: number;
  /** [groups of that parent] × [codes]: the chances of the codes of a group sum to 1; codes that never occurred have 0. */
  readonly emission: Float64Array;
}

/** Edges, and how far to trust the tables that they ask for. */
export interface NetworkStructure {
  readonly families: readonly Family[];
}

export interface Family {
  readonly parents: readonly number[];
  readonly resolutions: readonly number[];
  /** One more than there are parents. */
  readonly masses: readonly number[];
  /** What the parents tell of a column, in nats a row, leave-one-out: how much each added. */
  readonly gains: readonly number[];
}

/** Number of groups of a parent at the resolution at which this node sees it. */
export function parentSizes(nodes: readonly Grouping[], family: Pick<Family, "parents" | "resolutions">): number[] {
  return family.parents.map(
    (parent, i) => (nodes[parent] as Grouping).sizes[family.resolutions[i] as number] as number,
  );
}

/** Columns, parents before children; the lower column first where there is a choice. */
export function topologicalOrder(families: readonly Pick<Family, "parents">[]): number[] {
  const waiting = families.map((family) => family.parents.length);
  const children: number[][] = families.map(() => []);
  families.forEach((family, child) => {
    for (const parent of family.parents) (children[parent] as number[]).push(child);
  });
  const order: number[] = [];
  waiting.forEach((count, j) => {
    if (count === 0) order.push(j);
  });
  for (let at = 0; at < order.length; at++)
    for (const child of children[order[at] as number] as number[]) {
      waiting[child] = (waiting[child] as number) - 1;
      if (waiting[child] === 0) order.push(child);
    }
  return order;
}
