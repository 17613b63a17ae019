/** The candidate closest to a mistyped name (Damerau-Levenshtein, optimal string alignment), or undefined when none is near enough.
 * @source Boytsov (2011), "Indexing methods for approximate dictionary searching", §2 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  // Two edits turn any word of two letters into any other.
  const allowed = name.length < 4 ? 1 : Math.max(2, Math.floor(name.length / 3));
  return bestDistance <= allowed && bestDistance < name.length ? best : undefined;
}

/** The end of a sentence about an unknown name: the nearest one there is, and all there are. */
export function suggest(got: string, candidates: readonly string[]): string {
  const near = nearest(got, candidates);
  return `${near ? `; did you mean "${near}"?` : "."} There are: ${candidates.join(", ")}`;
}

function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 12) return Number.POSITIVE_INFINITY;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let d = Math.min((above[j] as number) + 1, (row[j - 1] as number) + 1, (above[j - 1] as number) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        d = Math.min(d, (before[j - 2] as number) + 1);
      row.push(d);
    }
    before = above;
    above = row;
  }
  return above[b.length] as number;
}
