import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { inScratch } from "./cli/run.ts";
import { spawnMockModels } from "./servers/mock-models.ts";

test("the example of texts from TypeScript runs", () =>
  inScratch(async (folder) => {
    const mock = await spawnMockModels();
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [resolve(".build", "examples", "texts.js")], {
        env: {
          ...process.env,
          MODEL_URL: mock.baseUrl,
          MODEL: "mock",
          XDG_CONFIG_HOME: join(folder, "config"),
          XDG_DATA_HOME: join(folder, "data"),
        },
      });
      assert.match(stdout, /pass - Passed[\s\S]*20 of 20 rows[\s\S]*verified: true/);
    } finally {
      await mock.close();
    }
  }));
