import { InvalidArgument } from "../../errors.ts";
import type { JsonSchema } from "../../llm/model.ts";
import type { CallStep } from "../recipe.ts";

/** What a judge is asked for: its reasoning first, then a whole number for each name of the rubric.
 *
 * Reasons before scores, since a model can only take into account what it has already written.
 * @returns the schema, and the rubric in words for the system message
 * @throws {InvalidArgument} no rubric, a name that is taken, a scale that is none */
export function judgeOutput({ name, rubric = {}, scale = [1, 5] }: CallStep): {
  readonly schema: JsonSchema;
  readonly words: string;
} {
  const scores = Object.entries(rubric);
  const [low, high] = scale;
  if (scores.length === 0)
    throw new InvalidArgument("no-rubric", `The judge "${name}" has no rubric.`, {
      advice: "Name under rubric what is scored and say what a high score means.",
    });
  if ("reasoning" in rubric)
    throw new InvalidArgument(
      "bad-rubric",
      `The rubric of the judge "${name}" scores "reasoning", the name of its reasons.`,
      {
        advice: "Choose another name for that score.",
      },
    );
  if (!(Number.isInteger(low) && Number.isInteger(high) && low < high))
    throw new InvalidArgument(
      "bad-scale",
      `The scale of the judge "${name}" is [${low}, ${high}]; want two whole numbers, the lower first.`,
      {
        advice: "Write for example [1, 5].",
      },
    );
  return {
    schema: {
      type: "object",
      properties: {
        reasoning: { type: "string", description: "Why, before any score." },
        ...Object.fromEntries(
          scores.map(([score, meaning]) => [
            score,
            { type: "integer", minimum: low, maximum: high, description: meaning },
          ]),
        ),
      },
      required: ["reasoning", ...scores.map(([score]) => score)],
      additionalProperties: false,
    },
    words: `Score each of these with a whole number from ${low} (worst) to ${high} (best), after writing down your reasoning:\n${scores.map(([score, meaning]) => `- ${score}: ${meaning}`).join("\n")}`,
  };
}
