import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A program to run, and how. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Added to this process's; undefined: taken away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly folder?: string;
}

/** What a run of a program and of all its children came to. */
export interface Measured {
  readonly outcome: "ended" | "killed" | "timeout";
  /** Null: it was killed. */
  readonly exitCode: number | null;
  readonly wallSeconds: number;
  /** Of everything it started and waited for; a multiple of 10 ms. */
  readonly cpuSeconds: number;
  /** Most of its proportional set size (shared pages are shared out), looked at twice a second. */
  readonly megabytes: number;
  /** The same at each look, with seconds since the start: does it grow? */
  readonly memory: readonly (readonly [number, number])[];
  /** Cores of the machine that were busy meanwhile, whoever used them. */
  readonly busyCores: number;
  readonly stdout: string;
}

/** Runs a program in a process group of its own.
 * @param options.log file that its output is appended to
 * @param options.timeoutSeconds after which the group is killed
 * @param options.killWhen asked every 5 ms; once it says yes, the group is stopped, `whileStopped` is called, and it is killed by SIGKILL
 * @throws {Error} not on Linux: processor time and memory are read from /proc */
export async function measure(
  command: Command,
  options: {
    readonly log: string;
    readonly timeoutSeconds: number;
    readonly killWhen?: () => boolean | Promise<boolean>;
    readonly whileStopped?: () => void;
  },
): Promise<Measured> {
  if (process.platform !== "linux") throw new Error("bench llm reads /proc: it runs on Linux only.");
  const output = openSync(options.log, "w");
  const started = performance.now();
  const before = { own: reapedTicks(), machine: busyTicks() };
  const child = spawn(command.file, [...command.args], {
    stdio: ["ignore", output, output],
    detached: true,
    ...(command.folder && { cwd: command.folder }),
    env: { ...process.env, ...command.env },
  });
  const exit = exitOf(child);
  let exited = false;
  const watching = exit.finally(() => {
    exited = true;
  });
  const memory: [number, number][] = [];
  let outcome: Measured["outcome"] = "ended";
  for (let looked = 0; !exited; ) {
    const seconds = (performance.now() - started) / 1000;
    if (seconds > options.timeoutSeconds) outcome = "timeout";
    else if (await options.killWhen?.()) outcome = "killed";
    if (outcome !== "ended" && !exited) {
      if (outcome === "killed") {
        signalGroup(child, "SIGSTOP");
        options.whileStopped?.();
      }
      signalGroup(child, "SIGKILL");
      await watching;
      break;
    }
    if (options.killWhen === undefined && seconds > looked) {
      looked = seconds + 0.5;
      memory.push([seconds, groupMegabytes(child.pid as number)]);
    }
    await Promise.race([watching, sleep(5)]);
  }
  const exitCode = await exit;
  const wallSeconds = (performance.now() - started) / 1000;
  signalGroup(child, "SIGKILL"); // children that outlive their parent
  closeSync(output);
  const ticks = ticksPerSecond();
  return {
    outcome,
    exitCode: outcome === "ended" ? exitCode : null,
    wallSeconds,
    cpuSeconds: (reapedTicks() - before.own) / ticks,
    megabytes: Math.max(0, ...memory.map(([, size]) => size)),
    memory,
    busyCores: (busyTicks() - before.machine) / ticks / wallSeconds,
    stdout: readFileSync(options.log, "utf8"),
  };
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((done, failed) => {
    child.once("error", failed);
    child.once("exit", done);
  });
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-(child.pid as number), signal);
  } catch {
    // nobody is left
  }
}

/** Connections to a port of this machine on which bytes have come that nobody has read. */
export function unreadConnections(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .slice(1)
    .filter((line) => {
      // proc(5): number, local address, remote address, state, bytes to send and to read.
      const [, , remote = "", , queues = ""] = line.trim().split(/\s+/);
      return remote.endsWith(`:${hex}`) && Number.parseInt(queues.split(":")[1] ?? "0", 16) > 0;
    }).length;
}

/** User and system time of the children that this process has waited for, and of theirs. */
function reapedTicks(): number {
  const fields = afterName(readFileSync("/proc/self/stat", "utf8"));
  return Number(fields[13]) + Number(fields[14]);
}

function busyTicks(): number {
  const [, user, nice, system, , , interrupts, soft] = (readFileSync("/proc/stat", "utf8").split("\n")[0] as string)
    .split(/\s+/)
    .map(Number);
  return (user as number) + (nice as number) + (system as number) + (interrupts as number) + (soft as number);
}

function ticksPerSecond(): number {
  return Number(spawnSync("getconf", ["CLK_TCK"], { encoding: "utf8" }).stdout);
}

function groupMegabytes(group: number): number {
  let kilobytes = 0;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (Number(afterName(readFileSync(`/proc/${name}/stat`, "utf8"))[2]) !== group) continue;
      kilobytes += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/smaps_rollup`, "utf8"))?.[1] ?? 0);
    } catch {
      // it has just ended
    }
  }
  return kilobytes / 1024;
}

/** Fields of /proc/…/stat from the state on (number 3 of proc(5)): the name before it may hold anything. */
function afterName(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
