// SPDX-License-Identifier: Apache-2.0

// Where the server is looked for, and what is never run.   node --test
import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";

import { load } from "./load.mjs";

const { locate, NotFound } = await load("../src/server/locate.ts");

const root = await fs.mkdtemp(path.join(os.tmpdir(), "locate-"));
test.after(() => fs.rm(root, { recursive: true }));

/** Makes files, those with a star executable, and says where all is. */
async function surroundings(name, files, changes = {}) {
  const dir = path.join(root, name);
  await fs.mkdir(dir, { recursive: true });
  for (const file of files) {
    const at = path.join(dir, file.replace("*", ""));
    await fs.mkdir(path.dirname(at), { recursive: true });
    await fs.writeFile(at, "", { mode: file.endsWith("*") ? 0o755 : 0o644 });
  }
  const s = { setting: "", folder: path.join(dir, "ws"), home: path.join(dir, "home"), extension: path.join(dir, "ext"), path: [path.join(dir, "a"), path.join(dir, "b")].join(path.delimiter), platform: "linux", ...changes };
  return { dir, s };
}

const found = async ({ dir, s }, command, from) => assert.deepEqual(await locate(s), { command: path.join(dir, command), from });

test("the bundled one comes before PATH", async () => found(await surroundings("1", ["ext/bin/starlark-memls*", "a/starlark-memls*"]), "ext/bin/starlark-memls", "bundled"));
test("PATH in order, and only what can be run", async () => found(await surroundings("2", ["a/starlark-memls", "b/starlark-memls*"]), "b/starlark-memls", "PATH"));
test("the setting comes first", async () => found(await surroundings("3", ["ext/bin/starlark-memls*", "home/memls*"], { setting: "~/memls" }), "home/memls", "setting"));
test("a bare name in the setting is looked for in PATH", async () => found(await surroundings("4", ["b/mine*"], { setting: "mine" }), "b/mine", "setting"));
test("${workspaceFolder} in the setting", async () => found(await surroundings("5", ["ws/tools/memls*"], { setting: "${workspaceFolder}/tools/memls" }), "ws/tools/memls", "setting"));
test("on Windows it ends in .exe", async () => found(await surroundings("6", ["ext/bin/starlark-memls.exe*"], { platform: "win32" }), "ext/bin/starlark-memls.exe", "bundled"));

test("a setting that leads nowhere is an error, though there is another", async () => {
  const { s } = await surroundings("7", ["ext/bin/starlark-memls*"], { setting: "/nowhere/memls" });
  await assert.rejects(locate(s), (e) => e instanceof NotFound && /\/nowhere\/memls/.test(e.message));
});
test("a folder is no program, and a relative entry of PATH is never used", async () => {
  const { dir, s } = await surroundings("8", ["a/starlark-memls/x", "rel/starlark-memls*"]);
  const before = process.cwd();
  process.chdir(dir);
  try {
    await assert.rejects(locate({ ...s, path: ["rel", ".", "", path.join(dir, "a")].join(path.delimiter) }), NotFound);
    await assert.rejects(locate({ ...s, setting: "./rel/starlark-memls" }), NotFound);
  } finally {
    process.chdir(before);
  }
});
