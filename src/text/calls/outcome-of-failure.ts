import type { CallFailure } from "../../llm/call.ts";
import type { CellOutcome } from "../step.ts";

/** What a call without an answer means for its row, or for the run. */
export function outcomeOfFailure(failure: CallFailure): CellOutcome {
  const { kind, message } = failure;
  switch (kind) {
    case "budget":
    case "bad-key":
    case "no-model":
      return { stop: { reason: kind, detail: message } };
    case "context":
    case "not-recorded":
      return { reject: { reason: kind, detail: message } };
    default:
      return {
        reject: {
          reason: "failed",
          detail: `${kind}: ${message}${failure.tries > 1 ? ` (${failure.tries} tries)` : ""}`,
        },
      };
  }
}
