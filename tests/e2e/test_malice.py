#!/usr/bin/python3
"""A real service whose title, process names, files, log and answers try to be more than text: what
a run says of it, and all forms of report, are text; read by parsers of others, as the documents of
made-up results are (tests/rules/check_hostile.py)."""
import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios

import e2e

sys.path.insert(0, os.path.join(e2e.ROOT, "tests", "rules"))
import check_hostile  # pylint: disable=wrong-import-position
from test_output import read_terminal  # pylint: disable=wrong-import-position

# What stands in the names that the service gives itself and its file.
MARKUP = "<img src=x onerror=alert(1)>"
# What leakcage itself says to a terminal: colours, and where the cursor is to go.
OURS = re.compile(r"\033\[[0-9;?]*[A-Za-z]|\033[78]|[\r\n]")
HOSTILE_FOLDER = b"<script>alert(1)</script>\x1b[31m\x9b\xe2\x80\xae\xff|".replace(b"/", b"%")


class Malice(e2e.Test):
    def scenario(self):
        return self.write("malice.json", {
            "name": "malice",
            "service": {"command": [e2e.HOSTILE, "malicious"]},
            "limit": "48MiB",
            "load": {"path": "/", "concurrency": 4},
            "cycles": {"requests": 60, "warmup": 30},
        })

    def on_terminal(self, *arguments):
        """What leakcage prints on a terminal of 100 by 30; its standard error, too."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        with subprocess.Popen([e2e.LEAKCAGE, *arguments], stdin=slave, stdout=slave, stderr=slave,
                              cwd=e2e.ROOT, env=self.environment()) as process:
            os.close(slave)
            text = read_terminal(master, process, 120)
        os.close(master)
        return text

    def expect_text(self, text):
        """Nothing but what can be printed, and leakcage's own colours."""
        self.assertEqual([char for char in OURS.sub("", text) if not char.isprintable()], [])
        self.assertNotIn("\033]", text)

    def expect_reports(self, results, env=None):
        """Every form of `leakcage report`."""
        for form, (options, reader, _, _) in check_hostile.REPORTS.items():
            with self.subTest(form=form):
                path = os.path.join(self.dir, "report." + form)
                done = subprocess.run([e2e.LEAKCAGE, "report", *options, "-o", path, *results],
                                      env=env or self.environment(), capture_output=True,
                                      check=False)
                self.assertEqual((done.returncode, done.stderr), (e2e.OTHER, b""))
                with open(path, "rb") as file:
                    data = file.read()
                wrong, _ = reader(data)
                self.assertEqual(check_hostile.of_controls(data) + wrong, [])

    @e2e.needs_driver
    def test_all_that_is_said_of_it_is_text(self):
        text = self.on_terminal("run", "-o", self.results, self.scenario())
        self.expect_text(text)
        self.assertIn("LEAK", text)
        self.assertIn(MARKUP, text, "the file that is left open is named")
        # Its name has a line end and then what GitHub's runner takes for a command.
        self.assertNotRegex(text, r"(?m)^\s*::")
        record = self.result("malice")
        self.assertEqual((record["verdict"], record["cause"]), ("leak", "files"), text)
        self.assertIn(MARKUP, record["evidence"] + record["reason"])
        folder = os.path.join(self.results, "malice")
        with open(os.path.join(folder, "report.html"), "rb") as file:
            wrong, found = check_hostile.of_report_page(file.read())
        self.assertEqual(wrong, [])
        said = "\n".join(found)
        self.assertIn("hostile: " + MARKUP, said, "its log")
        self.expect_reports([folder])

        # The same in a folder whose name is no better.
        other = os.path.join(os.fsencode(self.results), HOSTILE_FOLDER)
        shutil.copytree(os.fsencode(folder), other)
        self.expect_reports([other])
        self.expect_text(self.on_terminal("judge", other))
        self.expect_nothing_left()

    def test_what_is_typed_is_told_as_text(self):
        for arguments in (["run", HOSTILE_FOLDER], ["judge", HOSTILE_FOLDER],
                          ["report", HOSTILE_FOLDER],
                          ["run", "--variant", HOSTILE_FOLDER, "clean"],
                          [b"--" + HOSTILE_FOLDER], ["run", "--limit", HOSTILE_FOLDER, "clean"],
                          ["run", "-o", self.dir, "--", b"/nonexistent/" + HOSTILE_FOLDER],
                          ["show", HOSTILE_FOLDER], ["gate", "--baseline", HOSTILE_FOLDER, "clean"],
                          ["serve", HOSTILE_FOLDER]):
            with self.subTest(arguments=arguments):
                text = self.on_terminal(*arguments)
                self.assertIn("leakcage: ", text)
                self.expect_text(text)


if __name__ == "__main__":
    e2e.main()
