import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { createCaller } from "../../src/llm/caller.ts";
import { createLane } from "../../src/llm/create-lane.ts";
import { openJournal } from "../../src/llm/journal/open-journal.ts";
import { openModel } from "../../src/llm/providers/index.ts";
import { randomFromSeed } from "../../src/random.ts";
import { startMockModels } from "../servers/mock-models.ts";

const clock = { milliseconds: () => performance.now() };

test("an endpoint that is away costs each call at most one of its tries, however long it takes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "outage-"));
  const mock = await startMockModels();
  await mock.close();
  const model = await openModel(
    { provider: "openai", model: "mock", baseUrl: mock.baseUrl },
    { name: "m", effects: { environment: {}, readText: async () => "" } },
  );
  const notices: string[] = [];
  const lane = createLane({ model: "m", mostInFlight: 4, clock, events: { notice: (text) => notices.push(text) } });
  const journal = await openJournal(folder, { clock });
  const caller = createCaller({
    models: { m: { model, lane, tries: 2, timeoutMs: 5000, price: null } },
    journal,
    recipeVersion: 1,
    clock,
    random: randomFromSeed(1),
    signal: new AbortController().signal,
  });
  const { createMockServer } = (await import(pathToFileURL(resolve("test/servers/mock-model-server.mjs")).href)) as {
    createMockServer(options: object): { server: Server };
  };
  const { server } = createMockServer({});
  setTimeout(() => server.listen(Number(new URL(mock.baseUrl).port), "127.0.0.1"), 1600);
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      caller.call({
        model: "m",
        request: { kind: "chat", messages: [{ role: "user", content: `Question ${i}` }], parameters: {} },
        sample: 0,
        column: "c",
        priority: i,
      }),
    ),
  );
  await caller.close();
  await journal.close();
  await model.close();
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
  assert.deepEqual(
    results.map(({ failure }) => failure).filter((failure) => failure !== undefined),
    [],
  );
  // Asked in vain after a quarter of a second and after one more; back at the third time.
  assert.equal(notices.length, 2);
});
