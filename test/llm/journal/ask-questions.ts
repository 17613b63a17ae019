import { openSync, writeSync } from "node:fs";
import { createCaller } from "../../../src/llm/caller.ts";
import { openJournal } from "../../../src/llm/journal/open-journal.ts";
import type { Model } from "../../../src/llm/model.ts";
import { openModel } from "../../../src/llm/providers/index.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { plainLane } from "../plain-lane.ts";

/** Asks `count` questions of an endpoint through a journal, sixteen at a time.
 * @param receivedFile gets a byte as soon as an answer is in this process's hands */
export async function askQuestions(
  folder: string,
  {
    baseUrl,
    count,
    receivedFile,
  }: { readonly baseUrl: string; readonly count: number; readonly receivedFile?: string | undefined },
): Promise<{ readonly texts: readonly string[]; readonly replayed: number }> {
  const received = receivedFile === undefined ? undefined : openSync(receivedFile, "a");
  const clock = { milliseconds: () => performance.now() };
  const journal = await openJournal(folder, { clock });
  const model = await openModel(
    { provider: "openai", model: "mock", baseUrl, concurrency: 16 },
    { name: "writer", effects: { environment: {}, readText: () => Promise.reject(new Error("none")) } },
  );
  const watched: Model = {
    ...model,
    async send(request, options) {
      const exchange = await model.send(request, options);
      if (exchange.answer !== undefined && received !== undefined) writeSync(received, ".");
      return exchange;
    },
  };
  const lane = plainLane({ places: 16 });
  const caller = createCaller({
    models: { writer: { model: watched, lane, tries: 6, timeoutMs: 5000, price: { input: 1, output: 2 } } },
    journal,
    recipeVersion: 1,
    clock,
    random: randomFromSeed(1),
    signal: new AbortController().signal,
  });
  try {
    const parameters = { maxTokens: 50 };
    const results = await Promise.all(
      Array.from({ length: count }, (_, i) =>
        caller.call({
          model: "writer",
          request: { kind: "chat", messages: [{ role: "user", content: `Question ${i}?` }], parameters },
          sample: 0,
          column: "answer",
          priority: i,
        }),
      ),
    );
    return {
      texts: results.map(({ answer, failure }) => answer?.text ?? `failed: ${failure?.message}`),
      replayed: results.filter(({ record }) => record?.replayed).length,
    };
  } finally {
    await caller.close();
    await journal.close();
    await model.close();
  }
}
