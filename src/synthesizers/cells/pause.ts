import { throwIfCancelled } from "../../errors.ts";

/** Lets timers, signals and the terminal have their turn inside long work on the main thread.
 * @throws {Cancelled} the signal fired */
export async function pause(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  throwIfCancelled(signal);
}
