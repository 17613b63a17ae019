import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, freemem, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { readTable } from "../data/read.ts";
import { ownKey } from "../evidence/keys.ts";
import { runAll } from "../executors/executor.ts";
import { threadExecutor } from "../executors/threads.ts";
import { fingerprint } from "../runs/fingerprint.ts";
import { readLedger } from "../runs/ledger.ts";
import { userFolders } from "../runs/user-folders.ts";
import { listModels } from "./models.ts";

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Checks what the product stands on by using it. Never throws. */
export async function doctor(): Promise<readonly Check[]> {
  const folders = userFolders();
  return [
    await check(
      "counterfoil",
      async () => `${fingerprint().version} on Node ${process.versions.node}, ${process.platform} ${process.arch}`,
    ),
    await check("node", async () => {
      const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
      if (major < 20 || (major === 20 && minor < 19))
        throw new Error(`Node ${process.versions.node} is too old; want 20.19 or later`);
      return "recent enough";
    }),
    await check("memory", async () => `${gigabytes(freemem())} free of ${gigabytes(totalmem())}`),
    await check("threads", threads),
    await check("duckdb", duckdb),
    await check("keys", async () => {
      const own = await ownKey(folders);
      return `${own.keyId.slice(0, 12)}… in ${own.privateKey}${own.created ? " (just made)" : ""}`;
    }),
    await check("ledger", async () => {
      const { entries, unreadable } = await readLedger(folders);
      return `${entries.length} runs in ${folders.data}${unreadable > 0 ? `, ${unreadable} torn lines` : ""}`;
    }),
    await check("local model", () => localModels(folders.cache)),
  ];
}

/** What is not here is no fault: it is asked for when a recipe first wants it. */
async function localModels(cache: string): Promise<string> {
  const { models, runtime } = await listModels({ cache });
  const wrong = models.find(({ trusted }) => trusted === false);
  if (wrong) throw new Error(`${wrong.path} has another hash; remove it and run "counterfoil models pull"`);
  const here = models.filter(({ path }) => path !== null).map(({ name }) => name);
  const missing = here.length === 0 || !runtime ? ' ("counterfoil models pull --with-runtime")' : "";
  return `${here.join(", ") || "none"}; runtime ${runtime ? `node-llama-cpp ${runtime.version}` : "not installed"}${missing}`;
}

async function check(name: string, work: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, detail: await work() };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

async function threads(): Promise<string> {
  const executor = threadExecutor();
  try {
    const module = new URL("../executors/probe.js", import.meta.url).href;
    const answers = await runAll<number>(
      executor,
      [1, 2, 3, 4].map((x) => ({ module, name: "double", data: x })),
    );
    if (answers.join() !== "2,4,6,8") throw new Error(`workers answered ${answers.join()}`);
    return `${availableParallelism()} usable`;
  } finally {
    await executor.close();
  }
}

async function duckdb(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "counterfoil-doctor-"));
  try {
    const file = join(folder, "probe.csv");
    await writeFile(file, "a,b\n1,x\n2,y\n");
    const { table } = await readTable(file, {});
    if (table.rows !== 2) throw new Error(`read ${table.rows} rows of 2`);
    return "reads a file";
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GB`;
}
