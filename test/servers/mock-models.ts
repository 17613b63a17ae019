import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** What the mock endpoint counted: see `stats()` in mock-model-server.mjs. */
export interface MockStats {
  readonly calls: number;
  readonly distinct: number;
  readonly duplicate: number;
  readonly served: number;
  readonly servedDistinct: number;
  readonly servedTwice: number;
  readonly aborted: number;
  readonly inFlight: number;
  readonly peakConcurrency: number;
  readonly status: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly tokens: {
    readonly prompt: number;
    readonly completion: number;
    readonly billed: number;
    readonly aborted: number;
  };
  readonly seconds: number;
  readonly callsPerSecond: number;
}

/** Options as in `DEFAULTS` of mock-model-server.mjs. */
export type MockOptions = Readonly<Record<string, unknown>>;

export interface MockModels {
  /** Up to and with /v1. */
  readonly baseUrl: string;
  stats(): Promise<MockStats>;
  configure(options: MockOptions): void;
  close(): Promise<void>;
}

const FILE = resolve("test/servers/mock-model-server.mjs");

/** The endpoint in this process, on a free port of the loopback. */
export async function startMockModels(options: MockOptions = {}): Promise<MockModels> {
  const { createMockServer } = (await import(pathToFileURL(FILE).href)) as {
    createMockServer(options: MockOptions): {
      server: Server;
      stats(): MockStats;
      configure(options: MockOptions): void;
    };
  };
  const mock = createMockServer(options);
  mock.server.listen(0, "127.0.0.1");
  await once(mock.server, "listening");
  return {
    baseUrl: `http://127.0.0.1:${(mock.server.address() as AddressInfo).port}/v1`,
    stats: async () => mock.stats(),
    configure: mock.configure,
    async close() {
      mock.server.closeAllConnections();
      mock.server.close();
      await once(mock.server, "close");
    },
  };
}

/** The endpoint in a process of its own, which survives whoever asks it and costs him no time.
 * @param flags as of the command line: { latency: "fixed:50", faults: "error500=.02" } */
export async function spawnMockModels(
  flags: Readonly<Record<string, string>> = {},
): Promise<Omit<MockModels, "configure">> {
  const child = spawn(
    process.execPath,
    [FILE, "--port", "0", ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const baseUrl = await new Promise<string>((done, failed) => {
    child.once("error", failed);
    child.once("exit", (code) => failed(new Error(`the mock endpoint ended with ${code}`)));
    child.stdout.on("data", (part: Buffer) => {
      const [url] = /http:\S+/.exec(part.toString()) ?? [];
      if (url) done(url);
    });
  });
  return {
    baseUrl,
    stats: async () => (await (await fetch(`${new URL(baseUrl).origin}/stats`)).json()) as MockStats,
    async close() {
      if (child.exitCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
