"use strict";
/* Reads the environment, opens the database, listens until it is told to stop. */
const { createApp } = require("./lib/app");
const { Store } = require("./lib/store");
const { Usage } = require("./lib/usage");

async function main(env) {
    const store = await Store.open(env.TASKS_DATABASE || "tasks.db");
    const usage = new Usage(env.TASKS_USAGE);
    const site = {
        title: env.TASKS_TITLE || "Tasks",
        base: env.TASKS_BASE || "/",
        release: env.TASKS_RELEASE || "trunk",
        stopping: false,
    };
    const app = createApp(store, usage, site);
    const server = app.listen(Number(env.TASKS_PORT || 3000), env.TASKS_HOST || "127.0.0.1");
    server.on("listening", () => console.log(`listening on ${server.address().address}:${server.address().port}`));
    server.on("error", (error) => {
        console.error(`error: cannot listen: ${error.message}`);
        process.exitCode = 1;
    });
    for (const signal of ["SIGTERM", "SIGINT"]) {
        process.once(signal, () => {
            site.stopping = true;
            server.close();
            server.closeIdleConnections();
        });
    }
}

main(process.env).catch((error) => {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
});
