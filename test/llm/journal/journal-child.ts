import { createCaller } from "../../../src/llm/caller.ts";
import { openJournal } from "../../../src/llm/journal/open-journal.ts";
import { openModel } from "../../../src/llm/providers/index.ts";
import { randomFromSeed } from "../../../src/random.ts";
import { plainLane } from "../plain-lane.ts";

/** A process to be killed: asks `count` questions through a journal and says so on its standard output.
 * Arguments: folder, base URL, count. */
const [folder = "", baseUrl = "", count = "0"] = process.argv.slice(2);
const clock = { milliseconds: () => performance.now() };
try {
  const journal = await openJournal(folder, { clock });
  const model = await openModel(
    { provider: "openai", model: "mock", baseUrl, concurrency: 16 },
    { name: "writer", effects: { environment: {}, readText: () => Promise.reject(new Error("none")) } },
  );
  const caller = createCaller({
    models: {
      writer: { model, lane: plainLane({ places: 16 }), tries: 6, timeoutMs: 5000, price: { input: 1, output: 2 } },
    },
    journal,
    recipeVersion: 1,
    clock,
    random: randomFromSeed(1),
    signal: new AbortController().signal,
  });
  process.stdout.write("open\n");
  const results = await Promise.all(
    Array.from({ length: Number(count) }, (_, i) =>
      caller.call({
        model: "writer",
        request: {
          kind: "chat",
          messages: [{ role: "user", content: `Question ${i}?` }],
          parameters: { maxTokens: 50 },
        },
        sample: 0,
        column: "answer",
        priority: i,
      }),
    ),
  );
  await journal.close();
  await model.close();
  const texts = results.map(({ answer, failure }) => answer?.text ?? `failed: ${failure?.message}`);
  process.stdout.write(
    `${JSON.stringify({ texts, replayed: results.filter(({ record }) => record?.replayed).length })}\n`,
  );
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  process.stdout.write(`${JSON.stringify({ code, message })}\n`);
  process.exitCode = 1;
}
