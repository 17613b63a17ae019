import type { ModelParameters, OutputMode } from "./model.ts";

/** A model as a recipe names it: which provider, where, and how it may be asked. Holds no secret. */
export interface ModelConfiguration {
  readonly provider: "openai" | "anthropic" | "gemini" | "local" | "replay";
  readonly model: string;
  /** OpenAI-compatible: up to and with /v1. Default: the provider's own. */
  readonly baseUrl?: string | undefined;
  /** Where the key is, never the key itself. Default: the provider's usual environment variable (OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY); where a
   * base URL is given, no key. */
  readonly apiKey?: { readonly env: string } | { readonly file: string } | undefined;
  readonly parameters?: ModelParameters | undefined;
  /** Requests at a time at most; admission finds how many the server bears. Default 64. */
  readonly concurrency?: number | undefined;
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
  /** Of one request; default 120. */
  readonly timeoutSeconds?: number | undefined;
  /** Times one request is sent at most, rate limits not counted; default 6. */
  readonly tries?: number | undefined;
  /** A second request where the first is slower than this percentile of the lane's latencies (e.g. .99); both may be paid. Default: never. */
  readonly hedge?: number | undefined;
  /** Rungs of the ladder to use; default: all that the provider knows. */
  readonly structured?: readonly OutputMode[] | undefined;
  /** Through the provider's batch API at about half the price; answers within 24 hours. Default false. */
  readonly batch?: boolean | undefined;
  /** replay: a JSONL file of recorded answers. */
  readonly recording?: string | undefined;
}
