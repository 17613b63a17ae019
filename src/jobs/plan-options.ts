import type { Arm } from "../hybrid/planner/pilot.ts";
import type { JobEvents } from "./job.ts";

/** What is asked of a pilot, whether it is run or read. */
export interface PlanOptions {
  /** The table to learn from: real rows. With `grid`: none. */
  readonly train?: string | undefined;
  /** A pilot that was run before, as CSV: real, synthetic, seed, value (and arm, test, failure). */
  readonly grid?: string | undefined;
  /** The column to be predicted. A student of one's own needs none; then draws are not stratified. */
  readonly target?: string | undefined;
  /** Columns that give the target away. */
  readonly targetLeaks?: readonly string[] | undefined;
  /** What the columns mean, as `counterfoil schema` writes it. */
  readonly schema?: string | undefined;
  /** Real rows to test on; default: a share of `train`. */
  readonly test?: string | undefined;
  /** Share of `train` that is kept apart to test on, default .3. */
  readonly testShare?: number | undefined;
  /** A second real test set, from where the model will be used. */
  readonly shifted?: string | undefined;
  /** One or two columns of text: a student for texts instead of one for tables. */
  readonly text?: readonly string[] | undefined;
  /** Makes the synthetic rows of a table; default "gaussian-copula". */
  readonly synthesizer?: string | undefined;
  readonly synthesizerOptions?: Readonly<Record<string, unknown>> | undefined;
  /** A command that makes the synthetic rows: `python3 make.py {real} {rows} {seed} {out}`. */
  readonly generate?: string | undefined;
  /** A command that trains, tests and prints a number: `python3 train.py {real} {synthetic} {test}`. */
  readonly student?: string | undefined;
  /** Environment variables that the commands get beside PATH and its like. */
  readonly variables?: readonly string[] | undefined;
  /** For one run of a command; default 3,600. */
  readonly programSeconds?: number | undefined;
  /** "auc", "accuracy", "log-loss", "r2", "rmse"; of a command or a grid any name. */
  readonly metric?: string | undefined;
  readonly better?: "higher" | "lower" | undefined;
  /** The metric of a perfect student; default 1 where higher is better and 0 where lower is. */
  readonly perfect?: number | undefined;
  /** Real sizes; default: 25, 50, 100, 250, 500, 1000, 2000 as far as there are rows. */
  readonly real?: readonly number[] | undefined;
  /** Synthetic rows, as multiples of the real ones; default 0, 1, 2, 5, 10. */
  readonly synthetic?: readonly number[] | undefined;
  /** Draws of real rows at each size, default 5. */
  readonly seeds?: number | undefined;
  /** Default: both; of a command: mix, and pretrain too where it takes {arm}. */
  readonly arms?: readonly Arm[] | undefined;
  /** Of one row, in any unit; default 1 and .01. */
  readonly costReal?: number | undefined;
  readonly costSynthetic?: number | undefined;
  /** The metric to be reached. */
  readonly goal?: number | undefined;
  /** Real rows that there are or could be had; default: those to train on. */
  readonly available?: number | undefined;
  /** Of all intervals, default .9. */
  readonly level?: number | undefined;
  /** Redrawn pilots behind each interval, default 200. */
  readonly draws?: number | undefined;
  /** Folder of the answer; must not exist. Default: `<train>-plan`; of a grid: nothing is written. */
  readonly out?: string | undefined;
  /** Folder in which what was measured is kept until the answer is written; default: `<out>-work`, removed at the end. */
  readonly work?: string | undefined;
  readonly seed?: number | undefined;
  readonly threads?: number | undefined;
  readonly events?: JobEvents | undefined;
  readonly signal?: AbortSignal | undefined;
}
