import type { Random } from "../../random.ts";

/** An order of rows of which every beginning is a draw: the first 25 are among the first 50. Within classes rows are shuffled; every beginning holds each
 * class in its share, to within one row, and as far as there is room one row of each class is among the first `smallest`.
 * @param classes the class of each row; null: there are none
 * @returns all row numbers
 * @source systematic sampling: Madow & Madow (1944), Annals of Mathematical Statistics 15(1) */
export function nestedOrder(
  rows: number,
  options: { readonly classes: Int32Array | null; readonly smallest: number; readonly random: Random },
): Uint32Array {
  const { classes, smallest, random } = options;
  const shuffled = random.split("rows").shuffle(Uint32Array.from({ length: rows }, (_, i) => i));
  if (!classes) return shuffled;
  const counts = new Map<number, number>();
  for (const label of classes) counts.set(label, (counts.get(label) ?? 0) + 1);
  // Labels in order of number, so that the draws do not depend on which row comes first.
  const starts = new Map(
    [...counts.keys()].sort((a, b) => a - b).map((label) => [label, random.split("start").split(label).uniform()]),
  );
  const seen = new Map<number, number>();
  const key = new Float64Array(rows);
  const isFirst = new Uint8Array(rows);
  for (const row of shuffled) {
    const label = classes[row] as number;
    const before = seen.get(label) ?? 0;
    seen.set(label, before + 1);
    // The k-th row of a class of n stands at about the k-th of n equal parts of the line.
    key[row] = (before + (starts.get(label) as number)) / (counts.get(label) as number);
    if (before === 0) isFirst[row] = 1;
  }
  const hasRoom = counts.size <= smallest / 2;
  const place = new Uint32Array(rows);
  shuffled.forEach((row, i) => {
    place[row] = i;
  });
  const byKey = shuffled
    .slice()
    .sort((a, b) => (key[a] as number) - (key[b] as number) || (place[a] as number) - (place[b] as number));
  if (!hasRoom) return byKey;
  // A class that the first `smallest` would lack takes the place of the last row of a class that has more than one there.
  const head = [...byKey.subarray(0, smallest)];
  const lacking = [...byKey.subarray(smallest)].filter((row) => isFirst[row] === 1);
  for (const row of lacking) {
    const within = new Map<number, number>();
    for (const other of head) within.set(classes[other] as number, (within.get(classes[other] as number) ?? 0) + 1);
    const most = Math.max(...within.values());
    head.splice(
      head.findLastIndex((other) => within.get(classes[other] as number) === most),
      1,
    );
    head.push(row);
  }
  const inHead = new Set(head);
  return Uint32Array.from([...head, ...byKey.filter((row) => !inHead.has(row))]);
}
