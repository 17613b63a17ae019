import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Unsupported } from "../../errors.ts";

/** What is used of node-llama-cpp 3: its types by their shape, since the package is an optional peer. */
export interface LocalRuntime {
  getLlama(options: {
    readonly gpu: false;
    readonly build: "never";
    readonly skipDownload: true;
    readonly progressLogs: false;
    readonly logLevel: "error";
    readonly logger: (level: string, message: string) => void;
    readonly maxThreads: number;
  }): Promise<Llama>;
  readonly LlamaChat: new (options: {
    readonly contextSequence: LlamaSequence;
  }) => { readonly chatWrapper: ChatWrapper };
  readonly LlamaCompletion: new (options: { readonly contextSequence: LlamaSequence }) => LlamaCompletion;
}

export interface Llama {
  loadModel(options: { readonly modelPath: string; readonly gpuLayers: 0 }): Promise<LlamaModel>;
  createGrammarForJsonSchema(schema: unknown): Promise<object>;
  dispose(): Promise<void>;
}

export interface LlamaModel {
  readonly trainContextSize: number;
  readonly tokenizer: unknown;
  readonly tokens: { readonly bos: number | null };
  createContext(options: {
    readonly contextSize: number;
    readonly threads: number;
    readonly sequences: 1;
  }): Promise<{ getSequence(): LlamaSequence }>;
}

export interface LlamaSequence {
  /** Tokens that it holds. */
  readonly nextTokenIndex: number;
  clearHistory(): Promise<void>;
  eraseContextTokenRanges(ranges: readonly { readonly start: number; readonly end: number }[]): Promise<void>;
  evaluateWithoutGeneratingNewTokens(tokens: readonly number[]): Promise<void>;
  readonly tokenMeter: {
    readonly usedInputTokens: number;
    readonly usedOutputTokens: number;
  };
}

export type ChatItem =
  | { readonly type: "system" | "user"; readonly text: string }
  | { readonly type: "model"; readonly response: readonly string[] };

export interface ChatWrapper {
  generateContextState(options: { readonly chatHistory: readonly ChatItem[] }): {
    readonly contextText: { tokenize(tokenizer: unknown): number[] };
    readonly stopGenerationTriggers: readonly unknown[];
  };
}

export interface LlamaCompletion {
  generateCompletionWithMeta(
    input: readonly number[],
    options: {
      readonly maxTokens: number;
      readonly temperature: number;
      readonly topP: number;
      readonly seed: number;
      readonly signal: AbortSignal;
      readonly customStopTriggers: readonly unknown[];
      readonly disableContextShift: true;
      readonly grammar?: object;
      readonly topK?: number;
      readonly minP?: number;
      readonly repeatPenalty?: false | { readonly penalty: number };
    },
  ): Promise<{ readonly response: string; readonly metadata: { readonly stopReason: string } }>;
}

/** The version that was tried; others of the same major are taken too. */
export const RUNTIME_VERSION = "3.22.1";

/** Where an installed runtime is. */
export interface FoundRuntime {
  readonly folder: string;
  readonly version: string;
}

/** Looks for the runtime: beside this package, then in the user's folders and those above them, in their order.
 * @param folders the working folder, and the cache's folder for it */
export function findRuntime({ folders }: { readonly folders: readonly string[] }): FoundRuntime | undefined {
  for (const start of [dirname(fileURLToPath(import.meta.url)), ...folders])
    for (let at = start; ; at = dirname(at)) {
      const folder = join(at, "node_modules", "node-llama-cpp");
      const description = join(folder, "package.json");
      if (existsSync(description)) {
        const { version } = JSON.parse(readFileSync(description, "utf8")) as { version?: string };
        return { folder, version: version ?? "?" };
      }
      if (dirname(at) === at) break;
    }
  return undefined;
}

/** Loads the runtime.
 * @throws {Unsupported} it is not installed, or it is of another major version, or it does not load: says the command that installs it */
export async function loadRuntime({ folders }: { readonly folders: readonly string[] }): Promise<LocalRuntime> {
  const found = findRuntime({ folders });
  const advice = `Run "counterfoil models pull --with-runtime", or beside your project: ${installCommand()}`;
  if (!found)
    throw new Unsupported(
      "no-runtime",
      "The embedded model runs on the package node-llama-cpp, which is not installed.",
      {
        advice,
      },
    );
  if (!found.version.startsWith("3."))
    throw new Unsupported(
      "wrong-runtime",
      `The embedded model runs on node-llama-cpp 3; ${found.folder} is version ${found.version}.`,
      { advice },
    );
  try {
    return (await import(pathToFileURL(join(found.folder, "dist", "index.js")).href)) as LocalRuntime;
  } catch (cause) {
    throw new Unsupported(
      "bad-runtime",
      `node-llama-cpp in ${found.folder} does not load: ${(cause as Error).message}`,
      {
        advice,
        cause,
      },
    );
  }
}

/** The packages that make the runtime on this machine, without those for graphics cards: 85 MB instead of 725. */
export function runtimePackages({
  platform,
  arch,
}: {
  readonly platform: string;
  readonly arch: string;
}): readonly [string, string] | undefined {
  const binary = BINARIES[`${platform}-${arch}`];
  return binary === undefined
    ? undefined
    : [`node-llama-cpp@${RUNTIME_VERSION}`, `@node-llama-cpp/${binary}@${RUNTIME_VERSION}`];
}

/** As a reader would type it. */
export function installCommand(): string {
  const packages = runtimePackages(process) ?? [`node-llama-cpp@${RUNTIME_VERSION}`];
  return `npm install --ignore-scripts --omit=optional ${packages.join(" ")}`;
}

const BINARIES: Readonly<Record<string, string>> = {
  "linux-x64": "linux-x64",
  "linux-arm64": "linux-arm64",
  "linux-arm": "linux-armv7l",
  "linux-riscv64": "linux-riscv64",
  "darwin-arm64": "mac-arm64-metal",
  "darwin-x64": "mac-x64",
  "win32-x64": "win-x64",
  "win32-arm64": "win-arm64",
};
