import assert from "node:assert/strict";
import { test } from "node:test";
import { matchesWithin, wrongJavaScript } from "../../src/jobs/code-checks.ts";

test("JavaScript parses as a script or a module, and nothing of it runs", () => {
  for (const text of [
    "const a = 1;",
    "globalThis.wasRun = true",
    'import fs, { readFile as read } from "node:fs";\nexport const a = 1;\nexport default function f() {}\nawait read();',
    'import "x";\nexport { a } from "y";\nexport * as z from "z";\nexport default class {}',
    "export default a => a;",
    "for await (const x of y) f(x);",
  ])
    assert.equal(wrongJavaScript(text), undefined, text);
  assert.equal("wasRun" in globalThis, false);
  for (const [text, message] of [
    ["const a = ;", /Unexpected token/],
    ["export const a = ;", /Unexpected token/],
    ["def f(x):\n  return x", /Unexpected/],
    ["}", /Unexpected token/],
    ["(".repeat(200_000), /./],
    ["x".repeat(2 ** 21), /characters/],
  ] as const)
    assert.match(wrongJavaScript(text) ?? "", message, text.slice(0, 40));
});

test("a regular expression that backtracks for ever is given up; others are told as they are", () => {
  const matches = matchesWithin(50);
  const before = performance.now();
  assert.equal(matches(/^(a+)+$/u, `${"a".repeat(50)}b`), undefined);
  assert.equal(matches(/^(a|a)*$/u, `${"a".repeat(50)}b`), undefined);
  assert.equal(matches(/a*a*a*a*a*a*b/u, "a".repeat(5000)), undefined);
  assert.ok(performance.now() - before < 1500);
  assert.equal(matches(/^(?:[a-z]+ )*[a-z]+$/u, "who is it that comes"), true);
  assert.equal(matches(/^[A-Z].*\?$/u, "Who is it?"), true);
  assert.equal(matches(/^[A-Z].*\?$/u, "Who is it."), false);
  assert.equal(matches(/needle/u, `${"hay ".repeat(20_000)}needle`), true);
});
