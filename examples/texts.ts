// Texts from TypeScript: exercises in arithmetic by a language model, checked by a function, until there are twenty.
// MODEL_URL names any server that speaks as OpenAI does; here Ollama's own address.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { defineRecipe, estimateRecipe, previewRecipe, runRecipe, verify } from "../src/index.ts"; // in your project: from "counterfoil"

const recipe = defineRecipe({
  name: "exercises",
  description: "Exercises in arithmetic",
  models: {
    writer: {
      provider: "openai",
      baseUrl: process.env.MODEL_URL ?? "http://127.0.0.1:11434/v1",
      model: process.env.MODEL ?? "llama3.1",
      parameters: { temperature: 0.8, maxTokens: 300 },
    },
  },
  rows: 20,
  steps: [
    { name: "place", sampler: "category", values: ["a shop", "a farm", "a harbour"] },
    { name: "largest", sampler: "integer", low: 20, high: 1000 },
    {
      name: "item",
      call: "structured",
      prompt: "Write an exercise in arithmetic that plays in {{ place }}. No number in it is above {{ largest }}.",
      schema: z.object({ exercise: z.string(), answer: z.number() }),
    },
    { name: "exercise", expression: "item.exercise" },
    { name: "answer", expression: "item.answer" },
    {
      name: "numbers_fit",
      reads: ["exercise", "largest"],
      run: ({ cells }) => {
        const numbers = String(cells.exercise).match(/\d+/g) ?? [];
        const high = numbers.map(Number).find((n) => n > Number(cells.largest));
        return high === undefined ? true : { reject: `${high} is above ${cells.largest}` };
      },
    },
    { name: "once", deduplicate: ["exercise"] },
  ],
  export: ["exercise", "answer", "place"],
});

const folder = mkdtempSync(join(tmpdir(), "counterfoil-example-"));
const work = join(folder, "work");

const { total } = await estimateRecipe({ recipe, work });
console.log(`${total.calls} calls, about ${total.completionTokens.expected} tokens of answers`);

const preview = await previewRecipe({ recipe, work, preview: 2 });
for (const { step, value } of preview.rows[0]?.cells ?? []) console.log(" ", step, value);

const result = await runRecipe({ recipe, work, out: join(folder, "exercises"), budget: { tokens: 1_000_000 } });
console.log(result.decision.decision, "-", result.decision.summary);
console.log(`${result.summary.accepted} of ${result.summary.asked} rows in ${result.summary.attempts} attempts`);

const check = await verify({ bundle: result.bundle as string });
console.log("verified:", check.trusted, "decision:", check.decision);
