// node draw-rows.mjs POOL REAL ROWS SEED OUT: so many rows of a CSV file, in an order that the seed decides. A generator that cannot be better: fresh real rows.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const [pool, , rows, seed, out] = process.argv.slice(2);
const [head, ...lines] = readFileSync(pool, "utf8").trimEnd().split("\n");
const keyed = lines.map((line, i) => ({ line, key: createHash("sha256").update(`${seed} ${i}`).digest("hex") }));
keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
writeFileSync(out, `${[head, ...keyed.slice(0, Number(rows)).map(({ line }) => line)].join("\n")}\n`);
