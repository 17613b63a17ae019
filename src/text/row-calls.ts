import type { CallRecord } from "../llm/call.ts";
import type { CallMark } from "./step.ts";

/** A call that a cell of a row made. */
export interface RowCall {
  readonly step: string;
  readonly record: CallRecord;
  /** What became of the answer; absent: it was taken as it came. */
  readonly mark?: CallMark | undefined;
}
