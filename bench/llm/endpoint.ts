import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type MockStats, spawnMockModels } from "../../test/servers/mock-models.ts";

/** What the endpoint counted, with what it took itself: whoever blames a client looks there first. */
export interface EndpointStats extends MockStats {
  readonly server: { readonly cpuSeconds: number; readonly lateMsMean: number; readonly lateMsP99: number };
}

/** How the endpoint behaves: `DEFAULTS` of test/servers/mock-model-server.mjs. */
export interface Behaviour {
  readonly latency?: string;
  readonly capacity?: string;
  readonly faults?: Readonly<Record<string, number>>;
  readonly poison?: string;
}

/** A line of the endpoint's log. */
export interface LoggedCall {
  readonly key: string;
  readonly attempt: number;
  readonly prompt: number;
  readonly completion: number;
  readonly status: number | "reset";
  /** When it came, milliseconds since 1970, and how long it took. */
  readonly t: number;
  readonly ms: number;
  readonly fault?: string;
}

/** The same endpoint by an address that no client takes for its own machine. */
export const OTHER_ADDRESS = "127.0.0.2";

/** The mock endpoint in a process of its own, for as long as a benchmark runs. */
export interface Endpoint {
  readonly baseUrl: string;
  /** Zeroes the counts, starts an empty log, and behaves so from now on, whatever it did before. */
  start(behaviour: Behaviour): Promise<void>;
  stats(): Promise<EndpointStats>;
  /** Every call since `start`. */
  calls(): Promise<readonly LoggedCall[]>;
  close(): Promise<void>;
}

/** @param folder where its log is kept */
export async function openEndpoint(folder: string): Promise<Endpoint> {
  const mock = await spawnMockModels({ host: `127.0.0.1,${OTHER_ADDRESS}` });
  const { origin } = new URL(mock.baseUrl);
  const log = join(folder, "endpoint.jsonl");
  const ask = async (path: string, value?: unknown): Promise<unknown> => {
    const response = await fetch(
      `${origin}${path}`,
      value === undefined ? {} : { method: "POST", body: JSON.stringify(value) },
    );
    if (!response.ok) throw new Error(`The mock endpoint refused ${path}: ${await response.text()}`);
    return response.json();
  };
  const stats = () => ask("/stats") as Promise<EndpointStats>;
  return {
    baseUrl: mock.baseUrl,
    stats,
    async start({ latency = "0", capacity = "0", faults = {}, poison = "" }) {
      await ask("/control", { log: "" });
      rmSync(log, { force: true });
      await ask("/control", { latency, capacity, faults, poison, log, reset: true });
    },
    async calls() {
      await stats(); // writes what it still holds
      return readFileSync(log, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as LoggedCall);
    },
    close: () => mock.close(),
  };
}
