import { createLane } from "./create-lane.ts";
import type { Lane, LaneOptions } from "./lane.ts";
import type { Model } from "./model.ts";
import type { ModelConfiguration } from "./model-configuration.ts";

/** Default of `concurrency`: requests at a time, at most. */
export const DEFAULT_CONCURRENCY = 64;

/** The lane of a model, as its configuration asks for it. A number of requests at a time that somebody wrote down is sent from the first moment; the default one
 * is grown into. A batch takes whatever comes.
 * @param options name: the recipe's own for the model */
export function openLane(
  model: Model,
  options: {
    readonly name: string;
    readonly configuration: ModelConfiguration;
    readonly clock: LaneOptions["clock"];
    readonly timer?: LaneOptions["timer"];
    readonly events?: LaneOptions["events"];
  },
): Lane {
  const { name, configuration, ...rest } = options;
  const { concurrency, requestsPerMinute, tokensPerMinute } = configuration;
  const most = model.mostConcurrent ?? Number.POSITIVE_INFINITY;
  return createLane({
    ...rest,
    model: name,
    mostInFlight: configuration.batch ? most : Math.min(concurrency ?? DEFAULT_CONCURRENCY, most),
    slowStart: concurrency === undefined && !configuration.batch && model.provider !== "replay",
    // The limits of a minute are those of single requests.
    ...(!configuration.batch && { requestsPerMinute, tokensPerMinute }),
  });
}
