/** What a cell of one column must be. */
export interface ColumnCondition {
  readonly column: string;
  /** Whether a missing cell will do. */
  readonly missing: boolean;
  /** Columns of numbers and dates (milliseconds): closed intervals, ascending, not touching. Absent for text. */
  readonly intervals?: readonly (readonly [number, number])[];
  /** Text columns: the labels that will do. */
  readonly labels?: readonly string[];
}

/** Whether a number lies in one of the intervals. */
export function isInside(intervals: ColumnCondition["intervals"], value: number): boolean {
  return intervals?.some(([low, high]) => value >= low && value <= high) ?? false;
}
