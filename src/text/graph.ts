/** A step as the graph sees it. */
export interface GraphNode {
  readonly name: string;
  /** Names of the nodes that must come before it. */
  readonly before: readonly string[];
}

/** An order in which every node comes after those it needs; among nodes that could be next, the one listed first.
 * @param nodes each name once; names in `before` that are no nodes are left out of account
 * @returns the names in order, or a cycle as a path that ends where it began: a needs b, b needs c, c needs a
 * @source Kahn (1962), Communications of the ACM 5 */
export function orderOf(
  nodes: readonly GraphNode[],
): { readonly order: readonly string[]; readonly cycle?: undefined } | { readonly cycle: readonly string[] } {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const missing = new Map<string, number>();
  const needers = new Map<string, string[]>();
  for (const { name, before } of nodes) {
    const needed = [...new Set(before)].filter((other) => byName.has(other));
    missing.set(name, needed.length);
    for (const other of needed) needers.set(other, [...(needers.get(other) ?? []), name]);
  }
  const position = new Map(nodes.map(({ name }, i) => [name, i]));
  const ready = nodes.flatMap(({ name }) => (missing.get(name) === 0 ? [name] : []));
  const order: string[] = [];
  for (;;) {
    const next = ready.shift();
    if (next === undefined) break;
    order.push(next);
    for (const needer of needers.get(next) ?? []) {
      const left = (missing.get(needer) as number) - 1;
      missing.set(needer, left);
      if (left > 0) continue;
      const listed = position.get(needer) as number;
      const at = ready.findIndex((name) => (position.get(name) as number) > listed);
      ready.splice(at < 0 ? ready.length : at, 0, needer);
    }
  }
  if (order.length === nodes.length) return { order };
  return { cycle: cycleAmong(nodes.filter(({ name }) => !order.includes(name))) };
}

/** Of nodes each of which needs another of them, or one that does: follows what is needed until a name comes again. */
function cycleAmong(nodes: readonly GraphNode[]): readonly string[] {
  const left = new Map(nodes.map((node) => [node.name, node]));
  const path: string[] = [];
  let name = (nodes[0] as GraphNode).name;
  while (!path.includes(name)) {
    path.push(name);
    name = (left.get(name) as GraphNode).before.find((other) => left.has(other)) as string;
  }
  return [...path.slice(path.indexOf(name)), name];
}
