"use strict";
/*
 * Tasks in one SQLite file. The database is in memory; each change writes it whole to a new file that is renamed over
 * the old one, so that a crash leaves the one or the other.
 */
const fs = require("node:fs");
const path = require("node:path");
const initSqlJs = require("sql.js");

const SCHEMA = `
CREATE TABLE IF NOT EXISTS task (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    list TEXT NOT NULL,
    title TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
    created TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS task_list ON task (list, done);
PRAGMA user_version = 1;
`;

class Store {
    #database;
    #file;

    constructor(database, file) {
        this.#database = database;
        this.#file = file;
    }

    static async open(file) {
        const sql = await initSqlJs();
        const bytes = file && fs.existsSync(file) ? fs.readFileSync(file) : undefined;
        const store = new Store(new sql.Database(bytes), file);
        store.#database.run(SCHEMA);
        store.#save();
        return store;
    }

    #save() {
        if (!this.#file) {
            return;
        }
        fs.mkdirSync(path.dirname(this.#file), { recursive: true });
        const fd = fs.openSync(`${this.#file}.new`, "w", 0o600);
        try {
            fs.writeFileSync(fd, this.#database.export());
            fs.fsyncSync(fd);
        } finally {
            fs.closeSync(fd);
        }
        fs.renameSync(`${this.#file}.new`, this.#file);
    }

    #rows(text, values) {
        const statement = this.#database.prepare(text, values);
        const rows = [];
        while (statement.step()) {
            rows.push(statement.getAsObject());
        }
        statement.free();
        return rows;
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

    add(list, title, now) {
        const row = this.#rows("INSERT INTO task (list, title, created) VALUES (?, ?, ?) RETURNING *", [
            list,
            title,
            now.toISOString(),
        ])[0];
        this.#save();
        return row;
    }

    setDone(id, done) {
        const row = this.#rows("UPDATE task SET done = ? WHERE id = ? RETURNING *", [done ? 1 : 0, id])[0];
        this.#save();
        return row;
    }

    remove(id) {
        const row = this.#rows("DELETE FROM task WHERE id = ? RETURNING *", [id])[0];
        this.#save();
        return row;
    }
}

module.exports = { Store };
