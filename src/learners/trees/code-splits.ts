/** A column's codes told apart by yes-or-no questions: a binary tree whose leaves are the codes that occur. */
export interface CodeSplits {
  /** Children of split s at 2s and 2s + 1: another split, or −1 − code. Parents come before their children; split 0 is the first. */
  readonly children: Int16Array;
  /** Rows that hold the codes below each child, > 0. */
  readonly held: Float64Array;
}

/** A code that holds so large a share of an ordered range is told apart before the range is halved. */
const SPIKE_SHARE = 0.3;

/** Puts the codes that occur under binary splits: ways of being missing first, then spikes, then the halves of an order by count; codes without
 * an order as Huffman would, so that a row meets few splits on its way.
 * @param counts rows that hold each code
 * @returns no split when fewer than two codes occur
 * @source McCarter (2024), arXiv 2407.05593 (meta-trees); Huffman (1952), Proceedings of the IRE 40 */
export function splitCodes(
  counts: ArrayLike<number>,
  { ordered, missing }: { readonly ordered: boolean; readonly missing: number },
): CodeSplits {
  const ways: Branch[] = [];
  const present: Branch[] = [];
  for (let code = 0; code < counts.length; code++) {
    const held = counts[code] as number;
    if (held > 0) (code < missing ? ways : present).push({ code, held });
  }
  const sides = [huffman(ways), ordered ? inOrder(present) : huffman(present)].filter((side) => side !== undefined);
  const root = sides.length === 2 ? join(sides[0] as Branch, sides[1] as Branch) : sides[0];
  const children: number[] = [];
  const held: number[] = [];
  const place = (branch: Branch): number => {
    if (branch.code !== undefined) return -1 - branch.code;
    const at = children.length;
    const [low, high] = branch.sides as readonly [Branch, Branch];
    children.push(0, 0);
    held.push(low.held, high.held);
    children[at] = place(low);
    children[at + 1] = place(high);
    return at / 2;
  };
  if (root) place(root);
  return { children: Int16Array.from(children), held: Float64Array.from(held) };
}

interface Branch {
  readonly held: number;
  readonly code?: number;
  readonly sides?: readonly [Branch, Branch];
}

function join(low: Branch, high: Branch): Branch {
  return { held: low.held + high.held, sides: [low, high] };
}

function inOrder(leaves: readonly Branch[]): Branch | undefined {
  if (leaves.length < 2) return leaves[0];
  const total = leaves.reduce((sum, leaf) => sum + leaf.held, 0);
  if (leaves.length > 2) {
    const top = leaves.reduce((best, leaf) => (leaf.held > best.held ? leaf : best));
    if (top.held >= SPIKE_SHARE * total) return join(top, inOrder(leaves.filter((leaf) => leaf !== top)) as Branch);
  }
  // The cut nearest to the middle; of two the earlier.
  let low = 0;
  let cut = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 1; i < leaves.length; i++) {
    low += (leaves[i - 1] as Branch).held;
    const off = Math.abs(2 * low - total);
    if (off < least) {
      least = off;
      cut = i;
    }
  }
  return join(inOrder(leaves.slice(0, cut)) as Branch, inOrder(leaves.slice(cut)) as Branch);
}

function huffman(leaves: readonly Branch[]): Branch | undefined {
  const open = [...leaves];
  while (open.length > 1) {
    // Lightest first; ties to the one that came first, so that the tree does not depend on the engine's sort.
    const take = (): Branch => {
      let at = 0;
      for (let i = 1; i < open.length; i++) if ((open[i] as Branch).held < (open[at] as Branch).held) at = i;
      return open.splice(at, 1)[0] as Branch;
    };
    const first = take();
    open.push(join(first, take()));
  }
  return open[0];
}
