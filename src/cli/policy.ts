import type { Command } from "commander";

/** Declares `counterfoil policy`. */
export function addPolicy(program: Command): void {
  program
    .command("policy")
    .summary("list the built-in policies, or print one whole")
    .description(
      "Without an argument, the built-in policies. With the name of one, or a file of your own, the whole policy as it would be used:\n" +
        "what it extends is laid under it, and every rule is checked.",
    )
    .argument("[policy]", "the name of a built-in policy, or a YAML file")
    .option("--json", "print JSON: the list, or the rules as data")
    .option("--debug", "show a stack trace when something fails")
    .addHelpText(
      "after",
      "\nExamples:\n  counterfoil policy\n  counterfoil policy health\n  counterfoil policy ours.yaml --json",
    )
    .action(async (nameOrPath: string | undefined, options: { json?: boolean }) => {
      const [{ builtInPolicies, loadPolicy }, { metrics: ofTables }, { textMetrics }] = await Promise.all([
        import("../runs/policy-file.ts"),
        import("../metrics/index.ts"),
        import("../metrics/text/index.ts"),
      ]);
      // A policy says by the metrics it names what it is for.
      const metrics = [...ofTables, ...textMetrics];
      if (nameOrPath !== undefined) {
        const { policy, text } = await loadPolicy(nameOrPath, metrics);
        process.stdout.write(options.json ? `${JSON.stringify(asData(policy), null, 2)}\n` : text);
        return;
      }
      const loaded = await Promise.all(builtInPolicies().map((name) => loadPolicy(name, metrics)));
      const list = loaded.map(({ policy }) => ({
        name: policy.name,
        description: policy.description,
        hardRules: policy.rules.filter(({ severity }) => severity === "refuse").length,
        rules: policy.rules.length,
        privacyBudget: policy.privacyBudget ?? null,
        publishEvaluation: policy.publishEvaluation,
      }));
      const width = Math.max(...list.map(({ name }) => name.length));
      const lines = list.map(
        ({ name, description, hardRules, rules, privacyBudget, publishEvaluation }) =>
          `${name.padEnd(width)}  ${description} ${hardRules} hard rules of ${rules}.${
            privacyBudget ? ` A source may spend epsilon ${privacyBudget.epsilon}, delta ${privacyBudget.delta}.` : ""
          }${publishEvaluation ? "" : " The evaluation stays out of the bundle."}`,
      );
      process.stdout.write(options.json ? `${JSON.stringify(list, null, 2)}\n` : `${lines.join("\n")}\n`);
    });
}

/** The policy with its rules as they were written. */
function asData(policy: import("../policy/policy.ts").Policy): unknown {
  const { metrics: _known, rules, ...rest } = policy;
  return { ...rest, rules: rules.map((rule) => ({ ...rule, pass: rule.pass.text, fail: rule.fail.text })) };
}
