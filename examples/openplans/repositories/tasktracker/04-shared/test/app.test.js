"use strict";
const assert = require("node:assert");
const test = require("node:test");
const { createApp } = require("../lib/app");
const { Store } = require("../lib/store");
const { Usage } = require("../lib/usage");

async function serve(t) {
    const app = createApp(await Store.open(undefined), new Usage(undefined), { title: "Tasks", base: "/tasks/", release: "0.6" });
    const server = app.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    t.after(() => server.close());
    return `http://127.0.0.1:${server.address().port}`;
}

function send(url, method, body, headers) {
    return fetch(url, {
        method,
        headers: { "Content-Type": "application/json", Connection: "close", ...headers },
        body: JSON.stringify(body),
        redirect: "manual",
    });
}

test("it says that it is healthy", async (t) => {
    const url = await serve(t);
    assert.strictEqual(await (await fetch(`${url}/healthz`)).text(), "ok 0.6\n");
});

test("a task is added, done, and listed", async (t) => {
    const url = await serve(t);
    const added = await send(`${url}/api/tasks`, "POST", { list: "park", title: "Count benches" });
    assert.strictEqual(added.status, 201);
    const { id } = await added.json();
    assert.strictEqual((await send(`${url}/api/tasks/${id}`, "PATCH", { done: true })).status, 200);
    const { lists } = await (await fetch(`${url}/api/lists`)).json();
    assert.deepStrictEqual(lists, [{ name: "park", tasks: 1, done: 1 }]);
});

test("open and done tasks of all lists are counted", async (t) => {
    const url = await serve(t);
    await send(`${url}/api/tasks`, "POST", { list: "park", title: "Count benches" });
    await send(`${url}/api/tasks`, "POST", { list: "street", title: "Paint" });
    assert.deepStrictEqual(await (await fetch(`${url}/api/counts`)).json(), { release: "0.6", lists: 2, open: 2, done: 0 });
});

test("a task that is removed is gone, and cannot be removed again", async (t) => {
    const url = await serve(t);
    const { id } = await (await send(`${url}/api/tasks`, "POST", { list: "park", title: "x" })).json();
    assert.strictEqual((await send(`${url}/api/tasks/${id}`, "DELETE")).status, 200);
    assert.deepStrictEqual(await (await fetch(`${url}/api/lists`)).json(), { release: "0.6", lists: [] });
    assert.strictEqual((await send(`${url}/api/tasks/${id}`, "DELETE")).status, 404);
});

test("a form leads back to its list, below the path that browsers see", async (t) => {
    const url = await serve(t);
    const answer = await send(`${url}/tasks`, "POST", { list: "a b", title: "x" });
    assert.strictEqual(answer.status, 303);
    assert.strictEqual(answer.headers.get("location"), "/tasks/lists/a%20b");
});

test("a title is text on the page, never markup", async (t) => {
    const url = await serve(t);
    await send(`${url}/api/tasks`, "POST", { list: "park", title: "<script>" });
    const page = await (await fetch(`${url}/lists/park`)).text();
    assert.ok(page.includes("&lt;script&gt;") && !page.includes("<script>"));
});

test("what is missing, too long or unknown is refused with its name", async (t) => {
    const url = await serve(t);
    for (const [method, path, body, status, word] of [
        ["POST", "/api/tasks", { list: "park" }, 400, "'title'"],
        ["POST", "/api/tasks", { list: "park", title: "x".repeat(201) }, 400, "'title'"],
        ["POST", "/api/tasks", { list: 7, title: "x" }, 400, "'list'"],
        ["PATCH", "/api/tasks/7", { done: true }, 404, "'7'"],
        ["PATCH", "/api/tasks/7", { done: "perhaps" }, 400, "'done'"],
    ]) {
        const answer = await send(url + path, method, body);
        assert.strictEqual(answer.status, status);
        assert.ok((await answer.json()).error.includes(word));
    }
    assert.strictEqual((await fetch(`${url}/nowhere`)).status, 404);
});

test("a form of another site is refused", async (t) => {
    const url = await serve(t);
    const answer = await send(`${url}/tasks`, "POST", { list: "a", title: "x" }, { "Sec-Fetch-Site": "cross-site" });
    assert.strictEqual(answer.status, 403);
});

test("every answer names the release that made it", async (t) => {
    const url = await serve(t);
    const task = await send(`${url}/api/tasks`, "POST", { list: "park", title: "x" });
    const answers = [task, await send(`${url}/tasks`, "POST", { list: "park", title: "y" })];
    for (const path of ["/", "/lists/park", "/api/lists", "/api/lists/park", "/api/counts", "/api/about", "/api/no", "/no"]) {
        const answer = await fetch(url + path);
        answers.push(answer);
        assert.ok(/(release 0\.6<)|("release":"0\.6")/.test(await answer.text()), path);
    }
    assert.strictEqual((await task.json()).release, "0.6");
    answers.forEach((answer) => assert.strictEqual(answer.headers.get("x-release"), "0.6"));
});
