"use strict";
/*
 * A line for each thing that people do: time, who, action, object. Who is what the front says (X-Remote-User) or
 * nobody. Fields that hold commas, quotes or new lines are quoted as CSV wants it.
 */
const fs = require("node:fs");
const path = require("node:path");

function field(value) {
    const text = String(value);
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

class Usage {
    #file;

    constructor(file) {
        this.#file = file;
        if (file) {
            fs.mkdirSync(path.dirname(file), { recursive: true });
        }
    }

    /* One write of one line: a reader never sees half of it, and a rotated file is made anew. */
    write(now, user, action, object) {
        if (this.#file) {
            const line = [now.toISOString(), user || "-", action, object].map(field).join(",");
            fs.appendFileSync(this.#file, `${line}\n`, { mode: 0o600 });
        }
    }
}

module.exports = { Usage };
