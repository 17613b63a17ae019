import { Cancelled, CounterfoilError, InvalidArgument, throwIfCancelled } from "../../errors.ts";
import type { Json } from "../../llm/model.ts";
import { onAbort } from "../../llm/on-abort.ts";
import type { OwnStep } from "../recipe.ts";
import { shortened } from "../shortened.ts";
import type { CellContext, CellOutcome, Row } from "../step.ts";

/** A program of the user's that answers rows: one JSON line each, in their order. */
export interface Program {
  /** @returns { value } or { reject }
   * @throws {ResourceError} it ended, took too long or wrote what is no answer; the program was started anew for the rows that follow
   * @throws {InvalidArgument} it cannot be started at all, or which answer belongs to which row is not known */
  ask(row: Json): Promise<Json>;
  close(): Promise<void>;
}

/** The cell of a step of the user's own. What goes wrong in it costs the row, never the run: except a program that cannot be started, and a call in it that
 * fails because the run must end. Which cells it sees is decided by the plan.
 * @param program the running `command`, where the step has one */
export function ownCell(
  step: OwnStep,
  program: Program | undefined,
): (row: Row, context: CellContext) => Promise<CellOutcome> {
  const { name, run } = step;
  if (!run && !program) throw new Error(`step "${name}" has neither a function nor a program`);
  return async (row, context) => {
    try {
      throwIfCancelled(context.signal);
      const answer = await unlessCancelled(
        run ? run(row, context) : (program as Program).ask(row as unknown as Json),
        context.signal,
      );
      return run ? outcomeOfFunction(answer) : outcomeOfProgram(answer as Json);
    } catch (cause) {
      if (cause instanceof Cancelled || cause instanceof InvalidArgument) throw cause;
      // A journal that cannot be written fails the run; a program that died fails its row.
      if (run && cause instanceof CounterfoilError) throw cause;
      return { reject: { reason: "own", detail: shortMessage(cause) } };
    }
  };
}

/** Waits for work no longer than the run: a function that never ends must not keep it. */
function unlessCancelled(work: unknown, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => reject(new Cancelled()));
    Promise.resolve(work).finally(release).then(resolve, reject);
  });
}

function outcomeOfFunction(answer: unknown): CellOutcome {
  if (isRejection(answer)) return rejected(answer.reject);
  return { value: asJson(answer) };
}

function outcomeOfProgram(answer: Json): CellOutcome {
  const { value, reject } = answer as { readonly value?: Json; readonly reject?: Json };
  return value === undefined ? rejected(reject) : { value };
}

function isRejection(answer: unknown): answer is { readonly reject: unknown } {
  return typeof answer === "object" && answer !== null && "reject" in answer && Object.keys(answer).length === 1;
}

function rejected(why: unknown): CellOutcome {
  return { reject: { reason: "own", detail: typeof why === "string" ? why : shortened(asJson(why)) } };
}

function shortMessage(cause: unknown): string {
  const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}

const MOST_DEEP = 100;

/** A copy that is plain JSON.
 * @throws {TypeError} it cannot be */
function asJson(value: unknown, depth = 0): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    throw new TypeError(`the value is ${value}, which JSON has no word for`);
  }
  if (value === undefined) throw new TypeError("the value is undefined; give back null, a value or { reject: why }");
  if (depth > MOST_DEEP) throw new TypeError(`the value is nested more than ${MOST_DEEP} deep, or holds itself`);
  if (Array.isArray(value)) return value.map((item) => asJson(item, depth + 1));
  const prototype: unknown = typeof value === "object" ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError(
      `the value holds ${typeof value === "object" ? `a ${value.constructor?.name}` : `a ${typeof value}`}, which is not JSON`,
    );
  return Object.fromEntries(
    Object.entries(value as object)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, asJson(item, depth + 1)]),
  );
}
