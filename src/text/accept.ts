/** Says how many rows to begin so that exactly `rows` are accepted in the end and none was begun in vain: a row may be begun only while those begun and
 * not (yet) rejected are fewer than `rows`. The rows begun are then 0 … M − 1, where M is the first number of attempts among which `rows` are good,
 * whatever the order in which verdicts arrive: docs/decisions/0007-exactly-n.md has the proof. */
export interface Acceptance {
  readonly begun: number;
  readonly accepted: number;
  /** Known to be rejected, delivered or not. */
  readonly rejected: number;
  mayBegin(): boolean;
  /** Attempts that will be made as far as is known: grows by one with each rejection. Infinity: nobody knows. */
  attemptsSoFar(): number;
  begin(): void;
  reject(): void;
  accept(): void;
}

/** @param rows accepted rows wanted, or "all": every attempt that there is
 * @param mostAttempts rows begun at most */
export function acceptanceOf({
  rows,
  mostAttempts,
}: {
  readonly rows: number | "all";
  readonly mostAttempts: number;
}): Acceptance {
  const wanted = rows === "all" ? Number.POSITIVE_INFINITY : rows;
  let begun = 0;
  let accepted = 0;
  let rejected = 0;
  return {
    get begun() {
      return begun;
    },
    get accepted() {
      return accepted;
    },
    get rejected() {
      return rejected;
    },
    mayBegin: () => begun - rejected < wanted && begun < mostAttempts,
    attemptsSoFar: () => Math.min(wanted + rejected, mostAttempts),
    begin() {
      begun++;
    },
    reject() {
      rejected++;
    },
    accept() {
      accepted++;
    },
  };
}

/** Attempts in a row that may be rejected before a run that accepted nothing is given up: at the lowest share of good rows with which it could still
 * reach its number (one in a hundred where every row of a source is tried), so many rejections come about once in a million. At least 50. */
export function hopelessAttempts({
  rows,
  mostAttempts,
}: {
  readonly rows: number | "all";
  readonly mostAttempts: number;
}): number {
  const share = rows === "all" ? 0.01 : Math.min(rows / mostAttempts, 1);
  return Math.max(50, Math.ceil(Math.log(1e6) / -Math.log1p(-share)));
}
