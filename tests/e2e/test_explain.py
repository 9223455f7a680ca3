#!/usr/bin/python3
"""`leakcage explain` over the catalogue: the line that grows is the one that the source marks, and
where nothing grows it says so.

usage: test_explain.py            one of each cause and of each way to take memory
       test_explain.py --all      every scenario with every variant, as a table (half an hour)"""
import os
import sys
import time

import e2e
import explained

# One of each cause, and of each way to take what grows; then what does not leak. Those that are
# left to the long tests have others that stand for them here, or in test_explain_programs.py.
LEAKS = ["hung-threads",  # threads
         "unclosed-body", # sockets, within a library
         "mmap-growth"]   # mappings
LONG_LEAKS = ["global-growth",     # malloc
              "child-worker",      # in a process that was forked
              "idle-leak",         # by the clock
              "unclosed-file",     # files
              "kernel-only.pipes", # what the kernel alone counts
              "log-file.tmpfs"]    # shared memory
OTHERS = ["transform"]
LONG_OTHERS = ["lazy-release"]
# A minute is what it may take in the VM; a test must bear a machine that is busy.
TIMEOUT_S = 240


class Explained(e2e.Test):
    def explain(self, one):
        """The explanation of a case, and how long it took from the command to the end."""
        arguments = ["--variant", one.variant] if one.variant != "default" else []
        begin = time.monotonic()
        done = self.leakcage("explain", "-o", self.results, *arguments,
                             e2e.scenario(one.scenario), timeout=TIMEOUT_S)
        seconds = time.monotonic() - begin
        path = os.path.join(self.results, one.id)
        self.assertTrue(os.path.exists(os.path.join(path, "explain", "explanation.json")),
                        str(done))
        return explained.Explanation(path), seconds, done

    def check(self, name):
        one = explained.case(name)
        explanation, seconds, done = self.explain(one)
        print(explained.row(one, explanation, seconds))
        self.assertEqual(explained.wrong(one, explanation), "",
                         "%s\n%s" % (explanation.text(), done))
        return one, explanation, done

    def check_leak(self, name):
        one, _, done = self.check(name)
        mark = explained.planted.lines(one.service, one.variant)[0]
        where = "%s:%d" % (os.path.basename(mark.file), mark.line)
        self.assertIn(where, done.out, "the line is not on the terminal")
        self.assertIn(mark.function, done.out)

    def check_all(self, names, check):
        for name in names:
            with self.subTest(case=name):
                check(name)
        self.expect_nothing_left()

    @e2e.needs_driver
    def test_the_planted_line_comes_first(self):
        self.check_all(LEAKS, self.check_leak)

    @e2e.long
    @e2e.needs_driver
    def test_the_planted_line_comes_first_in_the_others(self):
        self.check_all(LONG_LEAKS, self.check_leak)

    @e2e.needs_driver
    def test_where_nothing_grows_it_says_what_is_held(self):
        self.check_all(OTHERS, self.check)

    @e2e.long
    @e2e.needs_driver
    def test_where_memory_comes_back_late_it_says_what_is_held(self):
        self.check_all(LONG_OTHERS, self.check)


class Catalogue(Explained):
    """Not by itself: `--all`."""
    test_the_planted_line_comes_first = None
    test_the_planted_line_comes_first_in_the_others = None
    test_where_nothing_grows_it_says_what_is_held = None
    test_where_memory_comes_back_late_it_says_what_is_held = None

    def all_of_it(self):
        wrong = []
        for one in explained.cases():
            try:
                explanation, seconds, _ = self.explain(one)
            except AssertionError as error:
                print("  %-24s no explanation: %s" % (one.id, str(error)[-1500:]))
                wrong.append(one.id)
                continue
            print(explained.row(one, explanation, seconds))
            if explained.wrong(one, explanation):
                print(explanation.text())
                wrong.append(one.id)
        self.assertEqual(wrong, [])


def main():
    if sys.argv[1:] != ["--all"]:
        del Catalogue.all_of_it
        e2e.main()
        return
    sys.argv[1:] = ["Catalogue.all_of_it"]
    e2e.main()


if __name__ == "__main__":
    main()
