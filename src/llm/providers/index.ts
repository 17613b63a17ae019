import { InvalidArgument, Unsupported } from "../../errors.ts";
import { createBatchModel } from "../batch-model.ts";
import type { BatchStore } from "../batch-store.ts";
import { createHttpClient } from "../http.ts";
import { findKey } from "../http-key.ts";
import { createHttpModel } from "../http-model.ts";
import type { Model, OutputMode } from "../model.ts";
import type { ModelConfiguration } from "../model-configuration.ts";
import { DEFAULT_CONCURRENCY } from "../open-lane.ts";
import { createAnthropicApi } from "./anthropic.ts";
import { createGeminiApi } from "./gemini.ts";
import { createOpenaiApi } from "./openai.ts";
import type { ProviderApi } from "./provider-api.ts";
import { createReplayModel } from "./replay.ts";

/** What a model needs of the world. */
export interface ModelEffects {
  /** Keys and proxies are looked up here, when the model is opened. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The text of a recording. */
  readonly readText: (path: string) => Promise<string>;
  /** Opens a model that runs in this process; absent: there is none. */
  readonly openLocal?: ((configuration: ModelConfiguration) => Promise<Model>) | undefined;
  readonly notice?: ((text: string) => void) | undefined;
  /** Where the records of batches survive a crash; needed by a model with `batch: true`. */
  readonly batchStore?: BatchStore | undefined;
}

interface HttpProvider {
  readonly baseUrl: string;
  readonly keyVariable: string;
  readonly create: (options: { readonly model: string; readonly host: string }) => ProviderApi;
}

/** A new provider that is reached by HTTP is one line here. */
const HTTP_PROVIDERS: Readonly<Record<"openai" | "anthropic" | "gemini", HttpProvider>> = {
  openai: { baseUrl: "https://api.openai.com/v1", keyVariable: "OPENAI_API_KEY", create: createOpenaiApi },
  anthropic: { baseUrl: "https://api.anthropic.com/v1", keyVariable: "ANTHROPIC_API_KEY", create: createAnthropicApi },
  gemini: {
    baseUrl: "https://generativelanguage.googleapis.com/v1beta",
    keyVariable: "GEMINI_API_KEY",
    create: createGeminiApi,
  },
};

/** Opens the model that a configuration names. Nothing is sent yet.
 * @param name the recipe's own name for it, for messages
 * @throws {InvalidArgument} a key is missing, the base URL is none, a rung is unknown to the provider
 * @throws {InvalidData} the recording cannot be used
 * @throws {Unsupported} a local model where there is no runtime */
export async function openModel(
  configuration: ModelConfiguration,
  options: { readonly name: string; readonly effects: ModelEffects },
): Promise<Model> {
  const { name, effects } = options;
  switch (configuration.provider) {
    case "local": {
      if (effects.openLocal) return effects.openLocal(configuration);
      throw new Unsupported("no-local-models", `Model "${name}" is local, and no runtime for local models is here.`);
    }
    case "replay": {
      const file = configuration.recording;
      if (file === undefined)
        throw new InvalidArgument("missing-recording", `Model "${name}" replays, but names no recording.`, {
          advice: 'Name a JSONL file of answers under "recording".',
        });
      return createReplayModel(await effects.readText(file), { file, name: configuration.model });
    }
    default:
      return openHttpModel(configuration, { ...options, provider: configuration.provider });
  }
}

async function openHttpModel(
  configuration: ModelConfiguration,
  {
    name,
    effects,
    provider,
  }: { readonly name: string; readonly effects: ModelEffects; readonly provider: keyof typeof HTTP_PROVIDERS },
): Promise<Model> {
  const known = HTTP_PROVIDERS[provider];
  if (known === undefined)
    throw new InvalidArgument("unknown-provider", `Model "${name}": there is no provider "${provider}".`, {
      advice: `Use one of ${[...Object.keys(HTTP_PROVIDERS), "local", "replay"].join(", ")}.`,
    });
  const base = readBaseUrl(configuration.baseUrl ?? known.baseUrl, { name });
  const isOwn = configuration.baseUrl === undefined;
  // The key of the provider is not carried to another server unless the configuration names it.
  const key =
    isOwn || configuration.apiKey !== undefined
      ? await findKey(configuration.apiKey, {
          model: name,
          usual: known.keyVariable,
          environment: effects.environment,
          notice: effects.notice,
        })
      : null;
  const api = known.create({ model: configuration.model, host: base.hostname });
  const secrets = key === null ? [] : [key];
  const client = createHttpClient(base, {
    connections: configuration.concurrency ?? DEFAULT_CONCURRENCY,
    headers: api.headers(key === null ? null : key.reveal()),
    secrets,
    environment: effects.environment,
  });
  const common = {
    name: configuration.model,
    endpoint: base.href.replace(/\/$/, ""),
    modes: chooseModes(configuration.structured, { api, name }),
    client,
    secrets,
  };
  const single = createHttpModel(api, common);
  if (!configuration.batch) return single;
  return createBatchModel(api, { ...common, single, store: effects.batchStore, notice: effects.notice });
}

function readBaseUrl(text: string, { name }: { readonly name: string }): URL {
  const wrong = (what: string, advice: string): InvalidArgument =>
    new InvalidArgument("bad-base-url", `Model "${name}": the base URL ${what}.`, { advice });
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // The text itself might hold a password.
    throw wrong("is none", "Write it in full, up to and with /v1: http://127.0.0.1:8000/v1");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw wrong(`begins with ${url.protocol}`, "It begins with http:// or https://.");
  if (url.username || url.password)
    throw wrong("holds a user or a password", 'Take it out, and say under "apiKey" where the key is.');
  if (url.search) throw wrong("has a query", "End it before the question mark: keys do not belong there.");
  url.hash = "";
  url.pathname = url.pathname.replace(/\/+$/, "");
  return url;
}

function chooseModes(
  wanted: readonly OutputMode[] | undefined,
  { api, name }: { readonly api: ProviderApi; readonly name: string },
): readonly OutputMode[] {
  if (wanted === undefined) return api.modes;
  const unknown = wanted.find((mode) => !api.modes.includes(mode));
  if (unknown !== undefined)
    throw new InvalidArgument(
      "unknown-mode",
      `Model "${name}": ${api.provider} has no structured output by "${unknown}".`,
      {
        advice: `Choose among ${api.modes.join(", ")}.`,
      },
    );
  return [...wanted.filter((mode) => mode !== "prompt"), "prompt"];
}
