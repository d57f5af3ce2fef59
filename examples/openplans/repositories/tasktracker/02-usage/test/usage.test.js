"use strict";
const assert = require("node:assert");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const test = require("node:test");
const { Usage } = require("../lib/usage");

const NOW = new Date("2026-03-09T12:00:00Z");

test("each thing that is done is one line, in order", (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "usage-"));
    t.after(() => fs.rmSync(folder, { recursive: true }));
    const file = path.join(folder, "log", "usage.csv");
    const usage = new Usage(file);
    usage.write(NOW, "ana", "add", "park");
    usage.write(NOW, undefined, "done", 'say "hi", then go');
    assert.strictEqual(
        fs.readFileSync(file, "utf8"),
        '2026-03-09T12:00:00.000Z,ana,add,park\n2026-03-09T12:00:00.000Z,-,done,"say ""hi"", then go"\n',
    );
});

test("without a file nothing is written", () => {
    new Usage(undefined).write(NOW, "ana", "add", "park");
});
