import { marginalsOf } from "../../learners/graphical/marginals.ts";
import type { GraphicalModel } from "../../learners/graphical/model.ts";
import { pause } from "../cells/pause.ts";
import type { Curator } from "./curator.ts";

/** Chooses the pairs of columns of a spanning tree, one at a time: each joins two parts that were apart, and is chosen by how badly the model
 * estimates its counts.
 * @param curator rows of the model's domain
 * @returns one pair fewer than there are columns, in the order in which they were chosen
 * @throws {Cancelled} the signal fired
 * @source McKenna, Miklau & Sheldon (2021), Winning the NIST Contest (MST), Journal of Privacy and Confidentiality 11(3), algorithm 2 */
export async function chooseTree(
  curator: Curator,
  how: { readonly model: GraphicalModel; readonly rho: number; readonly signal?: AbortSignal | undefined },
): Promise<readonly (readonly [number, number])[]> {
  const columns = curator.sizes.length;
  const pairs: (readonly [number, number])[] = [];
  for (let a = 0; a < columns; a++) for (let b = a + 1; b < columns; b++) pairs.push([a, b]);
  const estimates = marginalsOf(how.model, pairs);
  let open = pairs.map((clique, i) => ({ clique, estimate: estimates[i] as Float64Array, weight: 1, expected: 0 }));
  const part = Array.from({ length: columns }, (_, j) => j);
  const tree: (readonly [number, number])[] = [];
  while (tree.length < columns - 1) {
    await pause(how.signal);
    open = open.filter(({ clique: [a, b] }) => part[a] !== part[b]);
    const { clique } = open[curator.choose(open, { rho: how.rho / (columns - 1) })] as (typeof open)[number];
    const [a, b] = clique;
    const [into, from] = [part[a] as number, part[b] as number];
    part.forEach((own, j) => {
      if (own === from) part[j] = into;
    });
    tree.push(clique);
  }
  return tree;
}
