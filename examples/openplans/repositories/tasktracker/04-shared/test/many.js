"use strict";
/* Adds tasks one after the other, as one of several processes. Usage: node many.js FILE NAME COUNT */
const { Store } = require("../lib/store");

async function main([file, name, count]) {
    const store = await Store.open(file);
    for (let i = 0; i < Number(count); i++) {
        await store.add(name, `number ${i}`, new Date());
        process.stdout.write(".");
    }
}

main(process.argv.slice(2));
