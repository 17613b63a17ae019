import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { inScratch } from "./cli/run.ts";

for (const file of readdirSync("examples").filter((name) => name.endsWith(".ts"))) {
  test(`examples/${file} runs`, () =>
    inScratch(async (folder) => {
      const env = {
        ...process.env,
        XDG_CONFIG_HOME: join(folder, "config"),
        XDG_DATA_HOME: join(folder, "data"),
        XDG_STATE_HOME: join(folder, "state"),
        TMPDIR: folder,
      };
      const ran = spawnSync(process.execPath, [join(".build", "examples", file.replace(/\.ts$/, ".js"))], {
        encoding: "utf8",
        env,
        timeout: 120_000,
      });
      assert.equal(ran.status, 0, ran.stderr);
      assert.match(ran.stdout, /verified: true/);
    }));
}
