import assert from "node:assert/strict";
import { test } from "node:test";
import { openModel } from "../../src/llm/providers/index.ts";
import { startMockModels } from "../servers/mock-models.ts";

const effects = { environment: {}, readText: async () => "" };
const never = new AbortController().signal;

test("a model behind an OpenAI-compatible endpoint answers on every rung and embeds", async () => {
  const mock = await startMockModels();
  const model = await openModel(
    { provider: "openai", model: "mock", baseUrl: mock.baseUrl },
    { name: "writer", effects },
  );
  const schema = {
    type: "object",
    properties: { name: { type: "string" } },
    required: ["name"],
    additionalProperties: false,
  } as const;
  for (const mode of ["json-schema", "tool", "json"] as const) {
    const { answer } = await model.send(
      {
        kind: "chat",
        messages: [{ role: "user", content: `Name one ${JSON.stringify(schema)}` }],
        parameters: { temperature: 0, maxTokens: 100 },
        output: { name: "answer", schema, mode },
      },
      { signal: never, timeoutMs: 5000 },
    );
    assert.ok(answer, mode);
    assert.equal(typeof JSON.parse(answer.text).name, "string");
    assert.equal(answer.finish, "stop");
    assert.ok(answer.usage && answer.usage.promptTokens > 0 && answer.usage.completionTokens > 0);
  }
  const { answer, limits } = await model.send(
    { kind: "embedding", input: "a stone", dimensions: 8 },
    { signal: never, timeoutMs: 5000 },
  );
  assert.equal(answer?.vector?.length, 8);
  assert.equal(limits?.requests?.limit, 1_000_000);
  await model.close();
  await mock.close();
});
