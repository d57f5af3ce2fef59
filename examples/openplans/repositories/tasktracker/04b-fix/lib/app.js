"use strict";
/* What is answered to which request. Pages for people, /api/ for programs; both do the same, and name the release. */
const express = require("express");
const pages = require("./pages");
const { version } = require("../package.json");

const TITLE_MAX = 200;
const LIST_MAX = 60;

class Problem extends Error {
    constructor(status, message) {
        super(message);
        this.status = status;
    }
}

function text(body, name, max) {
    const value = typeof body?.[name] === "string" ? body[name].trim() : "";
    if (!value || value.length > max || /[\u0000-\u001f\u007f]/.test(value)) {
        throw new Problem(400, `'${name}' must be a text of 1 to ${max} characters, in one line`);
    }
    return value;
}

function id(request) {
    return /^[0-9]{1,15}$/.test(request.params.id) ? Number(request.params.id) : 0;
}

function found(task, request) {
    if (!task) {
        throw new Problem(404, `there is no task '${request.params.id}'`);
    }
    return task;
}

async function add(store, usage, request) {
    const now = new Date();
    const task = await store.add(text(request.body, "list", LIST_MAX), text(request.body, "title", TITLE_MAX), now);
    usage.write(now, request.get("x-remote-user"), "add", task.list);
    return task;
}

async function setDone(store, usage, request) {
    const done = { 0: false, 1: true, false: false, true: true }[String(request.body?.done)];
    if (done === undefined) {
        throw new Problem(400, "'done' must be true or false");
    }
    const task = found(await store.setDone(id(request), done), request);
    usage.write(new Date(), request.get("x-remote-user"), done ? "done" : "reopen", task.list);
    return task;
}

async function remove(store, usage, request) {
    const task = found(await store.remove(id(request)), request);
    usage.write(new Date(), request.get("x-remote-user"), "remove", task.list);
    return task;
}

/* Express waits for no promise: what fails goes on to the one that answers problems. */
function handle(act) {
    return (request, response, next) => act(request, response).catch(next);
}

function api(store, usage, site) {
    const router = express.Router();
    const release = site.release;
    const answer = (act, status) =>
        handle(async (request, response) => response.status(status).json({ release, ...(await act(store, usage, request)) }));
    router.get("/about", (request, response) => response.json({ release, name: "tasktracker", version }));
    router.get("/lists", (request, response) => response.json({ release, lists: store.lists() }));
    router.get("/counts", (request, response) => response.json({ release, ...store.counts() }));
    router.get("/lists/:name", (request, response) =>
        response.json({ release, name: request.params.name, tasks: store.tasks(request.params.name) }),
    );
    router.post("/tasks", answer(add, 201));
    router.patch("/tasks/:id", answer(setDone, 200));
    router.delete("/tasks/:id", answer(remove, 200));
    return router;
}

function createApp(store, usage, site) {
    const app = express();
    const show = (name) => `${site.base}lists/${encodeURIComponent(name)}`;
    app.disable("x-powered-by");
    app.use((request, response, next) => {
        response.set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'");
        response.set("X-Release", site.release);
        if (site.stopping) {
            response.set("Connection", "close");
        }
        next();
    });
    /* A page of another site cannot send a form here in the name of who looks at it. */
    app.use((request, response, next) => {
        const from = request.get("sec-fetch-site");
        const safe = request.method === "GET" || request.method === "HEAD" || !from || from === "same-origin";
        next(safe ? undefined : new Problem(403, "the request comes from another site"));
    });
    app.use(express.json({ limit: "16kb" }), express.urlencoded({ extended: false, limit: "16kb" }));

    app.get("/healthz", (request, response) => response.type("text").send(`ok ${site.release}\n`));
    app.get("/style.css", (request, response) => response.type("css").send(pages.style));
    app.use("/api", api(store, usage, site));
    app.get("/", (request, response) => response.send(pages.lists(site, store.lists())));
    app.get("/lists/:name", (request, response) =>
        response.send(pages.list(site, request.params.name, store.tasks(request.params.name))),
    );
    const lead = (act) => handle(async (request, response) => response.redirect(303, show((await act(store, usage, request)).list)));
    app.post("/tasks", lead(add));
    app.post("/tasks/:id", lead(setDone));

    app.use((request, response, next) => next(new Problem(404, `there is no page '${request.path}'`)));
    app.use((error, request, response, next) => {
        if (response.headersSent) {
            next(error);
            return;
        }
        const status = error.status >= 400 && error.status < 500 ? error.status : 500;
        const message = status === 500 ? "something failed here" : error.message;
        if (status === 500) {
            console.error(error);
        }
        response.status(status);
        if (request.path.startsWith("/api/")) {
            response.json({ release: site.release, error: message });
        } else {
            response.send(pages.problem(site, status, message));
        }
    });
    return app;
}

module.exports = { createApp };
