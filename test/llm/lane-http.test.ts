import assert from "node:assert/strict";
import { test } from "node:test";
import { createLane } from "../../src/llm/create-lane.ts";
import type { LaneSummary } from "../../src/llm/lane.ts";
import type { ModelConfiguration } from "../../src/llm/model-configuration.ts";
import { openModel } from "../../src/llm/providers/index.ts";
import { type MockModels, startMockModels } from "../servers/mock-models.ts";

const clock = { milliseconds: () => performance.now() };
const effects = { environment: {}, readText: async () => "" };

/** Asks each of so many questions until it is answered, through lane and model. */
async function askAll(
  mock: Pick<MockModels, "baseUrl">,
  options: { readonly rows: number; readonly timeoutMs?: number } & Partial<ModelConfiguration>,
): Promise<{
  readonly answers: ReadonlySet<string>;
  readonly seconds: number;
  readonly lane: LaneSummary;
  readonly notices: string[];
}> {
  const { rows, timeoutMs = 2000, ...rest } = options;
  const configuration: ModelConfiguration = { provider: "openai", model: "mock", baseUrl: mock.baseUrl, ...rest };
  const model = await openModel(configuration, { name: "m", effects });
  const notices: string[] = [];
  const lane = createLane({
    model: "m",
    mostInFlight: configuration.concurrency ?? 64,
    slowStart: configuration.concurrency === undefined,
    clock,
    events: { notice: (text) => notices.push(text) },
  });
  const { signal } = new AbortController();
  const answers = new Set<string>();
  const ask = async (index: number): Promise<void> => {
    for (let delayMs = 0; ; ) {
      const { ticket } = await lane.admit(index, { signal, delayMs });
      assert.ok(ticket);
      const from = performance.now();
      const { answer, failure, limits } = await model.send(
        { kind: "chat", messages: [{ role: "user", content: `Question ${index}` }], parameters: {} },
        { signal, timeoutMs },
      );
      const latencyMs = performance.now() - from;
      ticket.done({
        kind: failure?.kind ?? "answered",
        latencyMs,
        limits,
        retryAfterMs: failure?.retryAfterMs,
        message: failure?.message,
      });
      if (answer) {
        answers.add(answer.text);
        return;
      }
      if (failure?.kind === "network") delayMs = 20;
    }
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: rows }, (_, index) => ask(index)));
  const seconds = (performance.now() - from) / 1000;
  await model.close();
  return { answers, seconds, lane: lane.summary(), notices };
}

test("a server whose capacity falls and returns: nothing lost, few requests refused", async () => {
  const mock = await startMockModels({ latency: "fixed:50", capacity: "0:32,0.4:8,1:32" });
  const { answers, lane } = await askAll(mock, { rows: 600, concurrency: 32 });
  const stats = await mock.stats();
  await mock.close();
  assert.equal(answers.size, 600);
  assert.equal(stats.servedTwice, 0);
  assert.ok(lane.mostInFlight <= 32);
  assert.equal(lane.sent, 600 + lane.rateLimited);
  assert.ok(lane.rateLimited <= 60, `${lane.rateLimited} refused`);
});

test("faults cost their own request another try, and nothing else", async () => {
  const mock = await startMockModels({
    latency: "fixed:5",
    faults: { error500: 0.05, truncate: 0.03, reset: 0.03, html: 0.02, hang: 0.005 },
  });
  const { answers, lane, notices } = await askAll(mock, { rows: 400, timeoutMs: 400 });
  const stats = await mock.stats();
  await mock.close();
  assert.equal(answers.size, 400);
  for (const kind of ["server", "garbled", "network", "timeout"]) assert.ok((lane.failures[kind] ?? 0) > 0, kind);
  assert.equal(lane.answered, 400);
  // What each failure is called is what the server did; on a busy machine some run out of time before.
  const { server = 0, garbled = 0, network = 0, timeout = 0 } = lane.failures;
  const { error500 = 0, truncate = 0, html = 0, reset = 0, hang = 0 } = stats.faults;
  assert.ok(server <= error500 && garbled <= truncate + html && network <= reset && timeout >= hang);
  assert.ok(server + garbled + network + timeout >= error500 + truncate + html + reset);
  assert.deepEqual(notices, []);
});

test("a server that goes away and comes back is waited for", async () => {
  const mock = await startMockModels({ latency: "fixed:10" });
  const port = new URL(mock.baseUrl).port;
  let isAway = true;
  await mock.close();
  setTimeout(async () => {
    const { createMockServer } = (await import(
      new URL("../../../test/servers/mock-model-server.mjs", import.meta.url).href
    )) as {
      createMockServer(options: object): { server: import("node:http").Server };
    };
    const again = createMockServer({ latency: "fixed:10" });
    isAway = false;
    again.server.listen(Number(port), "127.0.0.1");
    again.server.unref();
  }, 700);
  const { answers, lane, notices } = await askAll(mock, { rows: 60, concurrency: 8 });
  assert.equal(isAway, false);
  assert.equal(answers.size, 60);
  assert.equal(notices.length, 2);
  assert.match(notices[0] ?? "", /no answer comes \(No connection: connect ECONNREFUSED/);
  assert.match(notices[1] ?? "", /answers again, after 1 s/);
  assert.ok(lane.pausedSeconds > 0.9);
});
