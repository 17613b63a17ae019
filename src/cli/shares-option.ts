import { InvalidArgument } from "../errors.ts";
import type { Shares } from "../synthesizers/shares.ts";

/** The words after `--shares`: a column, then label=share for each of its labels.
 * @throws {InvalidArgument} there is no label, a word without a share, or a label twice */
export function sharesOf(words: readonly string[]): Shares {
  const [column, ...parts] = words as [string, ...string[]];
  if (parts.length === 0) throw wrong(`--shares names the column "${column}" and no share.`);
  const labels = new Map<string, number>();
  for (const part of parts) {
    // A label may have an equals sign in it.
    const at = part.lastIndexOf("=");
    const share = Number(part.slice(at + 1));
    if (at < 0 || part.slice(at + 1).trim() === "" || Number.isNaN(share))
      throw wrong(`--shares got "${part}"; want a label and its share, as in label=0.5.`);
    const label = part.slice(0, at);
    if (labels.has(label)) throw wrong(`--shares names the label "${label}" twice.`);
    labels.set(label, share);
  }
  return { column, labels: Object.fromEntries(labels) };
}

function wrong(message: string): InvalidArgument {
  return new InvalidArgument("bad-shares", message, {
    advice: "Write the column, then every label that there is to be: --shares sex F=0.5 M=0.5.",
  });
}
