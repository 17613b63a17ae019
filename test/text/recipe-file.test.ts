import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { InvalidArgument } from "../../src/errors.ts";
import { randomFromSeed } from "../../src/random.ts";
import { defineRecipe, type Recipe } from "../../src/text/recipe.ts";
import { checkRecipe, parseRecipe } from "../../src/text/recipe-file.ts";
import { READING_RECIPE } from "./reading-recipe.ts";

/** What is said of the recipe with one piece of it replaced. */
function complaint(from: string, to: string): string {
  assert.ok(READING_RECIPE.includes(from), from);
  return complaintOf(READING_RECIPE.replace(from, () => to));
}

function complaintOf(text: string): string {
  try {
    parseRecipe(text, { file: "r.yaml" });
  } catch (error) {
    assert.ok(error instanceof InvalidArgument, String(error));
    assert.equal(error.code, "invalid-recipe");
    assert.ok(error.advice !== undefined);
    return error.message;
  }
  return "accepted";
}

test("a recipe is read as it is written", () => {
  const recipe = parseRecipe(READING_RECIPE, { file: "r.yaml" });
  assert.equal(recipe.name, "reading-questions");
  assert.equal(recipe.steps.length, 9);
  assert.deepEqual(recipe.steps[2], { name: "hard", sampler: "bernoulli", chance: 0.3 });
});

test("a mistake is told with its line and column, what is wanted, and the nearest name", () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["seed: 4", "sed: 4", /^r\.yaml:3:1: the recipe has an unknown key "sed"; did you mean "seed"\?/],
    ["format: counterfoil-text/1", "format: text", /^r\.yaml:1:1: format is "text": want "counterfoil-text\/1"/],
    ["name: reading-questions", "name: reading questions", /^r\.yaml:2:1: .*want letters, digits and hyphens/],
    ["rows: 10", "rows: ten", /^r\.yaml:13:1: rows is "ten": want a number or "all"/],
    ["rows: 10", "rows: 0", /^r\.yaml:13:1: rows is 0: want a number >= 1/],
    ["provider: openai", "provider: opnai", /^r\.yaml:6:5: model "writer": provider is "opnai"; did you mean "openai"/],
    ["model: gpt-4o-mini", "model: 3", /^r\.yaml:7:5: model "writer": model is 3: want a text/],
    ["http://127.0.0.1:8080/v1", "localhost:8080", /^r\.yaml:8:5: model "writer": baseUrl .*want http/],
    [
      "sampler: category",
      "sampler: categry",
      /^r\.yaml:16:5: step "kind": sampler is "categry"; did you mean "category"/,
    ],
    [
      "    values: [character, setting, action]\n",
      "",
      /^r\.yaml:15:5: step "kind": values is missing: want a list or a map/,
    ],
    [
      "[character, setting, action]",
      "{ a: 0 }",
      /^r\.yaml:17:5: step "kind" \(category\) has no value with a weight above 0/,
    ],
    ["locale: de", "locale: dee", /^r\.yaml:20:5: .*did you mean "de"/],
    [
      "chance: 0.3",
      "chanse: 0.3",
      /^r\.yaml:23:5: step "hard" \(a bernoulli sampler\) has an unknown key "chanse"; did you mean "chance"/,
    ],
    ["chance: 0.3", "chance: 1.3", /^r\.yaml:23:5: step "hard" \(bernoulli\) has chance 1\.3: want 0 to 1/],
    [
      "condition: hard",
      "condition: hrd",
      /^r\.yaml:29:20: step "score": condition names an unknown "hrd"; did you mean "hard"/,
    ],
    [
      "        mean: 100",
      "        main: 100",
      /^r\.yaml:30:9: step "score": when .*unknown key "main"; did you mean "mean"/,
    ],
    [
      "about {{ kind }}",
      "about {{ knd }}",
      /^r\.yaml:37:1: step "qa": prompt {{ knd }} names an unknown "knd"; did you mean "kind"/,
    ],
    ["reader.name", "reader.nam", /^r\.yaml:34:1: step "qa" reads reader\.nam, .*did you mean "name"/],
    ["call: judge", "call: juge", /^r\.yaml:46:5: step "verdict": call is "juge"; did you mean "judge"/],
    ["call: judge", "cal: judge", /^r\.yaml:46:5: step "verdict" has an unknown key "cal"; did you mean "call"/],
    [
      "    rubric: ",
      "    rubrik: ",
      /^r\.yaml:48:5: step "verdict" \(a judge call\) has an unknown key "rubrik"; did you mean "rubric"/,
    ],
    ["    rubric: { clear: Can it be understood }", "    rubric: {}", /^r\.yaml:48:5: .*want what is scored/],
    [
      "    rubric: ",
      "    model: writr\n    rubric: ",
      /^r\.yaml:48:5: step "verdict" calls an unknown model "writr"; did you mean "writer"/,
    ],
    ["    rubric: ", "    parameters: { temprature: 1 }\n    rubric: ", /^r\.yaml:48:19: .*did you mean "temperature"/],
    [
      "    rubric: ",
      "    schema: { type: object }\n    rubric: ",
      /^r\.yaml:48:5: step "verdict" \(a judge call\) has an unknown key "schema"/,
    ],
    [
      "    rubric: ",
      "    deduplicate: [kind]\n    rubric: ",
      /^r\.yaml:48:5: step "verdict" is both call and deduplicate/,
    ],
    ['"{{ qa.question }} {{ qa.answer }}"', '"{{ asks }}"', /^r\.yaml:47:17: .*"asks" is a check, which has no cell/],
    [
      '"{{ qa.question }} {{ qa.answer }}"',
      "{{ qa.question }}",
      /^r\.yaml:47:5: step "verdict": prompt begins with {{: put it in quotes/,
    ],
    [
      '"{{ qa.question }} {{ qa.answer }}"',
      "{{ qa.question }} and",
      /^r\.yaml:47:\d+: this is not YAML: .*put a text that begins with {{ in quotes/,
    ],
    [
      'qa.question.endsWith("?")',
      "qa.question +",
      /^r\.yaml:44:25: step "asks" is no CEL expression: it ends too early/,
    ],
    ['qa.question.endsWith("?")', "size(qa.question)", /^r\.yaml:44:12: step "asks" is a number: want true or false/],
    ['qa.question.endsWith("?")', "{ cell: qa }", /^r\.yaml:44:5: step "asks" checks nothing/],
    ['qa.question.endsWith("?")', "{ words: [1, 2] }", /^r\.yaml:44:14: step "asks": words needs `cell`/],
    ['qa.question.endsWith("?")', "{ cell: kind, words: [3, 2] }", /^r\.yaml:44:26: .*low ≤ high/],
    [
      'qa.question.endsWith("?")',
      '{ cell: kind, matches: "(" }',
      /^r\.yaml:44:26: step "asks": matches is no regular expression/,
    ],
    ['qa.question.endsWith("?")', "{ cell: knd, words: [1, 2] }", /^r\.yaml:44:14: .*did you mean "kind"/],
    [
      "deduplicate: [qa]",
      "deduplicate: [qq]",
      /^r\.yaml:50:19: step "unique" names an unknown "qq"; did you mean "qa"/,
    ],
    ["- name: line\n", "- name: qa\n", /^r\.yaml:51:5: two steps are named "qa"/],
    ["- name: line\n", "- name: null_type\n", /^r\.yaml:51:5: step 9 cannot be named "null_type": it is a word of CEL/],
    ["- name: line\n", "- name: source\n", /^r\.yaml:51:5: step 9 cannot be named "source"/],
    ["- name: line\n", "- \n", /^r\.yaml:52:5: step 9: name is missing/],
    ["  - kind\n", "  - knd\n", /^r\.yaml:54:5: export names an unknown "knd"; did you mean "kind"/],
    [
      "- question: qa.question",
      "- qa.question",
      /^r\.yaml:55:5: export: "qa\.question" is no step: write "name: qa\.question"/,
    ],
    [
      "- question: qa.question",
      "- question: qa.quesion",
      /^r\.yaml:55:18: export: question reads qa\.quesion, .*did you mean "question"/,
    ],
    ["- question: qa.question", "- kind: qa.question", /^r\.yaml:53:1: export names "kind" twice/],
    [
      "permission: real rows may be sent to the models",
      "permission: yes",
      /^r\.yaml:12:3: source\.permission is in other words: want "real rows may be sent to the models"/,
    ],
    ["seed: 4", "seed: 4\nseed: 5", /^r\.yaml:4:1: this is not YAML: Map keys must be unique/],
    ["seed: 4", "seed: [4", /^r\.yaml:\d+:\d+: this is not YAML/],
    ["seed: 4", "mostAttempts: 9", /^r\.yaml:3:1: mostAttempts is 9, fewer than the 10 rows/],
    ["rows: 10", "rows: all\nbudget: { money: -1 }", /^r\.yaml:14:11: budget\.money is -1: want a number >= 0/],
  ];
  for (const [from, to, want] of cases) assert.match(complaint(from, to), want, to);
});

test("a recipe whose parts do not fit together is refused", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["", /^r\.yaml:1:1: the file is empty/],
    ["# nothing", /^r\.yaml:1:1: the file is empty/],
    ["- a", /^r\.yaml:1:1: this is no recipe/],
    ["just words", /^r\.yaml:1:1: this is no recipe/],
    [small("rows: 3", "steps: []"), /steps is \[\]/],
    [small("rows: 3", "steps: [3]"), /step 1 is no map/],
    [small("rows: 3", "steps: [{ name: a }]"), /step "a" does not say what it is: want one of sampler/],
    [small("", "steps: [{ name: a, sampler: uuid }]"), /rows is missing/],
    [small("rows: all", "steps: [{ name: a, sampler: uuid }]"), /rows is "all", and there is no source/],
    [
      small("rows: 3", 'steps: [{ name: a, expression: "source.x" }]'),
      /step "a" reads "source", and the recipe has none/,
    ],
    [small("rows: 3", "steps: [{ name: a, call: text, prompt: x }]"), /calls a model, and the recipe has none/],
    [small("source: { from: x, repeat: true }", "steps: [{ name: a, sampler: uuid }]"), /repeat never ends/],
    [
      small(
        "models: { a: { provider: local, model: x }, b: { provider: local, model: y } }\nrows: 1",
        "steps: [{ name: a, call: text, prompt: x }]",
      ),
      /does not say which model/,
    ],
    [
      small("models: { a: { provider: replay, model: x } }\nrows: 1", "steps: [{ name: a, call: text, prompt: x }]"),
      /recording is missing/,
    ],
    [small("rows: 3", "steps: [{ name: a, command: [] }]"), /step "a": command is \[\]/],
    [small("rows: 3", "steps: [{ name: a, run: x }]"), /in a file, write `command`/],
    [small("rows: 3", "steps: [{ name: a, command: [x], reads: [b] }]"), /names an unknown "b"/],
    [
      small(
        "rows: 3",
        "steps: [{ name: k, sampler: category, values: [x, y] }, { name: a, sampler: subcategory, of: k, values: { x: [1] } }]",
      ),
      /no values for "y", which "k" may be/,
    ],
    [
      small(
        "rows: 3",
        "steps: [{ name: k, sampler: category, values: [x] }, { name: a, sampler: subcategory, of: k, values: { x: [1], z: [2] } }]",
      ),
      /values for "z", which "k" never is/,
    ],
  ];
  for (const [text, want] of cases) assert.match(complaintOf(text), want, text);
});

test("names that mean something to JavaScript are names, or refused", () => {
  for (const text of [
    small(
      "rows: 1",
      "models: { __proto__: { provider: local, model: x } }",
      "steps: [{ name: a, call: text, prompt: x }]",
    ),
    small("rows: 1", "steps: [{ name: a, sampler: category, values: { __proto__: 1, constructor: 2 } }]"),
    small("rows: 1", "steps: [{ name: a, sampler: uuid, __proto__: 3 }]"),
    small("rows: 1", "steps: [{ name: a, sampler: uuid }]", "export: [{ __proto__: a }]"),
    small("rows: 1", "steps: [{ name: __proto__, sampler: uuid }]"),
    small("rows: 1", "steps: [{ name: a, sampler: constructor }, { name: b, call: toString, prompt: x }]"),
    small("rows: 1", "__proto__: { rows: 2 }", "steps: [{ name: a, sampler: uuid }]"),
  ])
    assert.match(complaintOf(text), /^(accepted|r\.yaml:\d+:\d+: )/, text);
  assert.equal(({} as { rows?: number }).rows, undefined);
});

test("names that a table takes for the same column, or for none, are told before anything is asked", () => {
  const two = "steps: [{ name: Text, sampler: uuid }, { name: text, sampler: uuid }]";
  const same = /^r\.yaml:\d+:\d+: "Text" and "text" would be columns, and a table takes them for the same/;
  assert.match(complaintOf(small("rows: 1", two)), same);
  assert.match(complaintOf(small("rows: 1", two, "export: [Text, { text: Text }]")), same);
  assert.equal(complaintOf(small("rows: 1", two, "export: [text]")), "accepted");
  assert.match(complaintOf(small("rows: 1", two, 'export: [{ "": text }]')), /:\d+: a column has no name/);
  const judge = "{ name: a, call: judge, prompt: x, rubric: { Text: x, text: y } }";
  assert.match(
    complaintOf(small("rows: 1", "models: { m: { provider: local, model: x } }", `steps: [${judge}]`)),
    same,
  );
});

function small(...lines: readonly string[]): string {
  return ["format: counterfoil-text/1", "name: small", ...lines].join("\n");
}

test("steps that go in a circle are named as the path, and a check that waits for itself as what it is", () => {
  const circle = small(
    "rows: 3",
    "steps:",
    ...["a: c + 1", "b: a + 1", "c: b + 1"].map((line) => `  - { name: ${line.replace(": ", ', expression: "')}" }`),
  );
  assert.match(
    complaintOf(circle),
    /^r\.yaml:5:7: the steps go in a circle: a -> c -> b -> a; each of them reads the next/,
  );
  assert.match(
    complaint('qa.question.endsWith("?")', "verdict.clear > 3.0"),
    /^r\.yaml:43:5: .*asks -> verdict -> asks; "asks" is listed before "verdict", which therefore waits for it.*list it later/,
  );
});

test("no message repeats a key that was written where none belongs", () => {
  for (const [from, to] of [
    ["{ env: OPENAI_API_KEY }", "sk-canary-123"],
    ["{ env: OPENAI_API_KEY }", "{ key: sk-canary-123 }"],
    ["{ env: OPENAI_API_KEY }", "[sk-canary-123]"],
    ["http://127", "http://me:sk-canary-123@127"],
    ["8080/v1", "8080/v1?key=sk-canary-123"],
    ["http://127.0.0.1:8080/v1", "sk-canary-123"],
  ] as const) {
    const message = complaint(from, to);
    assert.notEqual(message, "accepted", to);
    assert.doesNotMatch(message, /canary/, to);
  }
});

test("files that would take memory or time without end are refused at once", () => {
  const bomb = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"];
  for (let i = 1; i < 12; i++)
    bomb.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(",")}]`,
    );
  const started = process.cpuUsage();
  for (const text of [
    bomb.join("\n"),
    `steps: ${"[".repeat(100_000)}`,
    `steps: ${"[".repeat(60)}${"]".repeat(60)}`,
    "steps: &a [*a]",
    `name: ${"x".repeat(2_000_001)}`,
  ])
    assert.match(complaintOf(text), /^r\.yaml:\d+:\d+: /, text.slice(0, 30));
  const { user } = process.cpuUsage(started);
  assert.ok(user < 2e6, `${user} µs`);
});

test("whatever is done to a recipe's text, the answer is a recipe or an error that says where", () => {
  const random = randomFromSeed(8);
  const pieces = [
    "{{",
    "}}",
    ": ",
    "\n",
    "  ",
    "[",
    "]",
    "&a ",
    "*a",
    "- ",
    "null",
    "1e999",
    "'",
    '"',
    "source",
    "|",
    "#",
    "\u0000",
    "é",
    "🦊",
  ];
  for (let i = 0; i < 250; i++) {
    let text = READING_RECIPE;
    for (let k = random.integer(3); k >= 0; k--) {
      const at = random.integer(text.length);
      text = text.slice(0, at) + pieces[random.integer(pieces.length)] + text.slice(at + random.integer(12));
    }
    const message = complaintOf(text);
    assert.ok(message === "accepted" || /^r\.yaml:\d+:\d+: /.test(message), message);
  }
});

test("any JSON given as a recipe is refused in words, or is one", () => {
  const step = fc.dictionary(
    fc.constantFrom("name", "sampler", "call", "check", "values", "prompt", "if", "reads"),
    fc.json().map((text) => JSON.parse(text)),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 4 }), fc.jsonValue(), (steps, other) => {
      for (const value of [other, { format: "counterfoil-text/1", name: "a", rows: 1, steps }])
        try {
          checkRecipe(value);
        } catch (error) {
          assert.ok(error instanceof InvalidArgument, String(error));
        }
    }),
    { seed: 9, numRuns: 200 },
  );
});

test("a recipe written in TypeScript is checked in the same words, with functions and zod schemas in it", () => {
  const recipe = defineRecipe({
    name: "written",
    rows: 2,
    models: { m: { provider: "local", model: "small" } },
    steps: [
      { name: "a", call: "structured", prompt: "x", schema: z.object({ b: z.string() }) },
      { name: "c", run: ({ cells }) => cells.a, reads: ["a"] },
    ],
  });
  assert.equal(checkRecipe(recipe), recipe);
  const [first, second] = recipe.steps as [Recipe["steps"][number], Recipe["steps"][number]];
  assert.throws(() => checkRecipe({ ...recipe, steps: [first, { ...second, reads: ["aa"] }] }), {
    code: "invalid-recipe",
    message: 'Recipe: step "c" names an unknown "aa"; did you mean "a"? There are: a, c.',
  });
  assert.throws(() => checkRecipe(null), { code: "invalid-recipe", message: "Recipe: the recipe is empty." });
});

test("a recipe of a file that had settings laid over it still knows its lines", () => {
  const recipe = parseRecipe(READING_RECIPE, { file: "r.yaml" });
  assert.throws(
    () =>
      checkRecipe({
        ...recipe,
        models: { other: { provider: "local", model: "x" } },
        steps: recipe.steps.map((step) => ("call" in step && step.call === "judge" ? { ...step, model: "x" } : step)),
      }),
    {
      message: /^Recipe: step "verdict" calls an unknown model "x"/,
    },
  );
  assert.throws(() => checkRecipe({ ...recipe, models: {} }), {
    message: /^r\.yaml:32:5: step "qa" calls a model, and the recipe has none/,
  });
});
