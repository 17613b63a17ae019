import { type ChildProcess, spawn } from "node:child_process";
import { Cancelled, InvalidArgument, ResourceError } from "../errors.ts";
import type { Json } from "../llm/model.ts";
import { shortened } from "../text/shortened.ts";
import type { Program } from "../text/steps/own.ts";

export interface OwnProgramOptions {
  /** Variables of this process, of which the program gets {@link PASSED} and those that it names. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Further variables that it gets, by name. */
  readonly variables?: readonly string[] | undefined;
  /** Working folder; default: this process's. */
  readonly folder?: string | undefined;
  /** For one row, once it is the program's next; default 60,000. */
  readonly timeoutMs?: number | undefined;
  /** For the first row after a start, in which a program may have much to read; default 600,000. */
  readonly startMs?: number | undefined;
  /** For it to end when its input has ended; then it is asked to, and after as long again made to. Default 2,000. */
  readonly patienceMs?: number | undefined;
}

/** What a program of the user's gets of the environment: enough to find its files and to write its language. Keys of models are not its business. */
export const PASSED: readonly string[] = [
  "PATH",
  "HOME",
  "LANG",
  "LC_ALL",
  "LC_CTYPE",
  "TZ",
  "TMPDIR",
  "VIRTUAL_ENV",
  // Windows starts nothing without them.
  "SystemRoot",
  "PATHEXT",
  "TEMP",
  "TMP",
  "USERPROFILE",
];

/** Rows written ahead of the answers. */
const AHEAD = 64;
const MOST_CHARACTERS = 64 * 2 ** 20;

interface Asked {
  readonly row: Json;
  readonly resolve: (answer: Json) => void;
  readonly reject: (error: unknown) => void;
  isSent: boolean;
  /** Times that the program ended while this row was its next. */
  ends: number;
}

/** Keeps a program running that answers one JSON line for each that it reads, in their order, `{"value": …}` or `{"reject": "why"}`, and writes nothing else
 * to its standard output. Started when first asked, without a shell. Where it ends, takes too long or writes what is no answer, it is started anew and the
 * rows without an answer are asked again; a row at which that happens twice fails, as does one that takes too long once.
 *
 * An answer may repeat `"index"` of the row, which is then checked. */
export function startProgram(command: readonly string[], options: OwnProgramOptions): Program {
  const { environment, variables = [], folder, timeoutMs = 60_000, startMs = 600_000, patienceMs = 2000 } = options;
  const [file = "", ...args] = command;
  const named = shortened(command.join(" "));
  const passed = [...PASSED, ...variables].flatMap((name): [string, string][] => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value]];
  });
  // A Python that writes into a pipe keeps its lines back until there are 8 KB.
  const env = { PYTHONUNBUFFERED: "1", PYTHONIOENCODING: "utf-8", ...Object.fromEntries(passed) };
  const queue: Asked[] = [];
  let child: ChildProcess | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** The one that runs has answered a row. */
  let hasBegun = false;
  /** Why no row is asked any more. */
  let broken: unknown;
  let closing: Promise<void> | undefined;

  const start = (): ChildProcess => {
    hasBegun = false;
    const started = spawn(file, args, { cwd: folder, env, stdio: ["pipe", "pipe", "pipe"], windowsHide: true });
    let line = "";
    let said = "";
    let isOver = false;
    const over = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (isOver) return;
      isOver = true;
      if (child !== started) return;
      child = undefined;
      ended(code, signal, lastLine(said));
    };
    started.stdout.setEncoding("utf8").on("data", (part: string) => {
      if (child !== started) return;
      const lines = part.split("\n");
      line += lines[0];
      for (let at = 1; at < lines.length && child === started; at++) {
        answered(line.endsWith("\r") ? line.slice(0, -1) : line);
        line = lines[at] as string;
      }
      if (line.length <= MOST_CHARACTERS || child !== started) return;
      const what = `wrote ${MOST_CHARACTERS} characters without an end of line`;
      if (queue[0]?.isSent) unreadable(what);
      else fail(notInStep(`${what}, unasked`));
    });
    started.stderr.setEncoding("utf8").on("data", (part: string) => {
      said = (said + part).slice(-2000);
    });
    // Told by the end of the program.
    started.stdin.on("error", () => {});
    started.once("error", (cause: NodeJS.ErrnoException) => {
      if (started.pid !== undefined || child !== started) return;
      child = undefined;
      fail(notStarted(cause));
    });
    started.once("close", over);
    // A process that it started may keep its output open.
    started.once("exit", (code, signal) => setTimeout(() => over(code, signal), 200).unref());
    return started;
  };

  /** Writes rows as far ahead as is sensible, and sees to the clock of the first. */
  const send = (): void => {
    if (queue.length === 0 || broken !== undefined) return;
    try {
      child ??= start();
    } catch (cause) {
      fail(notStarted(cause as NodeJS.ErrnoException));
      return;
    }
    for (let at = 0; at < Math.min(queue.length, AHEAD); at++) {
      const asked = queue[at] as Asked;
      if (asked.isSent) continue;
      asked.isSent = true;
      child.stdin?.write(`${JSON.stringify(asked.row)}\n`);
    }
    timer ??= setTimeout(tookTooLong, hasBegun ? timeoutMs : startMs);
  };

  const next = (): Asked => {
    clearTimeout(timer);
    timer = undefined;
    return queue.shift() as Asked;
  };

  const answered = (line: string): void => {
    const first = queue[0];
    if (!first?.isSent) {
      fail(notInStep(`wrote a line that answers no row: ${shortened(line)}`));
      return;
    }
    const answer = answerIn(line);
    if (answer === undefined) {
      unreadable(`wrote a line that is no answer: ${shortened(line)}`);
      return;
    }
    const { index } = answer;
    if (index !== undefined && index !== (first.row as { readonly index?: Json }).index) {
      fail(
        notInStep(
          `answered row ${shortened(index)} when the next was ${shortened((first.row as { readonly index?: Json }).index ?? null)}`,
        ),
      );
      return;
    }
    hasBegun = true;
    next().resolve(answer);
    send();
  };

  /** Of what follows nobody knows which row it belongs to: the rows behind are asked again, of another process. */
  const unreadable = (what: string): void => {
    next().reject(
      new ResourceError("own-program", `The program ${named} ${what}.`, {
        advice: "Write one JSON line per row to standard output, and everything else to standard error.",
      }),
    );
    restart();
  };

  const tookTooLong = (): void => {
    next().reject(
      new ResourceError(
        "own-program",
        `The program ${named} gave no answer in ${(hasBegun ? timeoutMs : startMs) / 1000} s.`,
        {
          advice: "Write and flush one line for each line read, before the next is read.",
        },
      ),
    );
    restart();
  };

  const restart = (): void => {
    const old = child;
    child = undefined;
    old?.kill("SIGKILL");
    for (const asked of queue) asked.isSent = false;
    send();
  };

  const ended = (code: number | null, signal: NodeJS.Signals | null, said: string): void => {
    const [first] = queue;
    if (closing || !first) return;
    clearTimeout(timer);
    timer = undefined;
    if (first.isSent && ++first.ends === 2) {
      const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
      next().reject(
        new ResourceError(
          "own-program",
          `The program ${named} ${how} at this row, twice${said === "" ? "" : `; it last said: ${said}`}.`,
        ),
      );
    }
    for (const asked of queue) asked.isSent = false;
    send();
  };

  const notStarted = (cause: NodeJS.ErrnoException): InvalidArgument =>
    new InvalidArgument("own-program", `The program ${named} cannot be started: ${cause.code ?? cause.message}.`, {
      cause,
      advice: "Give the path of a program and its arguments as a list; no shell reads them.",
    });

  const notInStep = (what: string): InvalidArgument =>
    new InvalidArgument(
      "own-program-lines",
      `The program ${named} ${what}: which answer belongs to which row is not known.`,
      {
        advice:
          "Answer exactly one JSON line for each line read, in the same order, and write everything else to standard error.",
      },
    );

  const fail = (error: unknown): void => {
    broken = error;
    clearTimeout(timer);
    child?.kill("SIGKILL");
    child = undefined;
    for (const asked of queue.splice(0)) asked.reject(error);
  };

  return {
    ask(row) {
      return new Promise((resolve, reject) => {
        if (broken !== undefined) {
          reject(broken);
          return;
        }
        queue.push({ row, resolve, reject, isSent: false, ends: 0 });
        if (queue.length <= AHEAD) send();
      });
    },
    close() {
      closing ??= (async () => {
        const last = child;
        broken ??= new Cancelled("The program was told to end.");
        clearTimeout(timer);
        for (const asked of queue.splice(0)) asked.reject(broken);
        if (!last || last.exitCode !== null || last.signalCode !== null) return;
        const gone = new Promise<void>((done) => last.once("exit", () => done()));
        last.stdin?.end();
        const patience = [
          setTimeout(() => last.kill("SIGTERM"), patienceMs),
          setTimeout(() => last.kill("SIGKILL"), 2 * patienceMs),
        ];
        await gone;
        for (const one of patience) clearTimeout(one);
      })();
      return closing;
    },
  };
}

/** @returns undefined: it is none */
function answerIn(line: string): { readonly [key: string]: Json } | undefined {
  try {
    const answer = JSON.parse(line) as Json;
    if (answer === null || typeof answer !== "object" || Array.isArray(answer)) return undefined;
    const given = answer as { readonly [key: string]: Json };
    return given.value === undefined && typeof given.reject !== "string" ? undefined : given;
  } catch {
    return undefined;
  }
}

function lastLine(said: string): string {
  const lines = said.split("\n").map((line) => line.replace(/\p{Cc}+/gu, " ").trim());
  return (lines.findLast((line) => line !== "") ?? "").slice(0, 300);
}
