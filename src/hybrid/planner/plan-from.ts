import type { Random } from "../../random.ts";
import type { PlanAnswers, PlanQuestion } from "./answers.ts";
import type { Pilot } from "./pilot.ts";

/** Everything that a pilot says of real and synthetic rows together.
 * @param options.draws redrawn pilots behind each interval, default 200
 * @throws {InvalidData} fewer than four real sizes without synthetic rows have a value
 * @throws {InvalidArgument} a cost, level or number of rows out of range */
export function planFrom(
  _pilot: Pilot,
  _question: PlanQuestion,
  _options: { readonly random: Random; readonly draws?: number | undefined },
): PlanAnswers {
  throw new Error("not yet");
}
