"use strict";
/*
 * Tasks in one SQLite file, which several processes share: while one release takes over from another, both run.
 *
 * The database is in memory. A change takes the lock, reads the file again if somebody wrote it meanwhile, and writes
 * the whole to a new file that is renamed over the old one: a crash leaves the one or the other, and no change is lost.
 * Changes that wait for the lock together are written together. Reading needs no lock: the name leads to a whole file.
 */
const fs = require("node:fs");
const path = require("node:path");
const initSqlJs = require("sql.js");
const { Lock } = require("./lock");

const BATCH_MAX = 500;
const SCHEMA = `
CREATE TABLE task (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    list TEXT NOT NULL,
    title TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
    created TEXT NOT NULL,
    due TEXT
);
CREATE INDEX task_list ON task (list, done);
PRAGMA user_version = 3;
`;

class Store {
    #sql;
    #database;
    #file;
    #lock;
    #stamp;
    #queue = [];
    #busy = false;

    constructor(sql, file) {
        this.#sql = sql;
        this.#file = file;
        this.#database = new sql.Database();
    }

    static async open(file) {
        const store = new Store(await initSqlJs(), file);
        if (file) {
            fs.mkdirSync(path.dirname(file), { recursive: true });
            store.#lock = new Lock(`${file}.lock`);
            store.#refresh();
        }
        if (store.version() === 0) {
            await store.change((database) => store.version() === 0 && database.run(SCHEMA));
        }
        return store;
    }

    /* What a file is, to see that it is another one: a change makes a new file, never writes into the old. */
    static #stampOf(status) {
        return `${status.ino}-${status.size}-${status.mtimeNs}`;
    }

    #refresh() {
        const now = this.#file && fs.statSync(this.#file, { bigint: true, throwIfNoEntry: false });
        if (!now || Store.#stampOf(now) === this.#stamp) {
            return;
        }
        const fd = fs.openSync(this.#file, "r");
        try {
            const stamp = Store.#stampOf(fs.fstatSync(fd, { bigint: true }));
            const database = new this.#sql.Database(fs.readFileSync(fd));
            this.#database.close();
            this.#database = database;
            this.#stamp = stamp;
        } finally {
            fs.closeSync(fd);
        }
    }

    #save() {
        const fd = fs.openSync(`${this.#file}.new`, "w", 0o600);
        try {
            fs.writeFileSync(fd, this.#database.export());
            fs.fsyncSync(fd);
            fs.renameSync(`${this.#file}.new`, this.#file);
            this.#stamp = Store.#stampOf(fs.fstatSync(fd, { bigint: true }));
        } finally {
            fs.closeSync(fd);
        }
    }

    /* Each change is whole or not at all, and of no concern to those that wait beside it. */
    #apply(change) {
        this.#database.run("BEGIN");
        try {
            change.value = change.act(this.#database);
            this.#database.run("COMMIT");
        } catch (error) {
            this.#database.run("ROLLBACK");
            change.error = error;
        }
    }

    #work(changes) {
        try {
            this.#refresh();
            changes.forEach((change) => this.#apply(change));
            if (this.#file && changes.some((change) => !change.error)) {
                this.#save();
            }
        } catch (error) {
            /* What is in memory is not in the file: it is read again. */
            this.#stamp = undefined;
            changes.forEach((change) => (change.error = error));
        }
    }

    async #drain() {
        this.#busy = true;
        while (this.#queue.length > 0) {
            let failure;
            await this.#lock?.take().catch((error) => (failure = error));
            const changes = this.#queue.splice(0, BATCH_MAX);
            if (failure) {
                changes.forEach((change) => (change.error = failure));
            } else {
                this.#work(changes);
                this.#lock?.free();
            }
            changes.forEach((change) => (change.error ? change.reject(change.error) : change.resolve(change.value)));
        }
        this.#busy = false;
    }

    /* What @act(database) returns, once it is in the file. */
    change(act) {
        return new Promise((resolve, reject) => {
            this.#queue.push({ act, resolve, reject });
            if (!this.#busy) {
                this.#drain();
            }
        });
    }

    static #rowsOf(database, text, values) {
        const statement = database.prepare(text, values);
        const rows = [];
        while (statement.step()) {
            rows.push(statement.getAsObject());
        }
        statement.free();
        return rows;
    }

    #rows(text, values) {
        this.#refresh();
        return Store.#rowsOf(this.#database, text, values);
    }

    #changeRow(text, values) {
        return this.change((database) => Store.#rowsOf(database, text, values)[0]);
    }

    /* Of the schema; 0: there is none yet. */
    version() {
        return this.#rows("PRAGMA user_version")[0].user_version;
    }

    lists() {
        return this.#rows("SELECT list AS name, count(*) AS tasks, sum(done) AS done FROM task GROUP BY list ORDER BY list");
    }

    counts() {
        const text = "SELECT count(DISTINCT list) AS lists, count(*) FILTER (WHERE NOT done) AS open, total(done) AS done FROM task";
        return this.#rows(text)[0];
    }

    tasks(list) {
        return this.#rows("SELECT * FROM task WHERE list = ? ORDER BY done, id", [list]);
    }

    find(id) {
        return this.#rows("SELECT * FROM task WHERE id = ?", [id])[0];
    }

    /* Where migrations/001-due has not run yet, tasks are as they were: without a day. */
    add(list, title, now, due) {
        const values = [list, title, now.toISOString()];
        if (this.version() < 2) {
            return this.#changeRow("INSERT INTO task (list, title, created) VALUES (?, ?, ?) RETURNING *", values);
        }
        const text = "INSERT INTO task (list, title, created, due) VALUES (?, ?, ?, ?) RETURNING *";
        return this.#changeRow(text, [...values, due || null]);
    }

    setDone(id, done) {
        return this.#changeRow("UPDATE task SET done = ? WHERE id = ? RETURNING *", [done ? 1 : 0, id]);
    }

    remove(id) {
        return this.#changeRow("DELETE FROM task WHERE id = ? RETURNING *", [id]);
    }
}

module.exports = { Store };
