import type { Arm } from "../../hybrid/collapse/arms.ts";
import type { JobEvents } from "../job.ts";

export interface CollapseOptions {
  /** A real table; absent: the linear model is simulated. */
  readonly table?: string | undefined;
  readonly query?: string | undefined;
  readonly schema?: string | undefined;
  /** Default: "mixture". */
  readonly synthesizer?: string | undefined;
  readonly synthesizerOptions?: Readonly<Record<string, unknown>> | undefined;
  /** Default 6, of the linear model 8. */
  readonly generations?: number | undefined;
  /** What generations are learnt from; default: all three. */
  readonly arms?: readonly Arm[] | undefined;
  /** Independent sequences of generations of each arm; default 3. */
  readonly seeds?: number | undefined;
  /** Simulations of the linear model; default 1,000. */
  readonly trials?: number | undefined;
  readonly out?: string | undefined;
  readonly seed?: number | undefined;
  readonly threads?: number | undefined;
  readonly events?: JobEvents | undefined;
  readonly signal?: AbortSignal | undefined;
}
