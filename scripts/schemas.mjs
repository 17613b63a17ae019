// Writes docs/schemas/*.json from src/jobs/result-schema.ts; run after changing it (npm run build first).
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publishedSchemas } from "../dist/jobs/result-schema.js";

mkdirSync(join("docs", "schemas"), { recursive: true });
for (const [file, schema] of Object.entries(publishedSchemas()))
  writeFileSync(join("docs", "schemas", file), `${JSON.stringify(schema, null, 2)}\n`);
