import { InvalidArgument } from "../errors.ts";
import { verifyBundle } from "../evidence/verify.ts";
import type { VerifyOptions, VerifyResult } from "./job.ts";

/** Checks a bundle: offline every hash, nothing added or missing, the signature, that the signer is trusted here and that the decision follows
 * from the scores; with `recompute` and the private files also that the scores follow from the data.
 * @throws {InvalidArgument} there is no such folder, the key file holds no public key, or a private file is not named */
export async function verify(options: VerifyOptions): Promise<VerifyResult> {
  const unused = (["real", "synthetic", "holdout", "schema"] as const).find((name) => options[name] !== undefined);
  if (!options.recompute && unused !== undefined)
    throw new InvalidArgument(
      "missing-option",
      `--${unused} is read only to measure again, and --recompute is not given.`,
      {
        advice: `Add --recompute, or leave out --${unused}.`,
      },
    );
  if (!options.recompute) return verifyBundle(options.bundle, { trust: options.trust });
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
