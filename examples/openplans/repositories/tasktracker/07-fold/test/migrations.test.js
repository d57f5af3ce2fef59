"use strict";
const assert = require("node:assert");
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const test = require("node:test");
const initSqlJs = require("sql.js");
const { Store } = require("../lib/store");

const PROGRAM = path.join(__dirname, "..");
const NOW = new Date("2026-03-01T12:00:00Z");

/* As release 0.6 left it. */
async function makeOld(t) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tasks-"));
    t.after(() => fs.rmSync(folder, { recursive: true }));
    const database = new (await initSqlJs()).Database();
    database.run(`CREATE TABLE task (id INTEGER PRIMARY KEY AUTOINCREMENT, list TEXT NOT NULL, title TEXT NOT NULL,
        done INTEGER NOT NULL DEFAULT 0, created TEXT NOT NULL);
        INSERT INTO task (list, title, created) VALUES ('Park', 'Count benches', '2026-03-01');
        PRAGMA user_version = 1;`);
    fs.writeFileSync(path.join(folder, "tasks.db"), database.export());
    return folder;
}

function migrate(folder, name, direction) {
    const script = fs.readFileSync(path.join(PROGRAM, "migrations", name, direction), "utf8");
    const env = { ...process.env, out: PROGRAM, var: folder };
    return spawnSync("/bin/sh", ["-euc", script], { env, encoding: "utf8" });
}

test("a day comes with its migration, and goes with it; both may be repeated", async (t) => {
    const folder = await makeOld(t);
    const store = await Store.open(path.join(folder, "tasks.db"));
    assert.strictEqual((await store.add("Park", "before", NOW, "2026-04-30")).due, undefined);
    for (const direction of ["up", "up"]) {
        assert.strictEqual(migrate(folder, "001-due", direction).status, 0);
    }
    assert.strictEqual((await store.add("Park", "after", NOW, "2026-04-30")).due, "2026-04-30");
    for (const direction of ["down", "down"]) {
        assert.strictEqual(migrate(folder, "001-due", direction).status, 0);
    }
    assert.strictEqual((await store.add("Park", "again", NOW, "2026-04-30")).due, undefined);
    assert.strictEqual(store.tasks("Park").length, 4);
});

test("lists become one, only after what came before, and for ever", async (t) => {
    const folder = await makeOld(t);
    const store = await Store.open(path.join(folder, "tasks.db"));
    assert.strictEqual(migrate(folder, "002-fold", "up").status, 1);
    assert.strictEqual(migrate(folder, "001-due", "up").status, 0);
    await store.add("park", "another", NOW);
    assert.strictEqual(migrate(folder, "002-fold", "up").status, 0);
    assert.deepStrictEqual(store.lists(), [{ name: "park", tasks: 2, done: 0 }]);
    assert.strictEqual(fs.existsSync(path.join(PROGRAM, "migrations", "002-fold", "down")), false);
});

test("a file that is not there is left to the program", async (t) => {
    const folder = await makeOld(t);
    fs.rmSync(path.join(folder, "tasks.db"));
    assert.strictEqual(migrate(folder, "001-due", "up").status, 0);
    assert.strictEqual(fs.existsSync(path.join(folder, "tasks.db")), false);
});
