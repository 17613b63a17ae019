import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { languageOf } from "../../src/text/expression.ts";
import { compileTemplate, type Template } from "../../src/text/template.ts";

const language = languageOf(["topic", "n", "qa"]);
const row = { source: { title: "The Fox", empty: null }, cells: { topic: "cats", n: 3, qa: { k: [1, "x"] } } };

function compiled(text: string): Template {
  const template = compileTemplate(text, language);
  assert.ok(!("wrong" in template), JSON.stringify(template));
  return template;
}

test("texts stand as they are, numbers plainly, lists and maps as JSON", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["About {{ topic }}, {{n}} times: {{ qa }}.\n", 'About cats, 3 times: {"k":[1,"x"]}.\n'],
    ["{{ n / 2 }}{{ n > 2 }}", "1.5true"],
    ["no braces", "no braces"],
    ["{ topic } {x}", "{ topic } {x}"],
    ["\\{{ topic }} {{ topic }}", "{{ topic }} cats"],
    ["{{ {'a': {'b': n}} }}", '{"a":{"b":3}}'],
    ["{{ '}}' + topic + \"{{\" }}", "}}cats{{"],
    ["{{ 'it\\'s }}' }}", "it's }}"],
    ["{{topic}}}", "cats}"],
  ];
  for (const [text, want] of cases) assert.equal(compiled(text).render(row), want, text);
});

test("any text without braces is its own template", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const plain = text.replaceAll("{{", "{");
      assert.equal(compiled(plain).render(row), plain);
    }),
    { seed: 2, numRuns: 300 },
  );
});

test("a value is put in as it is, whatever it holds", () => {
  const template = compiled("<{{ topic }}|{{ source.title }}>");
  fc.assert(
    fc.property(fc.string(), fc.string(), (topic, title) => {
      assert.equal(template.render({ source: { title }, cells: { topic } }), `<${topic}|${title}>`);
    }),
    { seed: 3, numRuns: 300 },
  );
});

test("a template knows what it reads, each once", () => {
  const template = compiled("{{ topic }} {{ source.title }} {{ source.empty == null }} {{ topic }} {{ qa.k }}");
  assert.deepEqual(template.reads, ["source", "topic", "qa"]);
  assert.deepEqual(template.fields, { source: ["title", "empty"], topic: "all", qa: ["k"] });
});

test("what is missing in a row is an error that names it", () => {
  assert.throws(() => compiled("a {{ source.empty }}").render(row), {
    code: "no-value",
    message: /source\.empty .*null/,
  });
  assert.throws(() => compiled("a {{ topic }}").render({ source: {}, cells: {} }), /"topic" is missing/);
});

test("a wrong template is told with its place", () => {
  assert.deepEqual(compileTemplate("ab {{ topci }}", language), {
    wrong: '{{ topci }} names an unknown "topci"',
    name: "topci",
    at: 6,
  });
  const open = compileTemplate("ab {{ topic }", language);
  assert.ok("wrong" in open && open.at === 3 && /without }}/.test(open.wrong));
});
