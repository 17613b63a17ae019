import type { CallFailure } from "../../llm/call.ts";
import type { CellOutcome } from "../step.ts";

/** What a call without an answer means for its row, or for the run.
 * @param options.model the recipe's name of the model that was asked */
export function outcomeOfFailure(failure: CallFailure, { model }: { readonly model: string }): CellOutcome {
  const { kind, message } = failure;
  switch (kind) {
    case "budget":
      return { stop: { reason: kind, detail: message } };
    case "bad-key":
    case "no-model":
      return { stop: { reason: kind, detail: `Model "${model}": ${message}` } };
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
