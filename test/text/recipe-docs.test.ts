import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Environment } from "@marcbachmann/cel-js";
import { addTextFunctions } from "../../src/text/expression-functions.ts";
import { parseRecipe } from "../../src/text/recipe-file.ts";
import { STEP_KINDS } from "../../src/text/recipe-shape.ts";

const page = readFileSync("docs/recipes.md", "utf8");

test("every recipe on the page of recipes is one", () => {
  const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text]) => text as string);
  assert.ok(blocks.length >= 2);
  for (const [i, text] of blocks.entries()) parseRecipe(text, { file: `docs/recipes.md, block ${i + 1}` });
});

test("the page of recipes names every kind of step and every function that recipes have beside CEL's own", () => {
  const functions = new Set<string>();
  const collected = {
    registerOperator: () => {},
    registerFunction: (signature: string) => functions.add(/(\w+)\(/.exec(signature)?.[1] as string),
  };
  addTextFunctions(collected as unknown as Environment);
  assert.ok(functions.size > 15);
  for (const word of [...STEP_KINDS, ...functions])
    assert.ok(page.includes(`\`${word}`) || page.includes(`.${word}(`), word);
});
