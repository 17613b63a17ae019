import assert from "node:assert/strict";
import { test } from "node:test";
import { checkPurpose, declaredPurpose } from "../../src/jobs/purpose.ts";
import { randomFromSeed } from "../../src/random.ts";
import { noPurpose } from "../../src/schema/purpose.ts";
import { parseAnalysis, parsePurpose } from "../../src/schema/purpose-file.ts";
import { people, schemaFor } from "../metrics/world.ts";
import { fileIn, scratchHome } from "./world.ts";

const home = scratchHome();
const text = `format: counterfoil-purpose/1
target: died
survival: { time: days, event: died }
analyses:
  - "cox: days, died ~ age + sex"
quasiIdentifiers: [age, sex]
sensitive: [income]
population: 100000
`;

test("a purpose file is read, and a flag beside it wins", async () => {
  const file = fileIn(home, "purpose.yaml", text);
  const purpose = await declaredPurpose({ purpose: file, quasiIdentifiers: ["age"] });
  assert.deepEqual(purpose, {
    ...noPurpose,
    target: "died",
    survival: { time: "days", event: "died" },
    analyses: [{ family: "cox", outcome: "days", event: "died", predictors: ["age", "sex"] }],
    quasiIdentifiers: ["age"],
    sensitive: ["income"],
    population: 100_000,
  });
  assert.equal((await declaredPurpose({ purpose: file, population: 5 })).population, 5);
  await assert.rejects(declaredPurpose({ purpose: `${file}x` }), /There is no purpose file/);
});

test("what is wrong with a purpose file is told with its line and the nearest name", () => {
  const fault = (yaml: string, words: RegExp) => assert.throws(() => parsePurpose(yaml, "p.yaml"), words);
  fault(`${text}sensitiv: [a]\n`, /line 9: has an unknown key "sensitiv"; did you mean "sensitive"/);
  fault(text.replace("time: days", "tme: days"), /"tme".*did you mean "time"/);
  fault(text.replace("100000", "0.5"), /population: .*int/);
  fault("target: a\n", /format/);
  fault("a: [", /is not YAML/);
});

test("a formula says what is wrong with it", () => {
  assert.deepEqual(parseAnalysis("ols: cost ~ age"), { family: "ols", outcome: "cost", predictors: ["age"] });
  for (const [formula, words] of [
    ["cost ~ age", /is no formula/],
    ["logit: died ~ age", /unknown family "logit"/],
    ["ols: cost ~ age +", /empty predictor/],
    ["ols: cost ~ age + cost", /names a column twice/],
    ["cox: days ~ age", /no event/],
    ["ols: a, b ~ c", /two outcomes/],
  ] as const)
    assert.throws(() => parseAnalysis(formula), words);
});

test("a purpose names columns that exist and are judged", () => {
  const table = people(randomFromSeed(1), 200);
  const schema = schemaFor(table);
  const check = (purpose: Partial<typeof noPurpose>) =>
    checkPurpose({ ...noPurpose, ...purpose }, { table, schema, notice: () => undefined });
  assert.throws(() => check({ quasiIdentifiers: ["agge"] }), /Did you mean "age"/);
  assert.throws(() => check({ quasiIdentifiers: ["age"], sensitive: ["age"] }), /a quasi-identifier and sensitive/);
  assert.throws(
    () => check({ analyses: [{ family: "ols", outcome: "income", predictors: ["sexx"] }] }),
    /Did you mean "sex"/,
  );
  assert.deepEqual(check({ protectedAttributes: ["sex"] }).protectedAttributes, ["sex"]);
  assert.deepEqual(check({ quasiIdentifiers: ["age, sex"] }).quasiIdentifiers, ["age", "sex"]);
  assert.throws(() => check({ quasiIdentifiers: ["age,sexx"] }), /no column "sexx"/);
});
