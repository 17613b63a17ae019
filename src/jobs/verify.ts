import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InvalidArgument } from "../errors.ts";
import { checkManifest } from "../evidence/manifest.ts";
import { verifyBundle } from "../evidence/verify.ts";
import { BUNDLE } from "../runs/layout.ts";
import type { VerifyOptions, VerifyResult } from "./job.ts";

/** Checks a bundle: offline every hash, nothing added or missing, the signature, that the signer is trusted here and that the decision follows
 * from the scores; with `recompute` and the private files also that the scores follow from the data.
 * @throws {InvalidArgument} there is no such folder, the key file holds no public key, or a private file is not named */
export async function verify(options: VerifyOptions): Promise<VerifyResult> {
  const unused = (["real", "anchor", "synthetic", "holdout", "schema"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (!options.recompute && unused !== undefined)
    throw new InvalidArgument(
      "missing-option",
      `--${unused} is read only to measure again, and --recompute is not given.`,
      {
        advice: `Add --recompute, or leave out --${unused}.`,
      },
    );
  if (!options.recompute) return verifyBundle(options.bundle, { trust: options.trust });
  if (await isRun(options.bundle)) return verifyRun(options, unused);
  const { real } = options;
  if (real === undefined)
    throw new InvalidArgument("missing-option", "Measuring again needs the real rows.", {
      advice: "Give them with --real; for an evaluation also --synthetic and --holdout.",
    });
  const checked = await verifyBundle(options.bundle, { trust: options.trust });
  // Nothing that an unknown hand signed is run again.
  if (!checked.trusted) return checked;
  const { recompute } = await import("./recompute.ts");
  const problems = await recompute({ ...options, real });
  if (problems === null)
    return { ...checked, notices: ["The scores of this bundle are withheld by its policy; nothing to compare."] };
  return problems.length === 0 ? checked : { ...checked, trusted: false, decision: null, problems };
}

/** Whether a folder says of itself that it is the bundle of a text run; whether that is so is checked later. */
async function isRun(bundle: string): Promise<boolean> {
  try {
    const manifest = checkManifest(JSON.parse(await readFile(join(bundle, BUNDLE.manifest), "utf8")));
    return typeof manifest !== "string" && manifest.job === "run";
  } catch {
    return false;
  }
}

/** The bundle of a run holds nearly everything that was measured; what it does not hold is told. */
async function verifyRun(options: VerifyOptions, unused: string | undefined): Promise<VerifyResult> {
  if (unused !== undefined)
    throw new InvalidArgument(
      "unused-option",
      `--${unused} is not read: a text run is measured again from its bundle alone.`,
      { advice: `Leave out --${unused}.` },
    );
  const checked = await verifyBundle(options.bundle, { trust: options.trust });
  if (!checked.trusted) return checked;
  const { recomputeRun } = await import("./recompute-run.ts");
  const { problems, notices } = await recomputeRun(options.bundle, { signal: options.signal });
  const told = notices.length > 0 ? { notices } : {};
  return problems.length === 0
    ? { ...checked, ...told }
    : { ...checked, trusted: false, decision: null, problems, ...told };
}
