import { InvalidArgument } from "../../errors.ts";
import { sharedCopy } from "../../executors/executor.ts";
import type { BayesianNetworkModel, NetworkNode } from "../bayesian-network/model.ts";
import type { TreeClique } from "./junction-tree.ts";
import type { GraphicalModel } from "./model.ts";
import { projectionsOf } from "./projections.ts";
import { placesIn } from "./scope.ts";

/** The Bayesian network with the same joint distribution: columns in reverse order of elimination, each given those that it was connected
 * with when it was summed out, which are in one clique of the junction tree with it.
 * @param codes.levels number of codes of each column
 * @param codes.codeOf the column's own code of each value of the domain, each of another; other codes have no chance
 * @throws {InvalidArgument} two values of one code, or more than 256
 * @source Koller & Friedman (2009), §4.5.3 (from chordal Markov networks to Bayesian networks) */
export function networkOf(
  model: GraphicalModel,
  codes: { readonly levels: readonly number[]; readonly codeOf: readonly ArrayLike<number>[] },
): BayesianNetworkModel {
  const { sizes, propagation } = model;
  const { tree } = propagation;
  const order = [...tree.order].reverse();
  const position = new Map(order.map((column, at) => [column, at]));
  const projections = projectionsOf(propagation);
  const families = sizes.map((_, column) => {
    const parents = [...(tree.neighbours[column] as readonly number[])].sort(
      (a, b) => (position.get(a) as number) - (position.get(b) as number),
    );
    const scope = familyHolder(tree.cliques, column, parents);
    return { parents, joint: projections.ask(scope, [...parents, column].sort(inStorage(sizes))) };
  });
  const nodes = families.map(({ parents, joint }, column): NetworkNode => {
    const size = sizes[column] as number;
    const scope = [...parents, column];
    const places = placesIn(sizes, scope, { scope: [...scope].sort(inStorage(sizes)) });
    const values = joint();
    const levels = codes.levels[column] as number;
    return {
      ...identityGrouping({ size, levels, codeOf: codes.codeOf[column] as ArrayLike<number>, column }),
      levels,
      parents,
      resolutions: parents.map(() => 0),
      masses: [...parents, column].map(() => 0),
      table: sharedCopy(
        conditionalRows(
          Float64Array.from(places, (place) => values[place] as number),
          size,
        ),
      ),
      emissionParent: -1,
    };
  });
  return { order, nodes };
}

function inStorage(sizes: readonly number[]): (a: number, b: number) => number {
  return (a, b) => (sizes[a] as number) - (sizes[b] as number) || a - b;
}

function familyHolder(cliques: readonly TreeClique[], column: number, parents: readonly number[]): number {
  let best = -1;
  cliques.forEach(({ scope, cells }, c) => {
    if (
      scope.includes(column) &&
      parents.every((parent) => scope.includes(parent)) &&
      (best < 0 || cells < (cliques[best] as TreeClique).cells)
    )
      best = c;
  });
  return best;
}

/** Rows that sum to 1. What no row of the model precedes (evidence against structural zeros can ask) is as the column is over all. */
function conditionalRows(table: Float64Array, size: number): Float64Array {
  const whole = new Float64Array(size);
  table.forEach((mass, at) => {
    whole[at % size] = (whole[at % size] as number) + mass;
  });
  const total = whole.reduce((sum, mass) => sum + mass, 0);
  for (let from = 0; from < table.length; from += size) {
    let sum = 0;
    for (let x = 0; x < size; x++) sum += table[from + x] as number;
    for (let x = 0; x < size; x++)
      table[from + x] = sum > 0 ? (table[from + x] as number) / sum : (whole[x] as number) / total;
  }
  return table;
}

function identityGrouping(input: {
  readonly size: number;
  readonly levels: number;
  readonly codeOf: ArrayLike<number>;
  readonly column: number;
}): Pick<NetworkNode, "groupOf" | "sizes" | "coarser" | "emission"> {
  const { size, levels, codeOf, column } = input;
  if (size > 256)
    throw new InvalidArgument("domain-too-large", `Column ${column} has ${size} values; a network takes up to 256.`);
  const groupOf = new Uint8Array(levels);
  const emission = new Float64Array(levels);
  for (let value = 0; value < size; value++) {
    const code = codeOf[value];
    if (code === undefined || code >= levels || emission[code] === 1)
      throw new InvalidArgument(
        "bad-code",
        `Value ${value} of column ${column} has code ${code}; wanted one below ${levels} that no other value has.`,
      );
    groupOf[code] = value;
    emission[code] = 1;
  }
  const each = Uint8Array.from({ length: size }, (_, value) => value);
  return {
    groupOf: sharedCopy(groupOf),
    sizes: [size, size, size, 1],
    coarser: [each, each, each, new Uint8Array(size)],
    emission: sharedCopy(emission),
  };
}
