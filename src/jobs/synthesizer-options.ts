import { z } from "zod";
import { InvalidArgument } from "../errors.ts";
import { nearest } from "../math/nearest-name.ts";
import type { Synthesizer } from "../synthesizers/synthesizer.ts";

/** A synthesizer's options: those given, its defaults for the others, and the declared target where it has an option for one.
 * @throws {InvalidArgument} it has no such option, or the value is none for it */
export function optionsFor<O>(
  synthesizer: Synthesizer<O>,
  given: Readonly<Record<string, unknown>>,
  { target }: { readonly target?: string | undefined } = {},
): O {
  const shape = synthesizer.options instanceof z.ZodObject ? Object.keys(synthesizer.options.shape) : undefined;
  const unknown = shape && Object.keys(given).find((name) => !shape.includes(name));
  if (shape && unknown !== undefined) {
    const close = nearest(unknown, shape);
    throw new InvalidArgument(
      "unknown-option",
      `The synthesizer "${synthesizer.name}" has no option "${unknown}".${close ? ` Did you mean "${close}"?` : ""}`,
      { advice: shape.length > 0 ? `It has: ${shape.join(", ")}.` : "It has none." },
    );
  }
  const parsed = synthesizer.options.safeParse(
    target !== undefined && shape?.includes("target") ? { target, ...given } : given,
  );
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InvalidArgument(
    "bad-option",
    `Option "${issue?.path.join(".") ?? ""}" of the synthesizer "${synthesizer.name}": ${issue?.message ?? "wrong value"}.`,
    { advice: `docs/synthesizers/${synthesizer.name}.md lists its options.` },
  );
}
