#!/usr/bin/python3
"""load.py HOST PORT CURRENT RATE: asks the example openplans through the edge until its stdin ends, then tells as JSON.

RATE 0: as many as it answers, each thread one after the other, to find out how many those are.
Open loop: a request begins every 1/RATE seconds, whether the ones before have been answered or not; half of them on
connections that are kept. One in five adds a task. CURRENT is the link that a deployment switches: no answer to a request that began
after it was switched may be of the release before.

{ "requests", "failed", "examples": of failures, "away": told to come back (503 with Retry-After), "posts": that were taken,
"p50-ms", "p99-ms", "a-second": that were answered, "late": of a release that was switched away }
"""
import collections
import http.client
import json
import os
import queue
import sys
import threading
import time

THREADS = 24
PATHS = ['/tasks/api/lists', '/blog/', '/tasks/', '/blog/']


class Load:
    def __init__(self, host, port, current, rate):
        self.host, self.port, self.current, self.rate = host, port, current, rate
        self.jobs = queue.Queue()
        self.lock = threading.Lock()
        self.latencies, self.failures, self.answers = [], [], []
        self.posts = self.away = 0
        self.switches = []

    def ask(self, number, kept):
        """One request; whose turn it was, not when a thread was free, is when it began to be waited for."""
        connection = kept or http.client.HTTPConnection('127.0.0.1', self.port, timeout=30)
        began = time.time()
        due = self.begun + number / self.rate if self.rate > 0 else began
        is_post = number % 5 == 0
        path = '/tasks/api/tasks' if is_post else PATHS[number % len(PATHS)]
        body = json.dumps({'list': 'load', 'title': 'task %d' % number}) if is_post else None
        try:
            connection.request('POST' if is_post else 'GET', path, body,
                               {'Host': self.host, 'Content-Type': 'application/json'})
            answer = connection.getresponse()
            text = answer.read()
            with self.lock:
                self.latencies.append(time.time() - due)
                is_away = answer.status == 503 and answer.getheader('Retry-After') is not None
                self.away += is_away
                self.posts += is_post and answer.status < 400
                self.answers.append((began, time.time(), answer.getheader('X-Release')))
                if not is_away and (answer.status >= 400 or not text):
                    self.failures.append('%s %d %s' % (path, answer.status, text[:80]))
        except (OSError, http.client.HTTPException) as error:
            with self.lock:
                self.failures.append('%s %r' % (path, error))
            connection.close()
        if not kept:
            connection.close()

    def work(self, is_kept):
        kept = http.client.HTTPConnection('127.0.0.1', self.port, timeout=30) if is_kept else None
        while (number := self.jobs.get()) is not None:
            self.ask(number, kept)

    def watch(self):
        """When the link had been switched for sure, and what it led to before."""
        before = None
        while not self.ended.wait(0.002):
            try:
                target = os.readlink(self.current)
            except OSError:
                continue
            if before not in (None, target):
                self.switches.append((time.time(), os.path.basename(before).rsplit('-', 1)[0]))
            before = target

    def run(self):
        self.ended = threading.Event()
        watcher = threading.Thread(target=self.watch)
        workers = [threading.Thread(target=self.work, args=(i % 2 == 0,)) for i in range(THREADS)]
        self.begun = time.time()
        for thread in [watcher] + workers:
            thread.start()
        end = threading.Thread(target=sys.stdin.read, daemon=True)
        end.start()
        number = 0
        while end.is_alive():
            if self.rate == 0 and self.jobs.qsize() >= THREADS:
                time.sleep(0.001)
                continue
            self.jobs.put(number)
            number += 1
            if self.rate > 0:
                time.sleep(max(0, self.begun + number / self.rate - time.time()))
        self.lasted = time.time() - self.begun
        for _ in workers:
            self.jobs.put(None)
        for thread in workers:
            thread.join()
        self.ended.set()
        watcher.join()

    def late(self):
        """Answers of a release that had been switched away before they were asked for, with no switch meanwhile."""
        count = 0
        for began, ended, release in self.answers:
            away = [old for when, old in self.switches if when < began]
            is_between = any(began <= when <= ended for when, _ in self.switches)
            if release is not None and away and release == away[-1] and not is_between:
                count += 1
        return count

    def tell(self):
        self.latencies.sort()
        at = lambda share: round(self.latencies[int(len(self.latencies) * share)] * 1000, 1)
        releases = collections.Counter(answer[2] for answer in self.answers if answer[2])
        print(json.dumps({'requests': len(self.latencies), 'failed': len(self.failures),
                          'examples': self.failures[:3], 'away': self.away, 'posts': self.posts, 'p50-ms': at(0.5),
                          'p99-ms': at(0.99), 'a-second': round(len(self.latencies) / self.lasted, 1), 'switches': len(self.switches), 'late': self.late(),
                          'releases': releases}))


def main():
    load = Load(sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4]))
    load.run()
    load.tell()


main()
