import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Caller } from "../../src/llm/call.ts";
import type { Json } from "../../src/llm/model.ts";
import { randomFromSeed } from "../../src/random.ts";
import { attemptsOf } from "../../src/text/identity.ts";
import { type Plan, planRecipe, type StepMakers } from "../../src/text/plan.ts";
import { PERMISSION, type Recipe } from "../../src/text/recipe.ts";
import { checkRecipe, parseRecipe } from "../../src/text/recipe-file.ts";
import type { CellOutcome, Row } from "../../src/text/step.ts";
import { READING_COLUMNS, READING_RECIPE } from "./reading-recipe.ts";

/** Steps whose makers belong to others, as plainly as can be: a call answers what it was asked, with its sample. */
const makers: StepMakers = {
  call:
    ({ call }, { model, templates }) =>
    async (row) => {
      const asked = templates.prompt.render(row);
      if (call === "judge") return { value: { reasoning: asked, clear: 3 } };
      if (call === "structured") return { value: { question: `${asked}?`, answer: model } };
      return { value: `${asked} #${row.sample}` };
    },
  check:
    ({ name }, condition) =>
    (row) =>
      condition === undefined || condition(row) ? { value: true } : { reject: { reason: "check", detail: name } },
  deduplicate: () => () => ({ offer: () => undefined }),
  own: () => (row) => ({ value: { source: row.source, cells: Object.keys(row.cells) } }),
};

const caller: Caller = { call: () => Promise.reject(new Error("no call is sent in this test")) };

interface Made {
  readonly row: Row;
  readonly rejection: CellOutcome["reject"];
}

/** Runs the cell steps of one attempt, in order. */
async function made(plan: Plan, given: Omit<Row, "cells"> & { readonly identity: string }, seed = 4): Promise<Made> {
  const cells: Record<string, Json> = {};
  const row: Row = { ...given, cells };
  const random = randomFromSeed(seed).split(given.identity);
  for (const { name, cell } of plan.steps) {
    if (cell === undefined) continue;
    const outcome = await cell(row, {
      random: random.split(name),
      caller,
      signal: new AbortController().signal,
      record: () => {},
    });
    if (outcome.reject) return { row, rejection: outcome.reject };
    cells[name] = outcome.value as Json;
  }
  return { row, rejection: undefined };
}

const first = { index: 0, sample: 7, source: {}, sourceIndex: null, identity: "0" };

function plan(
  recipe: Omit<Recipe, "format" | "name">,
  options: { readonly columns?: readonly string[]; readonly isSynthetic?: boolean } = {},
): Promise<Plan> {
  return planRecipe(checkRecipe({ format: "counterfoil-text/1", name: "small", ...recipe }), {
    ...makers,
    sourceColumns: options.columns ?? null,
    sourceIsSynthetic: options.isSynthetic ?? false,
  });
}

const models = { m: { provider: "local", model: "small" } } as const;

function reading(change: (text: string) => string = (text) => text, isSynthetic = false): Promise<Plan> {
  return planRecipe(parseRecipe(change(READING_RECIPE), { file: "r.yaml" }), {
    ...makers,
    sourceColumns: READING_COLUMNS,
    sourceIsSynthetic: isSynthetic,
  });
}

test("a plan has its steps after what they read, and calls after the checks listed before them", async () => {
  const { steps, kinds, calls, exports, rows, mostAttempts, sourceColumns } = await reading();
  assert.deepEqual(
    steps.map(({ name, reads, after }) => [name, reads, after]),
    [
      ["kind", [], []],
      ["reader", [], []],
      ["hard", [], []],
      ["score", ["hard"], []],
      ["qa", ["source", "kind", "reader"], []],
      ["asks", ["qa"], []],
      ["verdict", ["qa"], ["asks"]],
      ["unique", ["qa"], []],
      ["line", ["kind", "qa"], []],
    ],
  );
  assert.equal(kinds.verdict, "call");
  assert.ok(steps[7]?.stream !== undefined && steps[7].cell === undefined);
  assert.deepEqual(calls, [
    { step: "qa", call: "structured", model: "writer", sourceColumns: ["title", "section"] },
    { step: "verdict", call: "judge", model: "writer", sourceColumns: ["title", "section"] },
  ]);
  assert.deepEqual(
    exports.map(({ name, verbatim }) => [name, verbatim]),
    [
      ["kind", []],
      ["question", []],
      ["story", ["title"]],
    ],
  );
  assert.deepEqual([rows, mostAttempts, sourceColumns], [10, 100, ["title", "section"]]);
});

test("a row is made from its source to its export, and the same again", async () => {
  const planned = await reading();
  const at = attemptsOf(parseRecipe(READING_RECIPE, { file: "r.yaml" }), {
    source: { count: 1, row: () => ({ id: 1, title: "The Fox", section: "Once upon a time." }) },
    columns: planned.sourceColumns,
  });
  const attempt = at(0);
  assert.ok(attempt !== undefined);
  const { row } = await made(planned, { index: 0, ...attempt });
  const { kind, reader, hard, score, qa, line } = row.cells as Record<string, Json> & {
    readonly reader: { readonly name: string };
    readonly score: number;
    readonly qa: { readonly question: string };
  };
  assert.equal(
    qa.question,
    `Read The Fox and think of ${reader.name}.\n\nOnce upon a time.\nAsk about ${String(kind)}.\n?`,
  );
  assert.equal(line, `${qa.question} / ${String(kind)}`);
  assert.equal(Math.abs(score - 10) > 30, hard);
  assert.deepEqual(
    planned.exports.map(({ value }) => value(row)),
    [kind, qa.question, "The Fox"],
  );
  assert.deepEqual((await made(await reading(), { index: 5, ...attempt })).row.cells, row.cells);
});

test("real rows reach a model only where the recipe permits it in words", async () => {
  const without = (text: string) => text.replace(/ {2}permission: .*\n/, "");
  await assert.rejects(reading(without), {
    code: "permission-needed",
    message:
      /^r\.yaml:32:5: step "qa" sends the column "title" of the source to the model "writer" \(openai\), and the recipe does not permit it\.$/,
    advice: /permission: real rows may be sent to the models/,
  });
  await reading(without, true);
  // No source cell in any prompt: none is needed.
  await reading((text) =>
    without(text).replace("{{ source.title }}", "it").replace("{{ words(source.section, 200) }}", ""),
  );
});

test("the permission is needed whatever way a source cell takes to a prompt", async () => {
  const call = { name: "ask", call: "text", prompt: "{{ via }}" } as const;
  const ways: readonly Recipe["steps"][number][] = [
    { name: "via", expression: "size(source.text)" },
    { name: "via", expression: "{{ source.text }}" },
    { name: "via", sampler: "bernoulli", chance: 0, when: [{ condition: "source.text == 'x'", chance: 1 }] },
    { name: "via", run: () => 1 },
    { name: "via", command: ["cat"], reads: ["source"] },
    { name: "via", call: "embedding", prompt: "{{ source.text }}" },
  ];
  for (const way of ways) {
    const recipe = { models, source: { from: "x" }, steps: [way, call] };
    await assert.rejects(plan(recipe, { columns: ["id", "text"] }), (error: { code: string; message: string }) => {
      assert.equal(error.code, "permission-needed");
      return (
        "call" in way ||
        /step "ask" sends the column ".*" of the source, through "via", to the model "m" \(local\)/.test(error.message)
      );
    });
    await plan({ ...recipe, source: { from: "x", permission: PERMISSION } }, { columns: ["id", "text"] });
  }
  await plan(
    { models, source: { from: "x" }, steps: [{ name: "via", command: ["cat"], reads: [] }, call] },
    { columns: ["text"] },
  );
});

test("of any graph, a prompt needs the permission exactly if a path leads to it from the source", async () => {
  const nodes = fc.array(
    fc.record({ reads: fc.array(fc.nat(9), { maxLength: 3 }), real: fc.boolean(), own: fc.boolean() }),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  let needed = 0;
  await fc.assert(
    fc.asyncProperty(nodes, async (drawn) => {
      // Each reads some of those before it, and perhaps the source.
      const readsOf = (i: number): number[] => (drawn[i]?.reads ?? []).filter((j) => j < i);
      const steps = drawn.map(({ real, own }, i): Recipe["steps"][number] => {
        const names = [...readsOf(i).map((j) => `n${j}`), ...(real && i % 3 === 0 ? ["source"] : [])];
        if (own) return { name: `n${i}`, run: () => 1, reads: names };
        return {
          name: `n${i}`,
          expression: ["1", ...names.map((name) => (name === "source" ? "source.t" : name))].join(" + "),
        };
      });
      const last = drawn.length - 1;
      const isReal = (i: number): boolean => (drawn[i]?.real === true && i % 3 === 0) || readsOf(i).some(isReal);
      const recipe = {
        models,
        source: { from: "x" },
        steps: [...steps, { name: "ask", call: "text", prompt: `{{ n${last} }}` } as const],
      };
      const code = await plan(recipe, { columns: ["t"] }).then(
        () => undefined,
        (error: { readonly code: string }) => error.code,
      );
      if (isReal(last)) needed++;
      assert.equal(code, isReal(last) ? "permission-needed" : undefined);
    }),
    { seed: 10, numRuns: 200 },
  );
  assert.ok(needed > 20 && needed < 180, `${needed}`);
});

test("a column that the source does not have is told with the nearest one, where it stands", async () => {
  await assert.rejects(
    reading((text) => text.replace("source.title }} and", "source.titel }} and")),
    {
      message:
        /^r\.yaml:34:1: step "qa" reads an unknown column "titel" of the source; did you mean "title"\? There are: id, title, section\.$/,
    },
  );
  await assert.rejects(
    reading((text) => text.replace("story: source.title", "story: source['Title no']")),
    {
      message: /^r\.yaml:56:\d+: export: story reads an unknown column "Title no"/,
    },
  );
  await assert.rejects(
    reading((text) => text.replace("from: stories.jsonl", "from: stories.jsonl\n  key: idd")),
    {
      message: /^r\.yaml:12:3: source\.key names an unknown column "idd"; did you mean "id"/,
    },
  );
});

test("steps that ask alike get samples of their own; equal texts share an embedding", async () => {
  const planned = await plan({
    models,
    rows: 1,
    steps: [
      { name: "one", call: "text", prompt: "x" },
      { name: "two", call: "text", prompt: "x" },
      { name: "three", call: "text", prompt: "y" },
      { name: "four", call: "text", prompt: "x", parameters: { temperature: 1 } },
      { name: "vector", call: "embedding", prompt: "x" },
    ],
  });
  const { cells } = (await made(planned, first)).row;
  assert.equal(cells.one, "x #7");
  assert.equal(cells.three, "y #7");
  assert.equal(cells.vector, "x #0");
  assert.equal(new Set([cells.one, cells.two, cells.four]).size, 3);
});

test("a step with a condition runs where it holds, and its cell is null elsewhere", async () => {
  const planned = await plan({
    rows: 1,
    steps: [
      { name: "n", sampler: "integer", low: 0, high: 1 },
      { name: "own", if: "n == 1", run: () => 1, reads: ["n"] },
      { name: "never", if: "n > 9", check: "n > 9" },
      { name: "seen", expression: "own == null" },
    ],
  });
  const seen = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const { row, rejection } = await made(planned, { ...first, identity: String(i) });
    assert.equal(rejection, undefined);
    assert.equal(row.cells.seen, row.cells.n === 0);
    seen.add(`${row.cells.n}`);
  }
  assert.equal(seen.size, 2);
});

test("the first condition of a sampler that holds gives its parameters", async () => {
  const planned = await plan({
    rows: 1,
    steps: [
      { name: "kind", sampler: "category", values: ["a", "b", "c"] },
      {
        name: "n",
        sampler: "integer",
        low: 0,
        high: 9,
        when: [
          { condition: "kind == 'a'", low: 100, high: 109 },
          { condition: "kind in ['a', 'b']", low: 50, high: 59 },
        ],
      },
    ],
  });
  for (let i = 0; i < 60; i++) {
    const { cells } = (await made(planned, { ...first, identity: String(i) })).row;
    const low = { a: 100, b: 50, c: 0 }[cells.kind as string] as number;
    assert.ok((cells.n as number) >= low && (cells.n as number) < low + 10);
  }
});

test("a row in which something has no value is rejected with the reason, whether a cell answers at once or later", async () => {
  const cases: readonly (readonly [Recipe["steps"][number], RegExp])[] = [
    [{ name: "a", expression: "source.t + 'x'" }, /source\.t \+ 'x' has no value: there is no null \+ text/],
    [{ name: "a", call: "text", prompt: "{{ source.t }}" }, /source\.t has no value: it is null/],
    [{ name: "a", check: "source.t" }, /it is null, neither true nor false/],
    [{ name: "a", if: "source.t", run: () => 1 }, /neither true nor false/],
  ];
  for (const [step, detail] of cases) {
    const planned = await plan(
      { models, source: { from: "x", permission: PERMISSION }, steps: [step] },
      { columns: ["t"] },
    );
    const { rejection } = await made(planned, { ...first, source: { t: null }, sourceIndex: 0 });
    assert.equal(rejection?.reason, "no-value");
    assert.match(rejection?.detail ?? "", detail);
  }
});

test("what fails in a step by a fault of the program is not swallowed", async () => {
  const steps: Recipe["steps"] = [{ name: "a", run: () => 1 }];
  const broken = await planRecipe(checkRecipe({ format: "counterfoil-text/1", name: "x", rows: 1, steps }), {
    ...makers,
    own: () => () => {
      throw new TypeError("a bug");
    },
    sourceColumns: null,
    sourceIsSynthetic: false,
  });
  await assert.rejects(made(broken, first), /a bug/);
});

test("a step of one's own sees what it names and nothing else, by default everything listed before it", async () => {
  const planned = await plan(
    {
      source: { from: "x" },
      steps: [
        { name: "a", sampler: "uuid" },
        { name: "b", sampler: "uuid" },
        { name: "all", run: () => 1 },
        { name: "some", run: () => 1, reads: ["b"] },
      ],
    },
    { columns: ["t"] },
  );
  const { cells } = (await made(planned, { ...first, source: { t: "real" }, sourceIndex: 0 })).row;
  assert.deepEqual(cells.all, { source: { t: "real" }, cells: ["a", "b"] });
  assert.deepEqual(cells.some, { source: {}, cells: ["b"] });
});

test("an export without a value is null, and every step that is no check goes out by default", async () => {
  const planned = await plan({
    rows: 3,
    steps: [
      { name: "a", sampler: "uuid" },
      { name: "c", check: "size(a) > 0" },
      { name: "d", deduplicate: ["a"] },
    ],
  });
  assert.deepEqual(
    planned.exports.map(({ name }) => name),
    ["a"],
  );
  const renamed = await plan({
    rows: 1,
    steps: [{ name: "a", sampler: "uuid" }],
    export: ["a", { short: "characters(a, 8)", none: "a.nothing" }],
  });
  const { row } = await made(renamed, first);
  assert.deepEqual(
    renamed.exports.map(({ name, value }) => [name, value(row)]),
    [
      ["a", row.cells.a],
      ["short", (row.cells.a as string).slice(0, 8)],
      ["none", null],
    ],
  );
});

test("the cells of a row without calls cost microseconds", async () => {
  const planned = await plan(
    {
      models,
      source: { from: "x", permission: PERMISSION },
      steps: [
        { name: "kind", sampler: "category", values: ["a", "b"] },
        {
          name: "prompt",
          expression: "Read {{ source.title }}, {{ words(source.text, 100) }} and ask about {{ kind }}.",
        },
      ],
    },
    { columns: ["title", "text"] },
  );
  const source = { title: "The Fox", text: "Once upon a time there was a fox. ".repeat(80) };
  const row: Row = { index: 0, sample: 0, source, sourceIndex: 0, cells: { kind: "a" } };
  const cell = planned.steps[1]?.cell;
  const context = { random: randomFromSeed(1), caller, signal: new AbortController().signal, record: () => {} };
  const render = (count: number): number => {
    const started = process.cpuUsage();
    for (let i = 0; i < count; i++) cell?.(row, context);
    const { user, system } = process.cpuUsage(started);
    return (user + system) / count;
  };
  render(5000);
  const microseconds = render(20_000);
  assert.ok(microseconds < 20, `${microseconds} µs`);
});
