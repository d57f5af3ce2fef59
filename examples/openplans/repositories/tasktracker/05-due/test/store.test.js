"use strict";
const assert = require("node:assert");
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const test = require("node:test");
const { Store } = require("../lib/store");

const NOW = new Date("2026-03-01T12:00:00Z");

test("a new store has no lists", async () => {
    const store = await Store.open(undefined);
    assert.deepStrictEqual(store.lists(), []);
});

test("a task that is done comes after those that are not", async () => {
    const store = await Store.open(undefined);
    const first = await store.add("park", "Count benches", NOW);
    await store.add("park", "Paint the gate", NOW);
    await store.setDone(first.id, true);
    assert.deepStrictEqual(
        store.tasks("park").map((task) => [task.title, task.done]),
        [
            ["Paint the gate", 0],
            ["Count benches", 1],
        ],
    );
    assert.deepStrictEqual(store.lists(), [{ name: "park", tasks: 2, done: 1 }]);
});

function makeFolder(t) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tasks-"));
    t.after(() => fs.rmSync(folder, { recursive: true }));
    return folder;
}

function run(t, file, name, count) {
    const child = spawn(process.execPath, [path.join(__dirname, "many.js"), file, name, String(count)]);
    const ended = new Promise((resolve) => child.once("exit", (status, signal) => resolve(signal || status)));
    t.after(() => child.kill("SIGKILL"));
    return { child, ended };
}

test("what was written is there after opening again", async (t) => {
    const folder = makeFolder(t);
    const file = path.join(folder, "tasks.db");
    await (await Store.open(file)).add("park", "Count benches", NOW);
    assert.strictEqual((await Store.open(file)).tasks("park")[0].title, "Count benches");
    assert.strictEqual(fs.readFileSync(file).subarray(0, 15).toString(), "SQLite format 3");
    assert.deepStrictEqual(fs.readdirSync(folder), ["tasks.db", "tasks.db.lock"]);
});

test("a task that is not there cannot be done", async () => {
    const store = await Store.open(undefined);
    assert.strictEqual(await store.setDone(7, true), undefined);
});

test("several processes write at once and lose nothing", async (t) => {
    const file = path.join(makeFolder(t), "tasks.db");
    const runs = ["old", "new", "third"].map((name) => run(t, file, name, 40));
    assert.deepStrictEqual(await Promise.all(runs.map((one) => one.ended)), [0, 0, 0]);
    const store = await Store.open(file);
    assert.deepStrictEqual(store.counts(), { lists: 3, open: 120, done: 0 });
    assert.strictEqual(store.tasks("old").at(-1).title, "number 39");
});

test("what another process wrote is read, before and between own changes", async (t) => {
    const file = path.join(makeFolder(t), "tasks.db");
    const [one, two] = [await Store.open(file), await Store.open(file)];
    const { id } = await one.add("park", "Count benches", NOW);
    assert.strictEqual(two.find(id).title, "Count benches");
    await two.setDone(id, true);
    await one.add("park", "Paint the gate", NOW);
    assert.strictEqual(two.find(id).done, 1);
    assert.deepStrictEqual(one.counts(), { lists: 1, open: 1, done: 1 });
});

test("a process that is killed leaves a whole file, and no lock", async (t) => {
    const file = path.join(makeFolder(t), "tasks.db");
    const { child, ended } = run(t, file, "old", 100000);
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.kill("SIGKILL");
    assert.strictEqual(await ended, "SIGKILL");
    const store = await Store.open(file);
    const before = store.counts().open;
    assert.ok(before > 0);
    await store.add("new", "goes on", NOW);
    assert.strictEqual(store.counts().open, before + 1);
});

test("changes that come together are all written, and one that fails is alone", async (t) => {
    const file = path.join(makeFolder(t), "tasks.db");
    const store = await Store.open(file);
    const fail = store.change((database) => database.run("INSERT INTO nowhere VALUES (1)"));
    const added = Array.from({ length: 20 }, (_, i) => store.add("park", `number ${i}`, NOW));
    await assert.rejects(fail, /nowhere/);
    assert.strictEqual(new Set((await Promise.all(added)).map((task) => task.id)).size, 20);
    assert.strictEqual((await Store.open(file)).counts().open, 20);
});
