import { type Bins, binColumns, toBins } from "../bins.ts";
import { accuracyOf, countColumn } from "../contingency.ts";
import { type Grouped, type GroupedFrames, groupFrames } from "../grouped.ts";
import { type Estimate, meanEstimate } from "../jackknife.ts";
import type { Metric, WorstPart } from "../metric.ts";
import { comparedScore, notApplicable, notComputable, tooFewRows } from "../score.ts";

const BINS = 20;

/** Mean over the columns of 1 − total variation distance, over bins that all sides share. */
export const columnAccuracy: Metric = {
  name: "column-accuracy",
  title: "Column accuracy",
  family: "fidelity",
  better: "higher",
  range: [0, 1],
  source: "1 − total variation distance over shared quantile bins, as in mostlyai-qa (2024), with a measured ceiling",
  definitionVersion: 1,
  explains:
    "How well each column by itself is reproduced, missing cells included; it says nothing about relations between columns.",
  async measure(input) {
    const few = tooFewRows(input);
    if (few) return notComputable(columnAccuracy, few);
    const frames = groupFrames(input.frames, input.random.split("column-accuracy"));
    const columns = measureColumns(frames);
    if (columns.length === 0)
      return notApplicable(columnAccuracy, "Every column is constant: there is no distribution to compare.");
    return comparedScore(
      columnAccuracy,
      input,
      {
        value: meanEstimate(columns.map((column) => column.value)),
        ceiling: meanEstimate(columns.map((column) => column.ceiling)),
        // Permuting a column by itself leaves it the same: the floor of a metric on single columns is its ceiling.
        floor: meanEstimate(columns.map((column) => column.ceiling)),
      },
      {
        n: frames.rows,
        worst: worstColumns(columns),
        details: { measured: columns.length, skipped: frames.columns.length - columns.length, bins: BINS },
      },
    );
  },
};

interface ColumnResult {
  readonly name: string;
  readonly value: Estimate;
  readonly ceiling: Estimate;
}

function measureColumns(frames: GroupedFrames): ColumnResult[] {
  const out: ColumnResult[] = [];
  binColumns(frames, BINS).forEach((bins, j) => {
    const reference = count(frames.reference, j, bins);
    const synthetic = count(frames.synthetic, j, bins);
    const ceiling = count(frames.ceiling, j, bins);
    let used = 0;
    for (let bin = 0; bin < bins.count; bin++)
      if ((reference[bin] as number) + (synthetic[bin] as number) + (ceiling[bin] as number) > 0) used++;
    if (used < 2) return;
    out.push({
      name: (frames.columns[j] as { name: string }).name,
      value: accuracyOf(reference, synthetic, bins.count),
      ceiling: accuracyOf(reference, ceiling, bins.count),
    });
  });
  return out;
}

function count(side: Grouped, column: number, bins: Bins): Float64Array {
  return countColumn(toBins(side.codes[column] as Uint8Array, bins), bins.count, side.starts);
}

function worstColumns(columns: readonly ColumnResult[]): WorstPart[] {
  return columns
    .map(({ name, value, ceiling }) => ({ name, value: value[0] as number, ceiling: ceiling[0] as number }))
    .sort((a, b) => b.ceiling - b.value - (a.ceiling - a.value));
}
