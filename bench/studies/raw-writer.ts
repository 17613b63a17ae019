import { homedir } from "node:os";
import { join } from "node:path";
import { localFile } from "../../src/llm/local/local-file.ts";
import { loadRuntime } from "../../src/llm/local/local-runtime.ts";

/** Goes on with a text, without any chat template. */
export interface RawWriter {
  write(prompt: string, options: { readonly seed: number; readonly maxTokens: number }): Promise<string>;
  close(): Promise<void>;
}

/** The embedded model as a plain writer: with 135 million parameters it goes on with a list far better than it follows an instruction.
 * One sequence, one thread: the same prompt and seed have the same answer on the same machine. */
export async function rawWriter(model: string): Promise<RawWriter> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "counterfoil");
  const runtime = await loadRuntime({ folders: [process.cwd(), join(cache, "runtime")] });
  const llama = await runtime.getLlama({
    ...{ gpu: false, build: "never", skipDownload: true, progressLogs: false, logLevel: "error" },
    ...{ logger: () => undefined, maxThreads: 1 },
  });
  const loaded = await llama.loadModel({
    modelPath: await localFile(model, { cache, folder: process.cwd() }),
    gpuLayers: 0,
  });
  const context = await loaded.createContext({ contextSize: 512, threads: 1, sequences: 1 });
  const completion = new runtime.LlamaCompletion({ contextSequence: context.getSequence() });
  const tokenizer = loaded as unknown as { tokenize(text: string): readonly number[] };
  return {
    async write(prompt, { seed, maxTokens }) {
      const { response } = await completion.generateCompletionWithMeta(tokenizer.tokenize(prompt), {
        ...{ maxTokens, seed, temperature: 0.8, topP: 0.95 },
        signal: new AbortController().signal,
        customStopTriggers: ["\n\n", "\nTopic"],
        disableContextShift: true,
      });
      return response;
    },
    close: () => llama.dispose(),
  };
}
