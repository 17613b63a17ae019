import assert from "node:assert/strict";
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { counterfoil, inScratch } from "./cli/run.ts";
import { startMockModels } from "./servers/mock-models.ts";

/** Lines of ```sh blocks that call the command line, with the file they stand in. */
function commandsOf(file: string): string[] {
  const blocks = [...readFileSync(file, "utf8").matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(
    (match) => match[1] as string,
  );
  return blocks
    .flatMap((block) => block.replaceAll("\\\n", " ").split("\n"))
    .filter((line) => /^counterfoil /.test(line))
    .map((line) => line.replace(/\s+#.*$/, ""));
}

/** Splits as a shell would, for the plain quoting the docs use. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? (match[2] as string)).slice(1);

const pages = [
  "README.md",
  ...readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file)),
];

/** The recipe that the docs speak of, asked of a server that answers at once. */
function questionsRecipe(baseUrl: string): string {
  return `
format: counterfoil-text/1
name: questions
models: { writer: { provider: openai, baseUrl: "${baseUrl}", model: mock } }
rows: 30
steps:
  - { name: number, sampler: integer, low: 1, high: 1000000 }
  - { name: question, call: text, prompt: "Question {{ number }}" }
  - { name: once, deduplicate: [question] }
export: [question]
`;
}

test("every command in the docs runs", () =>
  inScratch(async (folder) => {
    // The files that the docs speak of: people with a date of death, and two halves of a real table.
    const people = Array.from(
      { length: 400 },
      (_, i) =>
        `${20 + ((i * 37) % 60)},${i % 3 === 0 ? "m" : "f"},${(i * 7919) % 200},${i % 4 === 0 ? `2024-0${(i % 9) + 1}-11` : ""},${i % 4 === 0 ? "yes" : "no"}`,
    );
    writeFileSync(join(folder, "patients.csv"), `age,sex,pressure,date_of_death,died\n${people.join("\n")}\n`);
    writeFileSync(join(folder, "half-filled.csv"), "age,sex,died\n30,,no\n,f,\n71,m,\n");
    const row = (i: number): string =>
      `${17 + ((i * 31) % 60)},${["a", "b", "c"][(i * 7) % 3]},${(i * 104_729) % 997},${(i * 31) % 5 === 0 ? ">50K" : "<=50K"}`;
    for (const [name, from] of [
      ["train", 0],
      ["synthetic", 1000],
      ["holdout", 2000],
      ["real", 0],
      ["vendor", 1000],
      ["unseen", 2000],
      ["january", 3000],
      ["february", 4000],
    ] as const) {
      writeFileSync(
        join(folder, `${name}.csv`),
        `age,job,amount,income\n${Array.from({ length: 300 }, (_, i) => row(from + i)).join("\n")}\n`,
      );
    }
    // Losses that fall with the size of the training data, three runs each.
    const losses = Array.from({ length: 24 }, (_, i) => {
      const size = 250 * 2 ** Math.floor(i / 3);
      return `${size},${i % 3},${(9 / (4 + size ** 0.4) + 0.06) * (1 + 0.004 * ((i * 7) % 5))}`;
    });
    writeFileSync(join(folder, "points.csv"), `size,seed,loss\n${losses.join("\n")}\n`);
    const mock = await startMockModels();
    writeFileSync(join(folder, "questions.yaml"), questionsRecipe(mock.baseUrl));
    for (const name of [
      "german-credit.csv.gz",
      "german-credit-domain.yaml",
      "hospital-costs.csv.gz",
      "hospital-costs-synthetic.csv.gz",
    ])
      copyFileSync(join("examples", "data", name), join(folder, name));
    let ran = 0;
    for (const page of pages) {
      for (const line of commandsOf(page)) {
        const result = await counterfoil(wordsOf(line), { cwd: folder });
        assert.ok(![1, 2].includes(result.code as number), `${page}: ${line}\nexit ${result.code}\n${result.stderr}`);
        ran++;
      }
    }
    await mock.close();
    assert.ok(ran > 0, "the docs hold no command");
  }));

test("links between the project's pages lead somewhere", () => {
  for (const page of [...pages, "CONTRIBUTING.md", "CHANGELOG.md"]) {
    for (const [, target] of readFileSync(page, "utf8").matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      const path = join(page, "..", target as string);
      assert.ok(readdirSync(join(path, "..")).includes(path.split("/").pop() as string), `${page} links to ${target}`);
    }
  }
});
