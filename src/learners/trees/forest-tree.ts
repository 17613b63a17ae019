/** Nodes in preorder: the left child of node v is v + 1. */
export interface ForestTree {
  /** The column that node v asks; −1: a leaf. */
  readonly column: Int32Array;
  readonly right: Int32Array;
  /** Eight words of 32 bits a node: bit g is set where group g of the column goes left. */
  readonly set: Uint32Array;
}

/** A tree with rows in it. */
export interface FilledTree extends ForestTree {
  /** Node v holds places first[v] … end[v] − 1 of the rows. */
  readonly first: Uint32Array;
  readonly end: Uint32Array;
  /** `groups[j · rows + i]`: group of column j at place i. Inside a leaf each column is sorted by itself: no row can be read off. */
  readonly groups: Uint8Array;
}

/** How a node is split: the column, and 1 for each of its groups that goes left. */
export interface Split {
  column: number;
  readonly left: Uint8Array;
}

/** Row-major places of all columns (see `placesOf`), and where each column's begin. */
export interface ForestCells {
  readonly cells: Uint16Array | Uint32Array;
  readonly start: Uint32Array;
}

/** Deeper than this no tree grows. */
const MAX_DEPTH = 64;

/** Grows a tree, depth first.
 * @param order the rows to grow on; rearranged
 * @param search writes the split of the rows at start … end − 1 of `order`, or says false: a leaf */
export function growNodes(
  order: Uint32Array,
  data: ForestCells,
  search: (start: number, end: number, split: Split) => boolean,
): ForestTree {
  const spare = new Uint32Array(order.length);
  const column: number[] = [];
  const right: number[] = [];
  const set: number[] = [];
  const split: Split = { column: -1, left: new Uint8Array(256) };
  // (first, end, depth, the node whose right child this is or −1), in preorder.
  const stack: number[] = [0, order.length, 0, -1];
  while (stack.length > 0) {
    const parent = stack.pop() as number;
    const depth = stack.pop() as number;
    const end = stack.pop() as number;
    const first = stack.pop() as number;
    const node = column.length;
    if (parent >= 0) right[parent] = node;
    column.push(-1);
    right.push(-1);
    const found = depth < MAX_DEPTH && search(first, end, split);
    for (let word = 0; word < 8; word++) {
      let bits = 0;
      if (found) for (let bit = 0; bit < 32; bit++) if (split.left[32 * word + bit]) bits |= 1 << bit;
      set.push(bits >>> 0);
    }
    if (!found) continue;
    column[node] = split.column;
    const middle = partition(order, spare, { first, end, data, column: split.column, set, node });
    stack.push(middle, end, depth + 1, node, first, middle, depth + 1, -1);
  }
  return {
    column: shared(Int32Array, column),
    right: shared(Int32Array, right),
    set: shared(Uint32Array, set),
  };
}

/** Puts rows into a tree's nodes.
 * @param rows indices into the cells; not changed */
export function fillTree(tree: ForestTree, data: ForestCells, rows: Uint32Array): FilledTree {
  const nodes = tree.column.length;
  const n = rows.length;
  const d = data.start.length - 1;
  const { order, first, end } = placeRows(tree, data, rows);
  const groups = new Uint8Array(new SharedArrayBuffer(n * d));
  for (let j = 0; j < d; j++) {
    const from = data.start[j] as number;
    const column = groups.subarray(j * n, (j + 1) * n);
    for (let i = 0; i < n; i++) column[i] = (data.cells[(order[i] as number) * d + j] as number) - from;
    for (let node = 0; node < nodes; node++)
      if ((tree.column[node] as number) < 0) column.subarray(first[node], end[node]).sort();
  }
  return { ...tree, first, end, groups };
}

/** The tree without splits that leave fewer than `least` of these rows on a side: such a node becomes a leaf. */
export function pruneTree(
  tree: ForestTree,
  data: ForestCells,
  { rows, least }: { readonly rows: Uint32Array; readonly least: number },
): ForestTree {
  const { first, end } = placeRows(tree, data, rows);
  const held = (node: number): number => (end[node] as number) - (first[node] as number);
  const column: number[] = [];
  const right: number[] = [];
  const set: number[] = [];
  // (node, its kept parent whose right child it is or −1), in preorder.
  const stack: number[] = [0, -1];
  while (stack.length > 0) {
    const parent = stack.pop() as number;
    const node = stack.pop() as number;
    const kept = column.length;
    if (parent >= 0) right[parent] = kept;
    const other = tree.right[node] as number;
    const isLeaf = (tree.column[node] as number) < 0 || held(node + 1) < least || held(other) < least;
    column.push(isLeaf ? -1 : (tree.column[node] as number));
    right.push(-1);
    for (let word = 0; word < 8; word++) set.push(isLeaf ? 0 : (tree.set[8 * node + word] as number));
    if (!isLeaf) stack.push(other, kept, node + 1, -1);
  }
  return { column: shared(Int32Array, column), right: shared(Int32Array, right), set: shared(Uint32Array, set) };
}

/** Rows in the order of a tree's leaves, in the given order inside a leaf, and the stretch that each node holds. */
export function placeRows(
  tree: ForestTree,
  data: ForestCells,
  rows: Uint32Array,
): { readonly order: Uint32Array; readonly first: Uint32Array; readonly end: Uint32Array } {
  const nodes = tree.column.length;
  const order = rows.slice();
  const spare = new Uint32Array(rows.length);
  const first = new Uint32Array(new SharedArrayBuffer(4 * nodes));
  const end = new Uint32Array(new SharedArrayBuffer(4 * nodes));
  end[0] = rows.length;
  for (let node = 0; node < nodes; node++) {
    const column = tree.column[node] as number;
    if (column < 0) continue;
    const stretch = { first: first[node] as number, end: end[node] as number };
    const middle = partition(order, spare, { ...stretch, data, column, set: tree.set, node });
    const right = tree.right[node] as number;
    first[node + 1] = stretch.first;
    end[node + 1] = middle;
    first[right] = middle;
    end[right] = stretch.end;
  }
  return { order, first, end };
}

/** Whether a group of the node's column goes left. */
export function goesLeft(set: ArrayLike<number>, node: number, group: number): boolean {
  return (((set[8 * node + (group >> 5)] as number) >>> (group & 31)) & 1) === 1;
}

/** Stable; returns the first place of the right part. */
function partition(
  order: Uint32Array,
  spare: Uint32Array,
  part: {
    readonly first: number;
    readonly end: number;
    readonly data: ForestCells;
    readonly column: number;
    readonly set: ArrayLike<number>;
    readonly node: number;
  },
): number {
  const { first, end, data, column, set, node } = part;
  const { cells } = data;
  const d = data.start.length - 1;
  const from = data.start[column] as number;
  let left = first;
  let right = 0;
  for (let i = first; i < end; i++) {
    const row = order[i] as number;
    if (goesLeft(set, node, (cells[row * d + column] as number) - from)) order[left++] = row;
    else spare[right++] = row;
  }
  order.set(spare.subarray(0, right), left);
  return left;
}

function shared<T extends Int32Array | Uint32Array>(
  type: { new (buffer: SharedArrayBuffer): T; readonly BYTES_PER_ELEMENT: number },
  items: readonly number[],
): T {
  const out = new type(new SharedArrayBuffer(items.length * type.BYTES_PER_ELEMENT));
  out.set(items);
  return out;
}
