/** Neighbouring levels put together into groups of about equal count; a level that fills a group alone stays alone. Levels are kept
 * as they are when no more than `bins` of them occur.
 * @param counts rows that hold each level
 * @param bins groups wanted; heavy levels can make it more, never as much as twice
 * @returns the group of each level, and the highest level of each group */
export function mergeLevels(
  counts: Int32Array,
  bins: number,
): { readonly group: Uint8Array; readonly top: Uint8Array } {
  const group = new Uint8Array(counts.length);
  const top: number[] = [];
  let present = 0;
  let n = 0;
  for (const count of counts) {
    if (count > 0) present++;
    n += count;
  }
  const share = present <= bins ? 1 : n / bins;
  let held = 0;
  for (let level = 0; level < counts.length; level++) {
    const count = counts[level] as number;
    // A heavy level does not join a group that was begun.
    if (held > 0 && count >= share) {
      top.push(level - 1);
      held = 0;
    }
    group[level] = top.length;
    held += count;
    if (held >= share) {
      top.push(level);
      held = 0;
    }
  }
  if (held > 0 || top.length === 0) top.push(counts.length - 1);
  // Levels that nobody holds, behind the last group, belong to it.
  for (let level = 0; level < counts.length; level++) group[level] = Math.min(group[level] as number, top.length - 1);
  return { group, top: Uint8Array.from(top) };
}
