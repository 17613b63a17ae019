import { collapse } from "./hybrid/collapse.ts";
import { coverage } from "./hybrid/coverage.ts";
import { inferenceSpeed } from "./hybrid/inference-speed.ts";
import { scaling } from "./hybrid/scaling.ts";
import { surface } from "./hybrid/surface.ts";
import { flagsOf } from "./measure.ts";

/** One measurement of real and synthetic rows together; prints its own table. */
export type HybridPart = (options: {
  readonly quick: boolean;
  readonly json: boolean;
  readonly flag: (name: string) => string | undefined;
}) => Promise<void>;

const PARTS: Readonly<Record<string, HybridPart>> = {
  coverage,
  "inference-speed": inferenceSpeed,
  scaling,
  surface,
  collapse,
};

/** Estimates, scaling laws and generations. Flags: --parts=coverage,… */
export async function run(options: {
  readonly quick: boolean;
  readonly json: boolean;
  readonly flags?: readonly string[];
}): Promise<void> {
  const flag = flagsOf(options.flags);
  const names = flag("parts")?.split(",") ?? Object.keys(PARTS);
  for (const name of names) {
    const part = PARTS[name];
    if (!part) throw new Error(`no part "${name}"; there are ${Object.keys(PARTS).join(", ")}`);
    await part({ quick: options.quick, json: options.json, flag });
  }
}
