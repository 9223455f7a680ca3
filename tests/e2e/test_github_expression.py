#!/usr/bin/python3
"""The evaluator of GitHub's expressions that test_ci_examples.py relies on: what it says, and that
it refuses what it does not know."""
import unittest

from github_expression import Refused, condition, evaluate, interpolate

CONTEXTS = {
    "github": {"event_name": "push", "ref": "refs/heads/main", "run-id": "7"},
    "inputs": {"sarif": "false", "artifact": "", "n": 3.0},
    "steps": {"gate": {"outputs": {"status": "1"}}},
}
FUNCTIONS = {"success": lambda: False, "always": lambda: True, "cancelled": lambda: False}


class Values(unittest.TestCase):
    def test_what_expressions_say(self):
        for text, value in (
                ("1", 1.0), ("-2.5", -2.5), ("'it''s'", "it's"), ("true", True), ("null", None),
                ("github.event_name", "push"), ("github['event_name']", "push"),
                ("github.run-id", "7"), ("steps.gate.outputs.status", "1"),
                ("github.event_name == 'PUSH'", True), ("github.event_name != 'push'", False),
                ("inputs.n == '3'", True), ("'' == 0", True), ("'x' == 0", False),
                ("null == ''", True), ("true == 1", True), ("2 < 10", True), ("'b' >= 1", False),
                ("!''", True), ("!'a' || 'b'", "b"), ("'' || 'b' && 'c'", "c"),
                ("('' || 'b') == 'b'", True), ("inputs.artifact && 'x' || 'y'", "y"),
                ("always() && cancelled()", False), ("'false' && true", True)):
            with self.subTest(text):
                found = evaluate(text, CONTEXTS, FUNCTIONS)
                self.assertEqual((type(found), found), (type(value), value))

    def test_what_is_not_known_is_refused(self):
        for text, words in (
                ("github.evnt_name", "github has no evnt_name"), ("gihub.ref", "context gihub"),
                ("steps.gate.output.status", "steps.gate has no output"),
                ("github.ref.name", "github.ref has no name"), ("fromJSON('1')", "fromJSON"),
                ("'a' || github.x", "github has no x"), ("'a' 'b'", "too much"), ("'a", "read"),
                ("", "missing"), ("'a' ==", "missing"), ("(1", "expected )"), ("1 + 1", "read"),
                ("github.", "expected a name"), ("always(1", "expected ,"), ("==", "found")):
            with self.subTest(text):
                with self.assertRaises(Refused) as refused:
                    evaluate(text, CONTEXTS, FUNCTIONS)
                self.assertIn(words, str(refused.exception))

    def test_texts(self):
        for value, text in (
                ("plain", "plain"), (True, "true"), (False, "false"), (3, "3"), (None, ""),
                ("a ${{ github.ref }}/${{'}'}} b", "a refs/heads/main/} b"),
                ("${{ inputs.n }}", "3"), ("${{ inputs.artifact }}", "")):
            with self.subTest(text):
                self.assertEqual(interpolate(value, CONTEXTS), text)
        for value in ("${{ github }}", "${{ github.ref", "${{ always() }}", "${{ }}"):
            with self.subTest(value), self.assertRaises(Refused):
                interpolate(value, CONTEXTS)

    def test_conditions(self):
        after_failure = FUNCTIONS
        fine = dict(FUNCTIONS, success=lambda: True)
        for text, then, otherwise in (
                (True, True, False), (False, False, False), ("true", True, False),
                ("always()", True, True), ("${{ always() }}", True, True),
                ("${{ !cancelled() && steps.gate.outputs.status != '' }}", True, True),
                ("github.event_name == 'push'", True, False), ("success()", True, False)):
            with self.subTest(text):
                self.assertEqual(condition(text, CONTEXTS, fine), then)
                self.assertEqual(condition(text, CONTEXTS, after_failure), otherwise)
        with self.assertRaises(Refused):
            condition("${{ true }} && ${{ false }}", CONTEXTS, fine)


if __name__ == "__main__":
    unittest.main()
