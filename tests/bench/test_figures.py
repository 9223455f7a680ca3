#!/usr/bin/python3
"""What the benchmarks reckon with: matrices, shares, tables, scenarios made of scenarios, what the
other tools print, and what counts as right."""
import sys
import unittest

sys.dont_write_bytecode = True

import aa  # noqa: E402 pylint: disable=wrong-import-position
import allocators  # noqa: E402 pylint: disable=wrong-import-position
import figures  # noqa: E402 pylint: disable=wrong-import-position
import gate_figures  # noqa: E402 pylint: disable=wrong-import-position
import instrument_figures  # noqa: E402 pylint: disable=wrong-import-position
import peer_tools  # noqa: E402 pylint: disable=wrong-import-position
import robustness  # noqa: E402 pylint: disable=wrong-import-position
import runs  # noqa: E402 pylint: disable=wrong-import-position
import scenario_files  # noqa: E402 pylint: disable=wrong-import-position
import sensitivity  # noqa: E402 pylint: disable=wrong-import-position

RECORD = {"id": "a.fixed", "scenario": "a", "variant": "fixed", "verdict": "clean", "cause": "none",
          "reason": "still", "outcome": "pass", "termination": "decided", "driver": "vm"}


class Matrix(unittest.TestCase):
    MATRIX = figures.confusion([("leak", "leak")] * 3 + [("leak", "clean"), ("clean", "clean"),
                                                         ("clean", "leak"),
                                                         ("lazy-release", "inconclusive")])

    def test_counts_what_was_expected_by_what_was_called(self):
        self.assertEqual(self.MATRIX["leak"]["leak"], 3)
        self.assertEqual(self.MATRIX["leak"]["clean"], 1)
        self.assertEqual(self.MATRIX["lazy-release"]["inconclusive"], 1)
        self.assertEqual(sum(sum(row.values()) for row in self.MATRIX.values()), 7)

    def test_precision_is_of_those_called_so(self):
        self.assertEqual(figures.precision(self.MATRIX, "leak"), 3 / 4)
        self.assertEqual(figures.precision(self.MATRIX, "clean"), 1 / 2)

    def test_recall_is_of_those_that_are_so_and_the_undecided_count(self):
        self.assertEqual(figures.recall(self.MATRIX, "leak"), 3 / 4)
        self.assertEqual(figures.recall(self.MATRIX, "lazy-release"), 0)

    def test_without_any_there_is_no_share(self):
        self.assertIsNone(figures.precision(self.MATRIX, "pressure"))
        self.assertIsNone(figures.recall(self.MATRIX, "pressure"))


class Shares(unittest.TestCase):
    def test_interval_of_nothing_seen_is_not_nothing(self):
        low, high = figures.wilson(0, 10)
        self.assertEqual(low, 0)
        self.assertAlmostEqual(high, 0.2775, places=4)

    def test_interval_is_that_of_the_textbook(self):
        low, high = figures.wilson(81, 263)
        self.assertAlmostEqual(low, 0.2553, places=4)
        self.assertAlmostEqual(high, 0.3662, places=4)

    def test_all_and_nothing_are_said_only_of_all_and_nothing(self):
        self.assertEqual(figures.percent(1), "100 %")
        self.assertEqual(figures.percent(0.99999), "99.9 %")
        self.assertEqual(figures.percent(0.00001), "0.1 %")
        self.assertEqual(figures.percent(None), "-")

    def test_a_share_of_none(self):
        self.assertEqual(figures.share(0, 0), "0 of 0")


class Text(unittest.TestCase):
    def test_numbers_have_three_digits(self):
        for value, text in ((0.012345, "0.0123"), (4.5678, "4.57"), (1234.5, "1,230"), (0, "0"),
                            (99.96, "100"), (None, "-")):
            self.assertEqual(figures.number(value), text)

    def test_sizes(self):
        self.assertEqual(figures.size(8), "8.00 B")
        self.assertEqual(figures.size(24 << 20), "24.0 MiB")
        self.assertEqual(figures.size(None), "-")

    def test_figures_stand_at_the_right_words_at_the_left(self):
        lines = figures.table(["name", "n"], [["long name", "5"], ["a", "1,000"], ["b", "-"]])
        self.assertEqual(lines, ["  name           n",
                                 "  ---------  -----",
                                 "  long name      5",
                                 "  a          1,000",
                                 "  b              -"])

    def test_spread_of_nothing(self):
        self.assertEqual(figures.spread([None]), ["-", "-", "-", "0"])
        self.assertEqual(figures.spread([1, 2, 9]), ["2.00", "1.00", "9.00", "3"])


class Scenarios(unittest.TestCase):
    DOCUMENT = {"$schema": "schema.json", "name": "a", "limit": "64MiB",
                "service": {"command": ["x"], "args": ["1", "2"], "env": {"A": "1", "B": "2"}},
                "expect": {"verdict": "leak", "cause": "heap"},
                "variants": {"fixed": {"service": {"args": ["3"], "env": {"B": "3"}},
                                       "expect": "clean"},
                             "pipes": {"expect": {"verdict": "leak"}}}}

    def test_a_variant_changes_objects_key_by_key_and_arrays_whole(self):
        fixed = scenario_files.resolve(self.DOCUMENT, "fixed")
        self.assertEqual(fixed["service"], {"command": ["x"], "args": ["3"],
                                            "env": {"A": "1", "B": "3"}})
        self.assertNotIn("variants", fixed)
        self.assertEqual(scenario_files.resolve(self.DOCUMENT)["service"]["args"], ["1", "2"])

    def test_an_expectation_is_replaced_whole(self):
        def expected(variant):
            return scenario_files.expectation(scenario_files.resolve(self.DOCUMENT, variant))
        self.assertEqual(expected(None), ("leak", "heap"))
        self.assertEqual(expected("fixed"), ("clean", None))
        self.assertEqual(expected("pipes"), ("leak", None))

    def test_sizes_are_read_as_leakcage_reads_them(self):
        for text in ("64M", "64MiB", "64Mi", 67108864, "67108864"):
            self.assertEqual(scenario_files.parse_size(text), 64 << 20)
        self.assertIsNone(scenario_files.parse_size("none"))
        with self.assertRaises(ValueError):
            scenario_files.parse_size("64 elephants")


class Rows(unittest.TestCase):
    def test_right_needs_the_verdict_and_the_cause_that_is_expected(self):
        leak = dict(RECORD, verdict="leak", cause="heap")
        self.assertTrue(runs.row_of(leak, "r", ("leak", "heap"))["right"])
        self.assertTrue(runs.row_of(leak, "r", ("leak", None))["right"])
        self.assertFalse(runs.row_of(leak, "r", ("leak", "sockets"))["right"])
        self.assertFalse(runs.row_of(leak, "r", ("clean", None))["right"])

    def test_a_run_without_a_verdict_is_an_error_with_its_reason(self):
        row = runs.row_of(dict(RECORD, outcome="error", error={"text": "exited with 1"}), "r",
                          ("clean", None))
        self.assertEqual((row["called"], row["cause"], row["reason"], row["right"]),
                         ("error", None, "exited with 1", False))

    def test_what_was_not_measured_is_absent(self):
        row = runs.row_of(RECORD, "r", ("clean", None))
        self.assertIsNone(row["verdict_s"])
        self.assertIsNone(row["smallest_leak_bytes"])
        self.assertEqual(row["folder"], "r/a.fixed")

    def test_a_missing_run_has_the_same_columns(self):
        self.assertEqual(set(runs.missing_row("a", "fixed", ("clean", None), "r")),
                         set(runs.row_of(RECORD, "r", ("clean", None))))


class Honesty(unittest.TestCase):
    def test_clean_must_not_hide_a_leak_above_what_it_claims_to_find(self):
        claim = {"called": "clean", "smallest_leak_bytes": 18.0}
        self.assertTrue(sensitivity.is_honest(16, claim))
        self.assertFalse(sensitivity.is_honest(32, claim))
        self.assertIsNone(sensitivity.is_honest(32, dict(claim, called="inconclusive")))
        self.assertIsNone(sensitivity.is_honest(32, dict(claim, smallest_leak_bytes=None)))


class Settings(unittest.TestCase):
    PRESSURE = {"limit": "24MiB", "load": {"path": "/", "concurrency": 8},
                "expect": {"verdict": "pressure", "cause": "transient"}}

    def accepted(self, setting):
        changed = robustness.SETTINGS[setting](self.PRESSURE)
        return [verdict for verdict, _ in robustness.accepts(self.PRESSURE, changed)]

    def test_pressure_ends_where_there_is_room(self):
        self.assertEqual(self.accepted("limit x8"), ["clean"])
        self.assertEqual(self.accepted("1 at a time"), ["clean"])
        self.assertEqual(self.accepted("limit x2"), ["clean", "pressure"])

    def test_pressure_stays_where_there_is_not(self):
        for setting in ("as it is", "32 at a time", "50 Hz", "other core busy"):
            self.assertEqual(self.accepted(setting), ["pressure"])

    def test_what_the_scenario_has_anyway_is_not_run_again(self):
        self.assertIsNone(robustness.SETTINGS["8 at a time"](self.PRESSURE))
        timers = {"load": {"timers": [{"path": "/", "every": "10ms"}]}}
        self.assertIsNone(robustness.SETTINGS["32 at a time"](timers))
        self.assertIsNone(robustness.SETTINGS["limit x2"]({"limit": "none"}))

    def test_a_leak_is_one_whatever_the_setting(self):
        leak = dict(self.PRESSURE, expect={"verdict": "leak", "cause": "heap"})
        for change in robustness.SETTINGS.values():
            changed = change(leak)
            if changed is not None:
                self.assertEqual(robustness.accepts(leak, changed), [("leak", "heap")])

    def test_another_cause_is_a_deviation(self):
        row = {"called": "leak", "cause": "sockets"}
        self.assertFalse(robustness.is_accepted(row, [("leak", "heap")]))
        self.assertTrue(robustness.is_accepted(row, [("clean", None), ("leak", "sockets")]))


class FakeBench:
    """Calls every run clean, and remembers the scenarios it was given."""

    def __init__(self):
        self.given = []

    def folder(self, *names):
        return "/".join(names)

    def run(self, results, arguments):
        self.given = [scenario_files.load(path) for path in arguments]
        return [dict(RECORD, scenario=document["name"]) for document in self.given]

    def settle_folder(self, row):
        row.pop("folder")


class RoomyLimit(unittest.TestCase):
    def rows_of(self, called, roomy_limit_bytes):
        bench = FakeBench()
        row = {"name": "a.b", "setting": "as it is", "called": called,
               "roomy_limit_bytes": roomy_limit_bytes}
        return bench, robustness.run_roomy(bench, {"a.b": Settings.PRESSURE}, [row])

    def test_what_pressure_names_is_run_with_that_limit_and_must_be_calm(self):
        bench, rows = self.rows_of("pressure", 50331648)
        self.assertEqual([document["limit"] for document in bench.given], [50331648])
        self.assertEqual(rows[0]["setting"], robustness.ROOMY)
        self.assertTrue(rows[0]["right"])
        self.assertFalse(robustness.is_accepted({"called": "pressure", "cause": "transient"},
                                                rows[0]["accepted"]))

    def test_nothing_is_run_where_none_is_named(self):
        self.assertEqual(self.rows_of("pressure", None)[1], [])
        self.assertEqual(self.rows_of("clean", 50331648)[1], [])


class Tools(unittest.TestCase):
    MEMCHECK = """\
==9== FILE DESCRIPTORS: 506 open (3 std) at exit.
==9== HEAP SUMMARY:
==9==    definitely lost: 1,024 bytes in 1 blocks
==9==    indirectly lost: 16 bytes in 1 blocks
==9==      possibly lost: 91,200 bytes in 300 blocks
"""

    def test_lost_bytes_of_memcheck(self):
        self.assertEqual(peer_tools.parse_memcheck(self.MEMCHECK), {
            "definitely": 1024, "indirectly": 16, "possibly": 91200, "descriptors": 503})

    def test_memcheck_that_was_killed_says_nothing(self):
        self.assertIsNone(peer_tools.parse_memcheck("==9== Command: x\n"))

    def test_lost_bytes_of_leak_sanitizer(self):
        self.assertEqual(peer_tools.parse_lsan(""), 0)
        self.assertEqual(peer_tools.parse_lsan(
            "SUMMARY: LeakSanitizer: 2048 byte(s) leaked in 2 allocation(s).\n"), 2048)

    def test_bytes_of_a_flame_graph(self):
        self.assertEqual(peer_tools.parse_stacks("main;f (a.c); 83072\nmain;g; 33\n\n"), 83105)

    def test_rss_alarms_above_ten_percent(self):
        rss = peer_tools.Rss("RSS", "ready_bytes")
        self.assertEqual(rss.judge({"ready_bytes": 1000, "end_bytes": 1100}, None),
                         (False, "+10 %"))
        self.assertEqual(rss.judge({"ready_bytes": 1000, "end_bytes": 1110}, None),
                         (True, "+11 %"))

    def test_heaptrack_is_held_against_the_mended_service(self):
        tool = peer_tools.Heaptrack()
        self.assertEqual(tool.judge({"leaked_bytes": 110000, "requests": 1000},
                                    {"leaked_bytes": 109060}), (False, "0 B"))
        self.assertEqual(tool.judge({"leaked_bytes": 1133060, "requests": 1000},
                                    {"leaked_bytes": 109060}), (True, "1,024 B"))


def allocator_row(called="leak", right=True, **figures_of):
    return dict({"called": called, "right": right, "growth_bytes": 1040, "stays_bytes": 3 << 20,
                 "peak_bytes": 4 << 20, "oom_kills": 0, "safe_concurrency": None}, **figures_of)


class Allocators(unittest.TestCase):
    def test_a_cell_tells_what_tells_allocators_apart(self):
        self.assertEqual(figures.allocator_cell([allocator_row()]), "leak, +1.02 KiB")
        self.assertEqual(figures.allocator_cell([allocator_row("clean")] * 2),
                         "clean, 3.00 MiB stay, peak 4.00 MiB")
        self.assertEqual(
            figures.allocator_cell([allocator_row("pressure", oom_kills=2, safe_concurrency=5),
                                    allocator_row("pressure", safe_concurrency=6)]),
            "pressure, 5.5 at a time are safe, killed in 1 of 2")

    def test_wrong_runs_are_told_and_do_not_count(self):
        rows = [allocator_row(), allocator_row("clean", right=False, growth_bytes=7),
                allocator_row("inconclusive", right=False)]
        self.assertEqual(figures.allocator_cell(rows),
                         "leak, +1.02 KiB **(2 of 3 wrong: clean, inconclusive)**")
        self.assertEqual(figures.allocator_cell(rows[1:]),
                         "- **(2 of 2 wrong: clean, inconclusive)**")

    def test_a_table_for_a_readme(self):
        self.assertEqual(figures.markdown(["a", "b"], [["c", 1]]),
                         ["| a | b |", "| --- | --- |", "| c | 1 |"])

    def test_a_library_that_is_not_there_is_named_with_the_remedy(self):
        self.assertIsNone(allocators.library("glibc"))
        kept = allocators.ALLOCATORS
        allocators.ALLOCATORS = {"none": "libnosuchallocator.so.9"}
        try:
            with self.assertRaisesRegex(runs.BenchError, "libnosuchallocator.*setup.sh bench"):
                allocators.library("none")
        finally:
            allocators.ALLOCATORS = kept


def lazy_row(stays=0, lazy=0, **others):
    return dict({"stays_bytes": stays << 20, "lazy_bytes": lazy << 20, "rest_bytes": None,
                 "taken_bytes": 0, "killed": 0, "called": "clean", "squeezed": None}, **others)


class Lazy(unittest.TestCase):
    KILLED = lazy_row(killed=3, called="pressure", stays_bytes=None)

    def test_what_a_row_means(self):
        for words, roomy, tight in [
                ("goes back at once", lazy_row(), lazy_row()),
                ("kept for the next burst", lazy_row(12), self.KILLED),
                ("too late", lazy_row(1), self.KILLED),
                ("too late", lazy_row(8, rest_bytes=1 << 19), self.KILLED),
                ("a part is lazily free, the rest is kept", lazy_row(16, 4), self.KILLED),
                ("nothing is killed", lazy_row(12, 12), lazy_row(7, 7, taken_bytes=4 << 20)),
                ("a part stays", lazy_row(5), lazy_row(5)),
                ("not measured", lazy_row(stays_bytes=None), self.KILLED)]:
            self.assertIn(words, figures.lazy_meaning(roomy, tight))

    def test_cells_of_what_was_not_run_are_empty(self):
        self.assertEqual(figures.lazy_cells(None, self.KILLED), ["-"] * 7)

    def test_cells_tell_what_happens_where_there_is_no_room(self):
        cells = figures.lazy_cells(lazy_row(12, 12), lazy_row(7, 7, taken_bytes=4 << 20))
        self.assertEqual(cells[:6], ["12.0 MiB", "12.0 MiB", "-", "clean", "-",
                                     "lives; the kernel takes back 4.00 MiB a burst (clean)"])
        self.assertEqual(figures.lazy_cells(lazy_row(12), self.KILLED)[5],
                         "killed in the first burst (pressure)")

    def test_a_squeeze_is_told_where_it_was_tried(self):
        self.assertEqual(figures.squeeze_cell(None), "-")
        self.assertEqual(figures.squeeze_cell({"killed": True, "freed_bytes": 5}), "killed")
        self.assertEqual(figures.squeeze_cell({"killed": False, "freed_bytes": 9 << 20}),
                         "9.00 MiB go, nothing is killed")

    def test_figures_come_from_the_cycles(self):
        def cycle(kind, anon, lazy, taken_before, taken, requests=8):
            return {"kind": kind, "complete": "1", "settled_anon_bytes": str(anon),
                    "settled_lazy_free_bytes": str(lazy), "requests_count": str(requests),
                    "settled_pglazyfreed_pages": str(taken_before),
                    "floor_pglazyfreed_pages": str(taken)}
        cycles = [cycle("ready", 1000, 0, 0, 0), cycle("warm-up", 9000, 0, 50, 60),
                  cycle("measure", 5000, 300, 160, 200), cycle("measure", 7000, 500, 240, 300, 2),
                  cycle("rest", 3000, 0, 300, 300)]
        found = allocators.lazy_figures({"verdict": "clean"}, cycles)
        self.assertEqual(found["stays_bytes"], 5000)
        self.assertEqual(found["lazy_bytes"], 400)
        self.assertEqual(found["rest_bytes"], 2000)
        self.assertEqual(found["taken_bytes"], (100 + 40) * 4096 / 10)
        self.assertEqual(found["killed"], 0)
        nothing = allocators.lazy_figures({"verdict": "pressure", "oom_kills": 3}, cycles[:2])
        self.assertIsNone(nothing["stays_bytes"])
        self.assertEqual(nothing["killed"], 3)


class Claims(unittest.TestCase):
    def test_claims_are_figures_that_differ_whichever_the_variant(self):
        variants = [{"figures": {"peak_bytes": {"median": 1}}},
                    {"figures": {"peak_bytes": {"differs": False}, "rate": {"differs": True}}},
                    {"figures": {"rate": {"differs": True}}}, {"skipped": "no such library"}]
        self.assertEqual(aa.claims({"variants": variants}), ["rate"])
        self.assertEqual(aa.claims({"variants": variants[:1]}), [])


class Expectations(unittest.TestCase):
    def test_a_scenario_that_expects_nothing_takes_anything_but_a_leak(self):
        for called in figures.VERDICTS:
            self.assertEqual(runs.is_right(called, "none", (None, None)), called != "leak")
        self.assertFalse(runs.is_right("inconclusive", "none", (None, None)))
        self.assertFalse(runs.is_right("error", None, (None, None)))
        self.assertEqual(figures.confusion([(None, "clean")]), figures.confusion([]))
        self.assertNotIn(("leak", None), robustness.accepts({"load": {}}, {"load": {}}))



def gate_case(name, status="passed", **more):
    return dict({"id": name, "scenario": name, "status": status, "figures": {}}, **more)


class Gate(unittest.TestCase):
    FLOOR = {"floor_bytes": {"regressed": True, "p": 0.001},
             "peak_bytes": {"regressed": False, "p": 0.7}}
    ALARM = gate_figures.row_of(1, {"cases": [
        gate_case("a"), gate_case("b", "regressed", figures=FLOOR, sentence="floor +7 %")]})
    PASS = gate_figures.row_of(0, {"cases": [gate_case("a"), gate_case("b")]})

    def test_as_few_repeats_as_the_rate_allows(self):
        self.assertEqual(gate_figures.repeats_needed(10, 0.01), 3)     # 1 of 286
        self.assertEqual(gate_figures.repeats_needed(10, 0.0025), 4)   # 1 of 1,001
        self.assertEqual(gate_figures.repeats_needed(3, 0.0025), 12)   # 1 of 455
        self.assertEqual(gate_figures.repeats_needed(30, 0.5), 3)

    def test_a_row_is_what_did_not_pass(self):
        self.assertEqual(self.PASS, {"status": 0, "cases": {}})
        self.assertEqual(list(self.ALARM["cases"]), ["b"])
        self.assertEqual(self.ALARM["cases"]["b"]["causes"], ["floor"])
        verdict = gate_figures.row_of(1, {"cases": [gate_case("c", "regressed",
                                                              verdict={"regressed": True})]})
        self.assertEqual(verdict["cases"]["c"]["causes"], ["verdict"])

    def test_causes_are_counted_and_none_is_lost(self):
        self.assertEqual(gate_figures.causes([self.ALARM, self.PASS, self.ALARM]),
                         [("b: regressed (floor)", 2)])
        self.assertEqual(gate_figures.causes([{"status": 5, "cases": {}}]), [("exit status 5", 1)])

    def test_caught_is_a_regression_of_that_case(self):
        self.assertTrue(gate_figures.is_caught(self.ALARM, "b"))
        self.assertFalse(gate_figures.is_caught(self.ALARM, "a"))
        self.assertFalse(gate_figures.is_caught(self.PASS, "b"))
        self.assertFalse(gate_figures.is_caught(dict(self.ALARM, status=5), "b"))

    def test_one_alarm_is_one_too_many(self):
        def lines(rows):
            return "\n".join(gate_figures.unchanged_lines([dict(row, first=row) for row in rows]))
        self.assertIn("not passed 0 of 3", lines([self.PASS] * 3))
        self.assertIn("(must be 0: held)", lines([self.PASS] * 3))
        self.assertIn("(must be 0: not held)", lines([self.PASS, self.ALARM]))
        self.assertIn("b: regressed (floor): 1 times", lines([self.PASS, self.ALARM]))

    def test_two_of_twenty_missed_are_too_many(self):
        def line(caught):
            rows = [dict(self.ALARM, change="+5 %", live=False)] * caught + [
                dict(self.PASS, change="+5 %", live=False)] * (20 - caught)
            return [text for text in gate_figures.show(rows, ["+5 %"], "b", ["+5 %"], 1)
                    if "+5 %" in text][0]
        self.assertRegex(line(19), r"19 of 20 +floor 19 +held")
        self.assertRegex(line(18), r"18 of 20 +floor 18 +not held")


class Instruments(unittest.TestCase):
    @staticmethod
    def cycle(kind, requests, seconds, floor=None):
        return {"kind": kind, "begin_ns": "1000", "load_end_ns": str(1000 + int(seconds * 1e9)),
                "requests_count": str(requests),
                "floor_current_bytes": "" if floor is None else str(floor)}

    def test_throughput_is_of_the_cycles_and_not_of_the_warm_up(self):
        plain = [self.cycle("ready", 0, 1), self.cycle("warm-up", 100, 10),
                 self.cycle("measure", 100, 1), self.cycle("measure", 100, 2),
                 self.cycle("measure", 100, 4)]
        other = [self.cycle("measure", 100, 4)]
        self.assertAlmostEqual(instrument_figures.slow_down(plain, other), 2)
        self.assertIsNone(instrument_figures.slow_down(plain, []))

    def test_memory_is_compared_floor_by_floor(self):
        plain = [self.cycle("measure", 1, 1, floor) for floor in (100, 200, 300)]
        other = [self.cycle("measure", 1, 1, floor) for floor in (150, 230, 340, 900)]
        self.assertEqual(instrument_figures.extra_bytes(plain, other), 40)
        self.assertIsNone(instrument_figures.extra_bytes(plain, [self.cycle("measure", 1, 1)]))

    def test_a_cell_is_of_the_rounds_that_were_there(self):
        row = {"state": "used", "slow_down": 1.234, "extra_bytes": 3 << 20, "share": 0.996}
        self.assertEqual(instrument_figures.cell([row]), "1.2, +3.00 MiB, 100 %")
        self.assertEqual(instrument_figures.cell([dict(row, share=None, extra_bytes=-2048)]),
                         "1.2, -2.00 KiB")
        self.assertEqual(instrument_figures.cell([dict(row, state="impossible")]), "-")
        self.assertEqual(instrument_figures.cell([]), "-")


if __name__ == "__main__":
    unittest.main()
