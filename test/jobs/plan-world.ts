import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomFromSeed } from "../../src/random.ts";

/** People whose target hangs on their age and their town, as CSV lines below a header; `firstId` numbers them. */
export function townCsv(seed: number, rows: number, options: { readonly gaps?: number } = {}): string {
  const random = randomFromSeed(seed);
  const lines = Array.from({ length: rows }, (_, i) => {
    const age = 18 + random.integer(60);
    const town = ["Delft", "Gouda", "Leiden"][random.integer(3)] as string;
    const pay = Math.round(1000 + 30 * age + 300 * random.normal());
    const isYes = age + (town === "Gouda" ? 20 : 0) + 8 * random.normal() > 55;
    return [age, town, pay, i < (options.gaps ?? 0) ? "" : isYes ? "yes" : "no"].join(",");
  });
  return `age,town,pay,insured\n${lines.join("\n")}\n`;
}

/** Programs for tests: a student that checks what it was given and prints the share of training rows that are synthetic, and a generator that gives
 * its real rows again, in turn. */
export function writePrograms(folder: string): { readonly student: string; readonly generator: string } {
  const student = join(folder, "student.mjs");
  const generator = join(folder, "generator.mjs");
  writeFileSync(
    student,
    `import { readFileSync } from "node:fs";
const [real, synthetic, test, mode = ""] = process.argv.slice(2);
const rows = (path) => readFileSync(path, "utf8").trimEnd().split("\\n").slice(1);
const [r, s, t] = [real, synthetic, test].map(rows);
const seen = new Set([...r, ...s]);
if (t.some((row) => seen.has(row))) throw new Error("a test row was learned from");
if (r.length > 0 && s.some((row) => !r.includes(row))) throw new Error("the generator saw other rows");
if (mode === "faulty" && r.length === 12) console.log("no number today");
else if (mode === "faulty" && r.length === 18) { console.error("out of memory"); process.exit(3); }
else if (mode === "faulty" && r.length === 24) setTimeout(() => {}, 60_000);
else console.log("epoch 3 of 10\\nvalue: " + (s.length / (r.length + s.length)).toFixed(4));
`,
  );
  writeFileSync(
    generator,
    `import { readFileSync, writeFileSync } from "node:fs";
const [real, count, out] = process.argv.slice(2);
const [head, ...rows] = readFileSync(real, "utf8").trimEnd().split("\\n");
writeFileSync(out, [head, ...Array.from({ length: Number(count) }, (_, i) => rows[i % rows.length])].join("\\n") + "\\n");
`,
  );
  return { student, generator };
}
