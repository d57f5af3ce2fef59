"use strict";
/* The pages: plain forms and links, every value escaped. */

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escape(value) {
    return String(value).replace(/[&<>"']/g, (character) => ESCAPES[character]);
}

function layout(site, title, body) {
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="release" content="${escape(site.release)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)} - ${escape(site.title)}</title>
<link rel="stylesheet" href="${escape(site.base)}style.css">
</head>
<body>
<header><nav aria-label="Site"><a href="/">Wiki</a> <a href="/blog/">Blog</a> <a href="${escape(site.base)}">Tasks</a></nav>
<h1>${escape(site.title)}</h1></header>
<main>
${body}
</main>
<footer>release ${escape(site.release)}</footer>
</body>
</html>
`;
}

function lists(site, rows) {
    const items = rows.map(
        (row) =>
            `<li><a href="${escape(site.base)}lists/${encodeURIComponent(row.name)}">${escape(row.name)}</a> ` +
            `${row.done} of ${row.tasks} done</li>`,
    );
    return layout(
        site,
        "Lists",
        `<h2>Lists</h2>
<ul>${items.join("\n") || "<li>None yet: the first task makes one.</li>"}</ul>
<form method="post" action="${escape(site.base)}tasks">
<label>List <input name="list" required maxlength="60"></label>
<label>Task <input name="title" required maxlength="200"></label>
<button>Add</button>
</form>`,
    );
}

function list(site, name, rows) {
    const items = rows.map(
        (row) => `<li><form method="post" action="${escape(site.base)}tasks/${row.id}">
<input type="hidden" name="done" value="${row.done ? 0 : 1}">
<button>${row.done ? "Reopen" : "Done"}</button> ${row.done ? `<s>${escape(row.title)}</s>` : escape(row.title)}${row.due ? ` <small>due ${escape(row.due)}</small>` : ""}
</form></li>`,
    );
    return layout(
        site,
        name,
        `<h2>${escape(name)}</h2>
<ul class="tasks">${items.join("\n")}</ul>
<form method="post" action="${escape(site.base)}tasks">
<input type="hidden" name="list" value="${escape(name)}">
<label>Task <input name="title" required maxlength="200"></label>
<label>Due <input name="due" type="date"></label>
<button>Add</button>
</form>`,
    );
}

function problem(site, status, text) {
    return layout(site, `${status}`, `<h2>${status}</h2><p>${escape(text)}</p>`);
}

const style = `body { font: 1.05rem/1.6 system-ui, sans-serif; color: #222; background: #fafaf7; margin: 0; }
header, main, footer { max-width: 44rem; margin: 0 auto; padding: 1rem 1.5rem; }
header { border-bottom: 3px solid #2f6f4f; }
nav a { margin-right: 1.2rem; }
a { color: #2f6f4f; }
ul.tasks { list-style: none; padding: 0; }
s, footer { color: #666; }
`;

module.exports = { escape, list, lists, problem, style };
