// Writes examples/data/hospital-costs.csv.gz and hospital-costs-synthetic.csv.gz from SUPPORT2 (npm run build first): hospital stays whose bill is
// known and whose true cost is known for 250 of 6,000, as if cost accounting were dear; and a synthetic counterpart of each stay.
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { fitBoosting, predictBoosting } from "../dist/learners/trees/boosting.js";
import { randomFromSeed } from "../dist/random.js";

const STAYS = 6000;
const LABELLED = 250;
const random = randomFromSeed(2508);

const [header, ...lines] = gunzipSync(readFileSync("examples/data/support2.csv.gz"))
  .toString("utf8")
  .trimEnd()
  .split("\n");
const names = header.split(",").map((name) => name.replaceAll('"', ""));
const cells = lines.map((line) => line.split(",").map((cell) => cell.replaceAll('"', "")));
const of = (row, name) => row[names.indexOf(name)];
const number = (row, name) => (of(row, name) === "" || of(row, name) === "NA" ? Number.NaN : Number(of(row, name)));
// Stays with both a bill and a cost, so that the 250 are a random part of those whose cost could be known.
const known = cells.filter((row) => number(row, "charges") > 0 && number(row, "totcst") > 0);
const order = random.split("order").shuffle(Uint32Array.from(known, (_, i) => i));
const stays = [...order.subarray(0, STAYS)].map((i) => known[i]);
const others = [...order.subarray(STAYS)].map((i) => known[i]);

/** A generator that saw other stays only: boosted trees of the logarithm of the cost, from what is known on admission. */
const predictors = ["age", "num.co", "scoma", "avtisst", "aps", "sps", "meanbp", "wblc", "hday"];
const levels = predictors.map((name) => {
  const values = others
    .map((row) => number(row, name))
    .filter((value) => !Number.isNaN(value))
    .sort((a, b) => a - b);
  return Array.from({ length: 30 }, (_, k) => values[Math.floor((values.length * (k + 1)) / 31)]);
});
const classes = [...new Set(known.map((row) => of(row, "dzgroup")))].sort();
const columnsOf = (rows) => [
  ...predictors.map((name, j) =>
    Uint8Array.from(rows, (row) => {
      const value = number(row, name);
      return Number.isNaN(value) ? 0 : 1 + levels[j].filter((edge) => edge < value).length;
    }),
  ),
  Uint8Array.from(rows, (row) => classes.indexOf(of(row, "dzgroup"))),
];
const cost = Float64Array.from(others, (row) => Math.log(number(row, "totcst")));
const shape = {
  levels: [...predictors.map(() => 32), classes.length],
  ordered: [...predictors.map(() => true), false],
};
const model = fitBoosting({
  ...shape,
  columns: columnsOf(others),
  target: cost,
  objective: { kind: "squared-error" },
  options: { trees: 80, leaves: 8 },
});
const missed = predictBoosting(model, columnsOf(others)).map((value, i) => cost[i] - value);
const expected = predictBoosting(model, columnsOf(stays));

const table = (rows) => gzipSync(`${rows.map((row) => row.join(",")).join("\n")}\n`, { level: 9 });
const columns = ["stay", "age", "sex", "diagnosis", "comorbidities", "days", "bill", "cost"];
const labelled = new Set(random.split("labelled").sample(STAYS, LABELLED));
writeFileSync(
  "examples/data/hospital-costs.csv.gz",
  table([
    columns,
    ...stays.map((row, i) => [
      i + 1,
      Math.round(number(row, "age")),
      of(row, "sex"),
      of(row, "dzclass"),
      of(row, "num.co"),
      of(row, "slos"),
      Math.round(number(row, "charges")),
      labelled.has(i) ? Math.round(number(row, "totcst")) : "",
    ]),
  ]),
);
const draw = random.split("synthetic");
writeFileSync(
  "examples/data/hospital-costs-synthetic.csv.gz",
  table([
    ["stay", "age", "sex", "diagnosis", "comorbidities", "cost"],
    ...stays.map((row, i) => {
      const stranger = stays[draw.integer(STAYS)];
      const keeps = () => (draw.uniform() < 0.9 ? row : stranger);
      return [
        i + 1,
        Math.min(101, Math.max(18, Math.round(number(row, "age") + 4 * draw.normal()))),
        of(keeps(), "sex"),
        of(keeps(), "dzclass"),
        of(keeps(), "num.co"),
        // A quarter too dear, as a generator may well be.
        Math.round(1.25 * Math.exp(expected[i] + 0.5 * missed[draw.integer(missed.length)])),
      ];
    }),
  ]),
);
console.log(`${STAYS} stays, ${LABELLED} with their cost`);
