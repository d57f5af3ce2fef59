"use strict";
/*
 * Changes the schema by the statements on standard input, beside whatever else uses the file.
 * Usage: node migrate.js FILE FROM TO, with the versions of the schema; nothing is done to a file that is at TO, or that
 * is not there: the program makes that anew.
 */
const fs = require("node:fs");
const { Store } = require("./store");

async function main([file, from, to]) {
    if (!fs.existsSync(file)) {
        console.log(`there is no '${file}' yet`);
        return;
    }
    const statements = fs.readFileSync(0, "utf8");
    const store = await Store.open(file);
    await store.change((database) => {
        const version = database.exec("PRAGMA user_version")[0].values[0][0];
        if (version === Number(to)) {
            console.log(`the schema is at ${to} already`);
            return;
        }
        if (version !== Number(from)) {
            throw new Error(`the schema is at ${version}, not at ${from}`);
        }
        database.run(statements);
        database.run(`PRAGMA user_version = ${Number(to)}`);
        console.log(`the schema went from ${from} to ${to}`);
    });
}

main(process.argv.slice(2)).catch((error) => {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
});
