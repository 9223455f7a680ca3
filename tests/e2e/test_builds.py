#!/usr/bin/python3
"""The sample services in every build: each is made, or it is said why not; each is what its name
says; each answers; and what it states as its truth is that of the plain one, but where the build is
what makes the difference."""
import http.client
import json
import os
import re
import subprocess

import e2e

BUILDS = ["O0", "O3", "race", "asan", "ubsan", "hardened", "static"]
# Names that the build's flags put into a program.
MARKS = {
    "race": [b"__tsan_init"], "asan": [b"__asan_init"], "ubsan": [b"__ubsan_handle"],
    "hardened": [b"__stack_chk_fail", b"__vsnprintf_chk"],
}
# What the build makes of a service.
DIFFERENT = {("json-tree", "race"): {"default": ["leak", "heap"]}}
# A few whose ways to take memory differ, one with an upstream, are asked.
ASKED = ["json-tree", "hung-threads", "mmap-growth", "child-worker", "unclosed-body"]


def services():
    with open(os.path.join(e2e.ROOT, "services", "CMakeLists.txt"), encoding="utf-8") as file:
        return re.findall(r"^leakcage_service\(([\w-]+)", file.read(), re.M)


def unbuilt():
    """BUILD or SERVICE-BUILD -> why there is none."""
    with open(e2e.service("unbuilt.txt"), encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(": ", 1) for line in file)


def truth(program):
    done = subprocess.run([program, "--truth"], capture_output=True, text=True, check=True,
                          timeout=20)
    return {row[0]: row[1:] for row in (line.split("\t") for line in done.stdout.splitlines())}


def linked(program):
    """The bytes of the program, and whether another program loads it."""
    with open(program, "rb") as file:
        data = file.read()
    return data, b"/ld-linux" in data or b"/ld-musl" in data or b"/ld64.so" in data


class Builds(e2e.Test):
    @classmethod
    def setUpClass(cls):
        done = subprocess.run(["cmake", "--build", e2e.BUILD, "--target", "services-all-builds"],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(done.stdout[-4000:] + done.stderr[-4000:])
        cls.reasons = unbuilt()

    def programs(self, names):
        """(service, build, path) of those that are to be there."""
        for name in names:
            for build in BUILDS:
                path = e2e.service("%s-%s" % (name, build))
                reason = self.reasons.get(build) or self.reasons.get("%s-%s" % (name, build))
                if reason:
                    self.assertGreater(len(reason), 20, "%s of %s" % (build, name))
                    continue
                self.assertTrue(os.access(path, os.X_OK), "%s is not there" % path)
                yield name, build, path

    def test_all_are_there_and_state_their_truth(self):
        names = services()
        self.assertGreater(len(names), 30)
        for build in BUILDS:
            if build in self.reasons:
                print("skipped: build %s: %s" % (build, self.reasons[build]))
        for name, build, path in self.programs(names):
            if name in ("client", "upstream"):
                continue
            plain = truth(e2e.service(name))
            mine = truth(path)
            self.assertEqual(set(plain), set(mine), path)
            for variant, row in plain.items():
                expected = DIFFERENT.get((name, build), {}).get(variant, row[:2])
                self.assertEqual(mine[variant][:2], expected, "%s of %s" % (variant, path))

    def test_each_is_what_its_name_says(self):
        for name, build, path in self.programs(["json-tree"]):
            data, is_loaded = linked(path)
            self.assertEqual(is_loaded, build != "static", path)
            for other, marks in MARKS.items():
                for mark in marks:
                    if other == build:
                        self.assertIn(mark, data, "%s has no %s" % (path, mark))
                    elif other != "hardened" and build != "static":
                        self.assertNotIn(mark, data, "%s has %s" % (path, mark))
        with open(os.path.join(e2e.BUILD, "compile_commands.json"), encoding="utf-8") as file:
            commands = [entry["command"] for entry in json.load(file)]
        for build in ("O0", "O3"):
            command = [command for command in commands
                       if "service-json-tree-%s.dir" % build in command]
            self.assertEqual(len(command), 1)
            levels = re.findall(r" -O(\w*)", command[0])
            self.assertEqual(levels[-1], build[1:], command[0])

    def ask(self, path, route, upstream_port):
        environment = self.environment(PORT="0", UPSTREAM_PORT=upstream_port,
                                       ASAN_OPTIONS="detect_leaks=0")
        with subprocess.Popen([path], env=environment, stderr=subprocess.PIPE,
                              text=True) as process:
            try:
                line = process.stderr.readline()
                found = re.search(r"listening on 127\.0\.0\.1:(\d+)", line)
                self.assertTrue(found, "%s: %s" % (path, line))
                for place in ("/healthz", route, route):
                    connection = http.client.HTTPConnection("127.0.0.1", int(found.group(1)),
                                                            timeout=20)
                    connection.request("GET", place)
                    answer = connection.getresponse()
                    self.assertEqual(answer.status, 200, "%s %s" % (path, place))
                    answer.read()
                    connection.close()
            finally:
                process.terminate()
                rest = process.stderr.read()
            self.assertEqual(process.wait(20), 0, "%s: %s" % (path, rest[-3000:]))

    def test_each_answers(self):
        with subprocess.Popen([e2e.service("upstream")], env=self.environment(PORT="0"),
                              stderr=subprocess.PIPE, text=True) as upstream:
            try:
                port = re.search(r"127\.0\.0\.1:(\d+)", upstream.stderr.readline()).group(1)
                for _, _, path in self.programs(ASKED):
                    self.ask(path, truth(path)["default"][2], port)
            finally:
                upstream.terminate()

    def test_what_is_not_made_has_a_target_that_says_why(self):
        for key, reason in self.reasons.items():
            target = "services-" + key if key in BUILDS else "service-" + key
            done = subprocess.run(["cmake", "--build", e2e.BUILD, "--target", target],
                                  capture_output=True, text=True, check=False)
            self.assertNotEqual(done.returncode, 0, target)
            self.assertIn(reason, done.stdout + done.stderr)


if __name__ == "__main__":
    e2e.main()
