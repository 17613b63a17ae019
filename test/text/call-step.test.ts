import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallRecord } from "../../src/llm/call.ts";
import type { Json, OutputMode } from "../../src/llm/model.ts";
import { outputLadder } from "../../src/llm/structured/output-ladder.ts";
import { randomFromSeed } from "../../src/random.ts";
import { callStep } from "../../src/text/calls/call-step.ts";
import { codeIn } from "../../src/text/calls/code-in.ts";
import type { CallStep } from "../../src/text/recipe.ts";
import type { CallMark, CellOutcome, Row } from "../../src/text/step.ts";
import { startMockModels } from "../servers/mock-models.ts";
import { plainCaller } from "./plain-caller.ts";
import { type Reply, startScriptedModels, type WireRequest } from "./scripted-models.ts";

const ROW: Row = {
  index: 7,
  sample: 2,
  source: { text: "A fox met a crow." },
  sourceIndex: 0,
  cells: { topic: "cheese" },
};
const prompt = { render: ({ source, cells }: Pick<Row, "source" | "cells">) => `${source.text} About ${cells.topic}?` };
const SCHEMA = {
  type: "object",
  properties: { question: { type: "string" }, level: { type: "integer", minimum: 1, maximum: 5 } },
  required: ["question", "level"],
} as const;
const GOOD = { question: "Why?", level: 2 };

interface Asked {
  readonly outcome: CellOutcome;
  readonly marks: readonly (CallMark | undefined)[];
  readonly requests: readonly WireRequest[];
}

type Modes = readonly OutputMode[];

async function asked(
  configuration: Omit<CallStep, "name" | "prompt">,
  script: readonly Reply[] | ((request: WireRequest, number: number) => Reply),
  { ladder = outputLadder(["json-schema", "prompt"] as Modes, { model: "m" }), rows = 1 } = {},
): Promise<Asked> {
  const server = await startScriptedModels(
    typeof script === "function" ? script : (_, number) => script[Math.min(number, script.length) - 1] as Reply,
  );
  const caller = plainCaller(server.baseUrl);
  const marks: (CallMark | undefined)[] = [];
  try {
    const cell = callStep(
      { name: "ask", prompt: "(given below)", ...configuration },
      {
        alias: "m",
        model: { provider: "openai" },
        ladder,
        prompt,
        system: { render: () => "You teach." },
      },
    );
    let outcome: CellOutcome | undefined;
    for (let i = 0; i < rows; i++)
      outcome = await cell(ROW, {
        caller,
        random: randomFromSeed(1),
        signal: new AbortController().signal,
        record: (_: CallRecord, mark?: CallMark) => marks.push(mark),
      });
    for (const call of caller.calls)
      assert.deepEqual([call.model, call.sample, call.column, call.priority], ["m", 2, "ask", 7]);
    return { outcome: outcome as CellOutcome, marks, requests: server.requests };
  } finally {
    await server.close();
  }
}

test("text is trimmed; an empty answer is asked for again by another question, then rejected", async () => {
  const first = await asked({ call: "text" }, [{ text: "" }, { text: "  A crow.\n" }]);
  assert.deepEqual(first.outcome, { value: "A crow." });
  assert.deepEqual(first.marks, [{ unusable: "empty" }, undefined]);
  assert.deepEqual(first.requests[0]?.messages, [
    { role: "system", content: "You teach." },
    { role: "user", content: "A fox met a crow. About cheese?" },
  ]);
  assert.notDeepEqual(first.requests[1]?.messages, first.requests[0]?.messages);
  const never = await asked({ call: "text", asksAgain: 1 }, [{ text: " " }]);
  assert.equal(never.outcome.reject?.reason, "empty");
  assert.equal(never.requests.length, 2);
  assert.notDeepEqual(never.requests[1]?.messages, never.requests[0]?.messages);
});

test("a text that was cut off is rejected, or kept where that is allowed; a filtered one is rejected", async () => {
  const cut: Reply = { text: "A crow s", finish: "length" };
  const { outcome, requests } = await asked({ call: "text", parameters: { maxTokens: 3 } }, [cut]);
  assert.deepEqual(outcome.reject, { reason: "truncated", detail: "The answer was cut off at 3 tokens." });
  assert.equal(requests.length, 1);
  assert.deepEqual((await asked({ call: "text", mayBeCut: true }, [cut])).outcome, { value: "A crow s" });
  const filtered = await asked({ call: "text" }, [{ text: "", finish: "content_filter" }]);
  assert.equal(filtered.outcome.reject?.reason, "filtered");
});

test("a structured answer that does not fit is asked for again with what is wrong, in a conversation that goes on", async () => {
  const { outcome, marks, requests } = await asked({ call: "structured", schema: SCHEMA }, [
    { text: '{"question": "Why?", "level": 8}' },
    { text: '{"question": "Why?"' },
    { text: `\`\`\`json\n${JSON.stringify(GOOD)}\n\`\`\`` },
  ]);
  assert.deepEqual(outcome, { value: GOOD });
  assert.deepEqual(
    marks.map((mark) => mark?.rung),
    ["json-schema", "json-schema", "json-schema"],
  );
  assert.match(marks[0]?.unusable ?? "", /\/level must be <= 5/);
  assert.equal(marks[2]?.repaired, "fence");
  assert.equal(requests[2]?.messages.length, 6);
  assert.match(requests[1]?.messages.at(-1)?.content ?? "", /\/level must be <= 5/);
});

test("an answer that never fits rejects its row and says why; a cut one is told to be brief", async () => {
  const never = await asked({ call: "structured", schema: SCHEMA }, [{ text: "I would rather not." }]);
  assert.deepEqual(never.outcome.reject, {
    reason: "unparsable",
    detail: "The answer is no JSON, or not a whole one. (asked 3 times)",
  });
  assert.equal(new Set(never.requests.map((request) => JSON.stringify(request))).size, 3, "no ask repeats another");
  const cut = await asked({ call: "structured", schema: SCHEMA, asksAgain: 1 }, [
    { text: JSON.stringify(GOOD).slice(0, -1), finish: "length" },
  ]);
  assert.equal(cut.outcome.reject?.reason, "truncated");
  assert.match(cut.requests[1]?.messages.at(-1)?.content ?? "", /more briefly/);
});

const without =
  (...formats: readonly string[]) =>
  (request: WireRequest): Reply => {
    const format = request.response_format?.type ?? (request.tools ? "tools" : "none");
    return formats.includes(format)
      ? { status: 400, error: "This model does not support this." }
      : { text: JSON.stringify(GOOD) };
  };

test("a rung that the server refuses is struck off once, for every later row", async () => {
  const told: string[] = [];
  const ladder = outputLadder(["json-schema", "tool", "json", "prompt"], {
    model: "m",
    notice: (message) => told.push(message),
  });
  const { outcome, marks, requests } = await asked(
    { call: "structured", schema: SCHEMA },
    without("json_schema", "tools"),
    { ladder, rows: 5 },
  );
  assert.deepEqual(outcome, { value: GOOD });
  assert.equal(requests.length, 7, "two refusals in all");
  assert.deepEqual([...new Set(marks.map((mark) => mark?.rung))], ["json"]);
  assert.deepEqual(Object.keys(ladder.struck), ["json-schema", "tool"]);
  assert.deepEqual(ladder.rungs, ["json", "prompt"]);
  assert.equal(told.length, 2);
  assert.match(requests.at(-1)?.messages[0]?.content ?? "", /^You teach\.\n\n.*JSON Schema.*\n\{.*"level"/);
});

test("one refused question does not cost the others a rung that has answered", async () => {
  const ladder = outputLadder(["json-schema", "prompt"], { model: "m" });
  const odd = (_: WireRequest, number: number): Reply =>
    number === 2 ? { status: 400, error: "Failed to generate." } : { text: JSON.stringify(GOOD) };
  await asked({ call: "structured", schema: SCHEMA }, odd, { ladder, rows: 3 });
  assert.deepEqual(ladder.rungs, ["json-schema", "prompt"]);
  const told = outputLadder(["json-schema", "prompt"], { model: "m" });
  const late = (_: WireRequest, number: number): Reply =>
    number === 2 ? { status: 400, error: "response_format is not supported" } : { text: JSON.stringify(GOOD) };
  await asked({ call: "structured", schema: SCHEMA }, late, { ladder: told, rows: 3 });
  assert.deepEqual(told.rungs, ["prompt"], "a refusal in these words is believed");
  const plain = await asked({ call: "structured", schema: SCHEMA }, () => ({ status: 400, error: "Not this." }));
  assert.deepEqual(plain.outcome.reject, { reason: "failed", detail: "bad-request: Not this." });
});

test("what no request can mend stops the run", async () => {
  for (const call of ["text", "structured", "embedding"] as const) {
    const { outcome } = await asked({ call, schema: SCHEMA }, [{ status: 401, error: "Incorrect key." }]);
    assert.deepEqual(outcome.stop, { reason: "bad-key", detail: 'Model "m": Incorrect key.' });
  }
});

test("code is what stands in its fence", async () => {
  const text = "Two ways:\n```text\nno\n```\n```py\nprint(1)\n```\n```python\nprint(2)\n```";
  assert.deepEqual((await asked({ call: "code", language: "python" }, [{ text }])).outcome, { value: "print(1)" });
  assert.equal((await asked({ call: "code", language: "rust" }, [{ text }])).outcome.reject?.reason, "unparsable");
  assert.equal(codeIn("let x = 1;", "javascript"), "let x = 1;");
  assert.equal(codeIn("```\nlet x = 1;\n```", "javascript"), "let x = 1;");
  assert.equal(codeIn("````md\n```js\n1\n```\n````", "md"), "```js\n1\n```");
  assert.equal(codeIn("```js\nlet x", "js"), "let x");
});

test("a judge gives reasons and whole numbers on its scale", async () => {
  const rubric = { grounded: "the text says so", clear: "one reading" };
  const answer = { reasoning: "It does.", grounded: 9, clear: "10" };
  const { outcome, marks, requests } = await asked({ call: "judge", rubric, scale: [0, 10] }, [
    { text: JSON.stringify(answer) },
  ]);
  assert.deepEqual(outcome, { value: { ...answer, clear: 10 } });
  assert.deepEqual(marks, [{ rung: "json-schema", repaired: "type" }]);
  assert.match(
    requests[0]?.messages[0]?.content ?? "",
    /from 0 .* to 10 .*\n- grounded: the text says so\n- clear: one reading/,
  );
  const high = await asked({ call: "judge", rubric, asksAgain: 0 }, [{ text: JSON.stringify(answer) }]);
  assert.equal(high.outcome.reject?.reason, "unparsable");
  for (const wrong of [{ rubric: {} }, { rubric: { reasoning: "x" } }, { rubric, scale: [5, 1] as const }])
    await assert.rejects(asked({ call: "judge", ...wrong }, []), /judge "ask"/);
});

test("an embedding is a list of numbers of the length asked for", async () => {
  assert.deepEqual((await asked({ call: "embedding" }, [{ vector: [0.5, -1] }])).outcome, { value: [0.5, -1] });
  const short = await asked({ call: "embedding", dimensions: 3 }, [{ vector: [0.5, -1] }]);
  assert.deepEqual(short.outcome.reject, { reason: "unparsable", detail: "The vector has 2 numbers; want 3." });
});

test("under faults no broken answer is taken for good, on any rung", async () => {
  const server = await startMockModels({ faults: { invalid: 0.3, length: 0.2 }, vary: true });
  const caller = plainCaller(server.baseUrl);
  try {
    for (const rung of ["json-schema", "tool", "json", "prompt"] as const) {
      let accepted = 0;
      const parts = { alias: "m", model: { provider: "openai" }, ladder: outputLadder([rung], { model: "m" }), prompt };
      const cell = callStep({ name: "ask", call: "structured", prompt: "", schema: SCHEMA, asksAgain: 9 }, parts);
      for (let index = 0; index < 30; index++) {
        const marks: (CallMark | undefined)[] = [];
        const row = { ...ROW, index, cells: { topic: `topic ${index}` } };
        const record = (_: CallRecord, mark?: CallMark) => marks.push(mark);
        const { value } = await cell(row, {
          caller,
          random: randomFromSeed(1),
          signal: new AbortController().signal,
          record,
        });
        if (value === undefined) continue;
        accepted++;
        const { question, level } = value as Record<string, Json>;
        assert.ok(
          typeof question === "string" && question.endsWith(".") && Number.isInteger(level),
          JSON.stringify(value),
        );
        assert.ok(marks.slice(0, -1).every((mark) => mark?.unusable !== undefined));
      }
      assert.equal(accepted, 30, rung);
    }
  } finally {
    await server.close();
  }
});
