"""What the parts of the measured buildout are made by: a copy, made anew when a file has another size or time."""
import hashlib
import os
import shutil


def facts(source):
    for folder, _, files in os.walk(source):
        for name in files:
            path = os.path.join(folder, name)
            status = os.stat(path)
            yield f"{path} {status.st_size} {status.st_mtime_ns}"


class Copy:
    def __init__(self, buildout, name, options):
        self.source = options["source"]
        self.out = os.path.join(buildout["buildout"]["parts-directory"], name)
        options["files"] = hashlib.sha256("\n".join(sorted(facts(self.source))).encode()).hexdigest()

    def install(self):
        shutil.copytree(self.source, self.out)
        return [self.out]

    def update(self):
        pass
