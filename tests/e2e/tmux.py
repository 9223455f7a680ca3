"""A terminal for tests: tmux, with a shell in it that has job control, and leakcage in that.

Only leakcage carries the test's mark, neither tmux nor the shell do. What is on the screen is text,
one line a row."""
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time

import e2e

WAIT_S = 30


class Terminal:
    """columns x rows; commands are typed. For a with statement."""

    def __init__(self, test, columns, rows, **environment):
        self.test = test
        self.folder = tempfile.mkdtemp(prefix="leakcage-tmux-")  # a socket's path must be short
        words = dict(test.environment(), **environment)
        changed = ["%s=%s" % (key, words[key]) for key in
                   {"LC_ALL", "TMPDIR", "LEAKCAGE_BUILD", e2e.MARK, *environment} if key in words]
        alias = "env " + " ".join(shlex.quote(word) for word in changed + [e2e.LEAKCAGE])
        profile = self.path("profile")
        with open(profile, "w", encoding="utf-8") as file:
            file.write("PS1='$ '\nunset HISTFILE\nalias leakcage=%s\n" % shlex.quote(alias))
        clean = {key: value for key, value in os.environ.items()
                 if key not in ("TMUX", "TMUX_PANE", "TERM", "NO_COLOR", e2e.MARK)}
        self.environment = dict(clean, LC_ALL="C.UTF-8")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
                  "-c", e2e.ROOT, shlex.join(["bash", "--noprofile", "--rcfile", profile, "-i"]))
        test.addCleanup(self.__exit__)
        self.wait_for(r"\$$")
        self.modes_before = self.modes("before")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tmux("kill-server", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def tmux(self, *arguments, check=True):
        done = subprocess.run(["tmux", "-S", self.path("socket"), *arguments], env=self.environment,
                              capture_output=True, text=True, check=check)
        return done.stdout

    def ask(self, format_text):
        return self.tmux("display-message", "-p", format_text).strip()

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def type(self, line):
        self.tmux("send-keys", "-l", line)
        self.press("Enter")

    def run(self, *arguments):
        self.type("clear; leakcage run -o %s" % shlex.join([self.test.results, *arguments]))

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self, *options):
        """What is to be seen, as lines; without those at the end that are blank. "-J": lines as
        they were printed, however wide the terminal is."""
        return self.tmux("capture-pane", "-p", *options).rstrip("\n").split("\n")

    def wait_for(self, pattern, seconds=WAIT_S):
        """Until the pattern is on the screen, which is returned as text."""
        deadline = time.monotonic() + seconds
        while True:
            text = "\n".join(self.screen())
            if re.search(pattern, text):
                return text
            if time.monotonic() > deadline:
                self.test.fail("no %r on the screen within %d s:\n%s" % (pattern, seconds, text))
            time.sleep(0.05)

    def wait_for_status(self, seconds=WAIT_S):
        """Until the command that was typed has ended; its exit status. What is typed before goes
        to the view."""
        self.wait_for(r"(?m)^\$\Z", seconds)
        self.type("echo status=$?.")
        return int(re.search(r"^status=(\d+)\.$", self.wait_for(r"(?m)^status=\d+\.$", seconds),
                             re.M).group(1))

    def shows_view(self):
        return self.ask("#{alternate_on}") == "1"

    def modes(self, name):
        path = self.path(name)
        self.type("stty -g > %s.part; mv %s.part %s" % (path, path, path))
        deadline = time.monotonic() + WAIT_S
        while not os.path.exists(path):
            if time.monotonic() > deadline:
                self.test.fail("the shell does not answer:\n" + "\n".join(self.screen()))
            time.sleep(0.02)
        with open(path, encoding="ascii") as file:
            modes = file.read()
        os.unlink(path)
        return modes

    def leakcage(self):
        """The process that was typed last, while it runs."""
        shell = int(self.ask("#{pane_pid}"))
        for pid in e2e.processes_marked(self.test.mark):
            with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as file:
                if int(file.read().rpartition(")")[2].split()[1]) == shell:
                    return pid
        self.test.fail("leakcage does not run:\n" + "\n".join(self.screen()))
        return None

    def expect_restored(self):
        """The terminal is as it was: its screen, its cursor, its modes."""
        self.test.assertEqual(self.ask("#{alternate_on} #{cursor_flag} #{wrap_flag}"), "0 1 1")
        self.test.assertEqual(self.modes("after"), self.modes_before)
