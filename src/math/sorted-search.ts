// Positional bounds: these stand in hot loops, where an object a call would cost.

/** The first place of sorted[from … end − 1] whose value is at least x; `end` where none is. Over all places: how many values are below x. */
export function countBelow(sorted: Float64Array, x: number, from = 0, end = sorted.length): number {
  let low = from;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first place of sorted[from … end − 1] whose value is above x; `end` where none is. Over all places: how many values are not above x. */
export function countUpTo(sorted: Float64Array, x: number, from = 0, end = sorted.length): number {
  let low = from;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}
