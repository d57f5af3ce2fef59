"use strict";
/*
 * A lock between processes: flock(1) in a helper of our own, so that the kernel gives it back whatever ends us or the
 * helper. The helper does not die of the signals that stop a group of processes: a change that has begun is finished.
 */
const { spawn } = require("node:child_process");

const HELPER = `
trap '' HUP INT TERM
exec 9>> "$1"
while read -r word; do
    flock 9
    echo taken
    read -r word || exit 0
    flock -u 9
done`;

class Lock {
    #file;
    #helper;
    #waiting;

    constructor(file) {
        this.#file = file;
    }

    #start() {
        const helper = spawn("/bin/sh", ["-c", HELPER, "lock", this.#file], { stdio: ["pipe", "pipe", "inherit"] });
        const lost = (why) => {
            if (this.#helper === helper) {
                this.#helper = undefined;
                this.#waiting?.reject(new Error(`cannot lock '${this.#file}': ${why}`));
                this.#waiting = undefined;
            }
        };
        helper.on("error", (error) => lost(error.message));
        helper.on("exit", () => lost("the helper ended"));
        helper.stdin.on("error", (error) => lost(error.message));
        helper.stdout.on("data", () => {
            this.#waiting?.resolve();
            this.#waiting = undefined;
        });
        this.#helper = helper;
    }

    /* An idle lock keeps no process running. */
    #hold(held) {
        for (const part of [this.#helper, this.#helper?.stdin, this.#helper?.stdout]) {
            part?.[held ? "ref" : "unref"]();
        }
    }

    take() {
        return new Promise((resolve, reject) => {
            this.#waiting = { resolve, reject };
            if (!this.#helper) {
                this.#start();
            }
            this.#hold(true);
            this.#helper.stdin.write("take\n");
        });
    }

    free() {
        this.#helper?.stdin.write("free\n");
        this.#hold(false);
    }
}

module.exports = { Lock };
