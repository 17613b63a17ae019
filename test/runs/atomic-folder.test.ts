import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Cancelled, InvalidArgument, ResourceError } from "../../src/errors.ts";
import { writeFolder } from "../../src/runs/atomic-folder.ts";
import { isPartial } from "../../src/runs/layout.ts";

function scratch(t: { after(work: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), "counterfoil-atomic-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("a folder appears whole, with what was written, under folders that did not exist", async (t) => {
  const out = join(scratch(t), "a", "b", "bundle");
  const result = await writeFolder(out, async (folder) => {
    assert.ok(!existsSync(out));
    mkdirSync(join(folder, "data"));
    writeFileSync(join(folder, "data", "x"), "1");
    return 42;
  });
  assert.equal(result, 42);
  assert.equal(readFileSync(join(out, "data", "x"), "utf8"), "1");
  assert.deepEqual(readdirSync(join(out, "..")), ["bundle"]);
});

test("an output that exists is refused before anything is done, empty or not", async (t) => {
  const root = scratch(t);
  mkdirSync(join(root, "folder"));
  writeFileSync(join(root, "file"), "");
  for (const name of ["folder", "file"]) {
    const work = writeFolder(join(root, name), async () => assert.fail("was called"));
    await assert.rejects(work, (error) => error instanceof InvalidArgument && error.code === "output-exists");
  }
  assert.deepEqual(readdirSync(root), ["file", "folder"]);
});

test("an output that appears while writing is not overwritten", async (t) => {
  const out = join(scratch(t), "o");
  const work = writeFolder(out, async (folder) => {
    writeFileSync(join(folder, "x"), "ours");
    mkdirSync(out);
    writeFileSync(join(out, "theirs"), "");
  });
  await assert.rejects(work, InvalidArgument);
  assert.deepEqual(readdirSync(out), ["theirs"]);
});

test("an error or a cancellation leaves nothing, not even the folders made above", async (t) => {
  const root = scratch(t);
  const boom = new Error("boom");
  const failing = writeFolder(join(root, "a", "b", "o"), async (folder) => {
    writeFileSync(join(folder, "x"), "1");
    throw boom;
  });
  await assert.rejects(failing, (error) => error === boom);
  const stop = new AbortController();
  const stopped = writeFolder(
    join(root, "a", "o"),
    async (folder) => {
      writeFileSync(join(folder, "x"), "1");
      stop.abort();
    },
    { signal: stop.signal },
  );
  await assert.rejects(stopped, Cancelled);
  assert.deepEqual(readdirSync(root), []);
});

test("what a killed run left is removed by the next one into the same place; what a live one writes, and what is not ours, is not", async (t) => {
  const root = scratch(t);
  const out = join(root, "o");
  const dead = spawnSync(process.execPath, ["-e", ""]).pid;
  let tag = "";
  await writeFolder(join(root, "probe"), async (folder) => {
    tag = /partial-([0-9a-f]{8})-/.exec(folder)?.[1] ?? "";
  });
  const stay = [
    `.o.partial-${tag}-${process.pid}-aaaaaaaaaaaa`,
    `.o.partial-00000000-${dead}-aaaaaaaaaaaa`,
    `.o.partial-${tag}-${dead}-notours`,
    `.other.partial-${tag}-${dead}-aaaaaaaaaaaa`,
    ".o.partial-",
  ];
  const gone = `.o.partial-${tag}-${dead}-aaaaaaaaaaaa`;
  for (const name of [...stay, gone]) {
    mkdirSync(join(root, name));
    writeFileSync(join(root, name, "manifest.json"), "{}");
    if (name !== ".o.partial-") assert.ok(isPartial(name));
  }
  await writeFolder(out, async (folder) => writeFile(join(folder, "x"), "1"));
  assert.deepEqual(readdirSync(root).sort(), [...stay, "o", "probe"].sort());
});

test("kill -9 at any instant leaves the folder complete or absent", async (t) => {
  const root = scratch(t);
  const writer = join(root, "writer.mjs");
  writeFileSync(
    writer,
    `import { writeFileSync, mkdirSync } from "node:fs"; import { join } from "node:path";
     import { writeFolder } from ${JSON.stringify(new URL("../../src/runs/atomic-folder.js", import.meta.url).href)};
     for (let run = 0; ; run++) await writeFolder(join(process.argv[2], "o" + run), async (folder) => {
       process.stdout.write(".");
       for (let i = 0; i < 20; i++) { mkdirSync(join(folder, "d" + i)); writeFileSync(join(folder, "d" + i, "f"), "x".repeat(5000)); await null; }
       for (let i = 0; i < 100; i++) writeFileSync(join(folder, "f" + i), "");
       writeFileSync(join(folder, "last"), "done");
     });`,
  );
  let complete = 0;
  let interrupted = 0;
  for (let round = 0; round < 12; round++) {
    const place = join(root, `r${round}`);
    mkdirSync(place);
    const child = spawn(process.execPath, [writer, place], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = new Promise((resolve) => child.once("close", resolve));
    let begun = 0;
    await new Promise<void>((resolve) => {
      child.stdout.on("data", (dots: Buffer) => {
        begun += dots.length;
        if (begun > round % 3) resolve();
      });
    });
    // Every other time at the very instant that a folder appears; else somewhere in the first, second or third.
    if (round % 2 === 0) {
      const next = join(place, `o${begun - 1}`);
      for (const end = performance.now() + 5000; !existsSync(next) && performance.now() < end; );
    } else await new Promise((resolve) => setTimeout(resolve, round / 2));
    child.kill("SIGKILL");
    await ended;
    for (const name of readdirSync(place)) {
      if (isPartial(name)) {
        interrupted++;
        continue;
      }
      complete++;
      assert.equal(readdirSync(join(place, name)).length, 121);
      assert.equal(readFileSync(join(place, name, "last"), "utf8"), "done");
      for (let i = 0; i < 20; i++) assert.equal(readFileSync(join(place, name, `d${i}`, "f"), "utf8").length, 5000);
    }
  }
  assert.ok(complete > 0 && interrupted > 0, `${complete} complete, ${interrupted} interrupted`);
});

test("a full disk is said in clear words, and nothing stays", async (t) => {
  const root = scratch(t);
  const mounted =
    process.getuid?.() === 0 && spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", root]).status === 0;
  if (!mounted) return t.skip("needs the right to mount a small file system");
  try {
    const work = writeFolder(join(root, "o"), async (folder) => writeFile(join(folder, "x"), Buffer.alloc(1 << 20)));
    await assert.rejects(work, (error) => {
      assert.ok(error instanceof ResourceError);
      assert.equal(error.code, "disk-full");
      assert.match(error.message, /the disk is full \(.*ENOSPC\)/);
      return true;
    });
    assert.deepEqual(readdirSync(root), []);
  } finally {
    spawnSync("umount", [root]);
  }
});

test("a read-only disk is said in clear words", async (t) => {
  const root = scratch(t);
  const mounted =
    process.getuid?.() === 0 && spawnSync("mount", ["-t", "tmpfs", "-o", "ro", "tmpfs", root]).status === 0;
  if (!mounted) return t.skip("needs the right to mount a read-only file system");
  try {
    const work = writeFolder(join(root, "o"), async () => assert.fail("was called"));
    await assert.rejects(work, (error) => error instanceof ResourceError && error.code === "read-only");
  } finally {
    spawnSync("umount", [root]);
  }
});

test("a folder without permission, and a path through a file, are said in clear words", async (t) => {
  const root = scratch(t);
  writeFileSync(join(root, "file"), "");
  await assert.rejects(
    writeFolder(join(root, "file", "o"), async () => assert.fail("was called")),
    (error) => error instanceof ResourceError && error.code === "not-a-folder",
  );
  const place = join(root, "closed");
  mkdirSync(place);
  chmodSync(root, 0o755);
  chmodSync(place, 0o500);
  const isRoot = process.getuid?.() === 0;
  // Root may write everywhere, so it takes another user's part.
  if (isRoot) process.seteuid?.(65534);
  try {
    await assert.rejects(
      writeFolder(join(place, "o"), async () => assert.fail("was called")),
      (error) => error instanceof ResourceError && error.code === "no-permission",
    );
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(place, 0o700);
  }
});
