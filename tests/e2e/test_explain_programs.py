#!/usr/bin/python3
"""`leakcage explain` and programs that are hard to look into: stripped, static, without frame
pointers and call frame information, setuid, in a container, behind a wrapper, forked; what other
languages run; and a service that behaves otherwise when it is looked at. Each works, or is told
exactly why not."""
import glob
import os
import re
import shutil
import subprocess

import e2e
import explained
import images
import test_containers

PROGRAMS = os.path.join(e2e.ROOT, "tests", "e2e", "programs")
SOURCE = os.path.join(PROGRAMS, "keeper.c")
OPTIONS = ["--limit", "64M", "--cycles", "6", "--requests", "200"]
TIMEOUT_S = 400
COMPILER = os.environ.get("CC", "cc")


def marked_line():
    """Where keeper.c says that it keeps."""
    with open(SOURCE, encoding="utf-8") as file:
        return next(number for number, line in enumerate(file, 1)
                    if "/* planted: keeper */" in line)


class Programs(e2e.Test):
    def build(self, name, *flags):
        """keeper.c with these flags; a path with no blank."""
        path = os.path.join(self.dir, name)
        subprocess.run([COMPILER, "-std=gnu17", "-O2", "-g", *flags, "-o", path, SOURCE],
                       check=True)
        return path

    def explain(self, *command, options=(), status=e2e.PASS):
        """Explain a command; the explanation, and how it ended."""
        shutil.rmtree(self.results, ignore_errors=True)
        done = self.leakcage("explain", "-o", self.results, *OPTIONS, *options,
                             *(["--", *command] if command else []), timeout=TIMEOUT_S)
        folders = glob.glob(os.path.join(self.results, "*", "explain", "explanation.json"))
        self.assertEqual(len(folders), 1, str(done))
        self.assertIn(done.status, status if isinstance(status, tuple) else (status,), str(done))
        explanation = explained.Explanation(os.path.dirname(os.path.dirname(folders[0])))
        print("  %s: %s" % (self.id().rpartition(".")[2], explanation.text().splitlines()[0]))
        return explanation, done

    def expect_line(self, explanation, done, callers=("serve", "main")):
        """The planted line comes first, and who called it behind it."""
        said = "%s\n%s" % (explanation.text(), done)
        data = explanation.data
        self.assertTrue(data["grows"] and data["entries"], said)
        first = data["entries"][0]
        self.assertEqual((first.get("function"), os.path.basename(first.get("file", "")),
                          first.get("line")), ("remember", "keeper.c", marked_line()), said)
        self.assertGreaterEqual(data["share"], explained.SHARE_MIN, said)
        functions = [frame["function"] for frame in explanation.stack(first)]
        place = functions.index("remember")
        self.assertEqual(functions[place:place + 1 + len(callers)], ["remember", *callers], said)
        self.assertTrue(data["agrees"], said)

    def instruments(self, explanation):
        return {one["name"]: one for one in explanation.record.get("instruments", [])}


class Built(Programs):
    @e2e.long
    @e2e.needs_driver
    def test_without_frame_pointers(self):
        self.expect_line(*self.explain(self.build("keeper", "-fomit-frame-pointer")))

    @e2e.long
    @e2e.needs_driver
    def test_without_call_frame_information(self):
        """No .eh_frame: heaptrack, which knows no other, has the line and nobody who called it; the
        pages have the whole stack from .debug_frame."""
        program = self.build("keeper", "-fomit-frame-pointer", "-fno-asynchronous-unwind-tables",
                             "-fno-unwind-tables")
        self.expect_line(*self.explain(program), callers=())
        self.expect_line(*self.explain(program, options=["--instruments", "pages"]))

    @e2e.needs_driver
    def test_stripped(self):
        """No names at all: what it can know is the program and an address, and what to do."""
        program = self.build("keeper", "-s")
        explanation, done = self.explain(program)
        data = explanation.data
        said = "%s\n%s" % (explanation.text(), done)
        self.assertTrue(data["grows"], said)
        self.assertGreaterEqual(data["share"], explained.SHARE_MIN, said)
        own = [frame for frame in explanation.stack(data["entries"][0])
               if os.path.basename(frame.get("module", "")) == "keeper"]
        self.assertTrue(own, said)
        self.assertRegex(own[0]["function"], r"0x[0-9a-f]+", said)
        self.assertNotIn("line", own[0], said)
        self.assertIn("stripped", done.out + done.err, said)

    @e2e.long
    @e2e.needs_driver
    def test_debug_information_in_a_file_beside_it(self):
        program = self.build("keeper")
        subprocess.run(["objcopy", "--only-keep-debug", program, program + ".debug"], check=True)
        subprocess.run(["strip", program], check=True)
        subprocess.run(["objcopy", "--add-gnu-debuglink=" + program + ".debug", program],
                       check=True)
        self.expect_line(*self.explain(program))

    @e2e.needs_driver
    def test_static(self):
        """Nothing can be preloaded: malloc is watched from outside, and its stacks are not deeper
        than the part of the stack that the kernel copies."""
        explanation, done = self.explain(self.build("keeper", "-static"))
        self.expect_line(explanation, done, callers=("serve",))
        instruments = self.instruments(explanation)
        self.assertEqual(instruments["heaptrack"]["state"], "impossible")
        self.assertIn("statically linked", instruments["heaptrack"]["why"])
        self.assertEqual(instruments["malloc"]["state"], "used")

    @e2e.long
    @e2e.needs_driver
    def test_static_and_stripped(self):
        """No preload, and no malloc to be found by its name: the pages tell how much, and it says
        what is missing."""
        explanation, done = self.explain(self.build("keeper", "-static", "-s"))
        said = "%s\n%s" % (explanation.text(), done)
        self.assertTrue(explanation.data["grows"], said)
        why = " ".join(one.get("why", "") for one in self.instruments(explanation).values())
        self.assertIn("stripped", why + done.out, said)


class Started(Programs):
    # What heaptrack cannot follow is watched from outside, and its stacks are not deeper than the
    # part of the stack that the kernel copies: serve() has a buffer of that size.
    OUTSIDE = ("serve",)

    @e2e.needs_driver
    def test_workers_that_were_forked(self):
        self.expect_line(*self.explain(self.build("keeper"), "workers"), callers=self.OUTSIDE)

    def expect_wrapped(self, script):
        explanation, done = self.explain("/bin/sh", "-c", script % self.build("keeper"))
        self.expect_line(explanation, done, callers=self.OUTSIDE)
        self.assertIn("sh is a wrapper", self.instruments(explanation)["heaptrack"]["why"])

    @e2e.long
    @e2e.needs_driver
    def test_behind_a_shell_that_stays(self):
        self.expect_wrapped("%s; exit $?")

    @e2e.long
    @e2e.needs_driver
    def test_behind_a_shell_that_is_gone(self):
        self.expect_wrapped("exec %s")

    @e2e.long
    @e2e.needs_vm
    def test_setuid(self):
        """Nobody runs it, and it becomes its owner: no preload works there."""
        program = self.build("keeper")
        os.chmod(program, 0o4755)
        explanation, done = self.explain(program, options=["--user", "nobody"])
        self.expect_line(explanation, done, callers=self.OUTSIDE)
        self.assertNotIn("heaptrack", {name for name, one in self.instruments(explanation).items()
                                       if one["state"] == "used"}, explanation.text())

    @e2e.needs_vm
    @test_containers.needs_podman
    def test_in_a_container(self):
        program = self.build("keeper")
        archive = images.make(os.path.join(self.dir, "keeper.tar"), "localhost/keeper:latest",
                              [program], port=8080)
        explanation, done = self.explain(options=["--image", "docker-archive:" + archive])
        self.expect_line(explanation, done, callers=self.OUTSIDE)


class Others(Programs):
    """Programs that are not ours."""

    def needs(self, program, package):
        if shutil.which(program) is None:
            self.skipTest("there is no %s (apt-get install %s)" % (program, package))

    def script(self, name):
        return os.path.join(e2e.ROOT, "tests", "runtimes", name)

    @e2e.needs_driver
    def test_python(self):
        explanation, done = self.explain("/usr/bin/python3", self.script("service.py"), "leak",
                                         options=["--budget", "150s"])
        self.expect_script(explanation, done, "service.py", r"kept\.append\(bytearray")

    @e2e.long
    @e2e.needs_driver
    def test_node(self):
        self.needs("node", "nodejs")
        # V8's heap needs more work than the others to be judged.
        options = ["--gc", "/gc", "--heap", "/heap", "--budget", "150s", "--limit", "256M",
                   "--cycles", "8", "--requests", "1000", "--instruments", "node"]
        # V8 knows the line on which a function begins; what its heap keeps beyond objects is not
        # told, and that is said.
        explanation, done = self.explain("node", "--expose-gc", self.script("service.js"), "leak",
                                         options=options, status=(e2e.PASS, e2e.OTHER))
        self.expect_script(explanation, done, "service.js", r"^http\.createServer", share=0.5)
        if explanation.data["share"] < 0.8:
            self.assertTrue(explanation.data["missing"], str(done))

    def expect_script(self, explanation, done, name, pattern, share=0.8):
        with open(self.script(name), encoding="utf-8") as file:
            line = next(number for number, text in enumerate(file, 1) if re.search(pattern, text))
        said = "%s\n%s" % (explanation.text(), done)
        first = explanation.data["entries"][0]
        self.assertEqual((os.path.basename(first.get("file", "")), first.get("line")),
                         (name, line), said)
        self.assertGreater(explanation.data["share"], share, said)

    @e2e.long
    @e2e.needs_driver
    def test_nginx_grows_by_nothing(self):
        self.needs("nginx", "nginx-light")
        explanation, done = self.explain("nginx", "-c", self.script("nginx.clean.conf"),
                                         options=["--limit", "32M", "--port", "8080"])
        said = "%s\n%s" % (explanation.text(), done)
        self.assertFalse(explanation.data["grows"], said)
        self.assertTrue(explanation.data["held"], said)


class LookedAt(Programs):
    """An instrument that changes the verdict does not do so unnoticed."""
    PRELOAD = ["--instruments", "heaptrack"]

    def expect_disagreement(self, explanation, done, plain, looked_at):
        said = "%s\n%s" % (explanation.text(), done)
        self.assertEqual((explanation.plain["verdict"], explanation.record["verdict"]),
                         (plain, looked_at), said)
        data = explanation.data
        self.assertFalse(data["agrees"], said)
        for word in (plain.replace("-", " "), looked_at.replace("-", " "), "heaptrack"):
            self.assertIn(word, data["disagreement"].lower(), said)
        # A line that is hard to miss.
        self.assertIn(data["disagreement"][:60], " ".join(done.out.split()), said)

    @e2e.needs_driver
    def test_a_leak_that_hides(self):
        explanation, done = self.explain(self.build("keeper"), "hides", options=self.PRELOAD,
                                         status=e2e.OTHER)
        self.expect_disagreement(explanation, done, "leak", "clean")
        self.assertFalse(explanation.data["grows"], explanation.text())

    @e2e.long
    @e2e.needs_driver
    def test_a_leak_that_is_only_there_when_looked_at(self):
        explanation, done = self.explain(self.build("keeper"), "shows", options=self.PRELOAD)
        self.expect_disagreement(explanation, done, "clean", "leak")


if __name__ == "__main__":
    e2e.main()
