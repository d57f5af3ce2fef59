"use strict";
const assert = require("node:assert");
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
    const first = store.add("park", "Count benches", NOW);
    store.add("park", "Paint the gate", NOW);
    store.setDone(first.id, true);
    assert.deepStrictEqual(
        store.tasks("park").map((task) => [task.title, task.done]),
        [
            ["Paint the gate", 0],
            ["Count benches", 1],
        ],
    );
    assert.deepStrictEqual(store.lists(), [{ name: "park", tasks: 2, done: 1 }]);
});

test("what was written is there after opening again", async (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tasks-"));
    t.after(() => fs.rmSync(folder, { recursive: true }));
    const file = path.join(folder, "tasks.db");
    (await Store.open(file)).add("park", "Count benches", NOW);
    assert.strictEqual((await Store.open(file)).tasks("park")[0].title, "Count benches");
    assert.strictEqual(fs.readFileSync(file).subarray(0, 15).toString(), "SQLite format 3");
    assert.deepStrictEqual(fs.readdirSync(folder), ["tasks.db"]);
});

test("a task that is not there cannot be done", async () => {
    const store = await Store.open(undefined);
    assert.strictEqual(store.setDone(7, true), undefined);
});
