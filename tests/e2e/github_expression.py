"""Expressions of GitHub Actions, ${{ … }}, as far as our files use them.

What this does not know it refuses: an unknown context, function or key ends the test, where GitHub
would read an empty text. evaluate(TEXT, CONTEXTS, FUNCTIONS) returns str, bool, float or None;
interpolate() replaces every ${{ … }} in a text."""
import math
import re

TOKEN = re.compile(r"""\s*(?:
    (?P<number>-?\d+(?:\.\d+)?(?![\w-]))|
    (?P<string>'(?:[^']|'')*')|
    (?P<name>[A-Za-z_][\w-]*)|
    (?P<operator>&&|\|\||==|!=|<=|>=|[!<>()\[\].,])
)""", re.X)
WORDS = {"true": True, "false": False, "null": None}
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.S)


class Refused(Exception):
    """Not an expression, or one that this does not know."""


def tokens_of(text):
    tokens, at = [], 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None:
            raise Refused("cannot read %r in %r" % (text[at:].strip(), text))
        tokens.append((match.lastgroup, match.group(match.lastgroup)))
        at = match.end()
    return tokens


def truth(value):
    return value not in (None, False, 0, "") and value == value


def text_of(value):
    """What becomes of a value within a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return "%.15g" % value
    if isinstance(value, str):
        return value
    raise Refused("an object is no text")


def number_of(value):
    if value is None or isinstance(value, bool):
        return float(bool(value))
    if isinstance(value, str):
        try:
            return float(value) if value.strip() else 0.0
        except ValueError:
            return math.nan
    return float(value)


def equal(left, right):
    """Loosely, as GitHub does: texts without regard to case, else as numbers."""
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    return number_of(left) == number_of(right)


COMPARE = {
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": lambda left, right: number_of(left) < number_of(right),
    "<=": lambda left, right: number_of(left) <= number_of(right),
    ">": lambda left, right: number_of(left) > number_of(right),
    ">=": lambda left, right: number_of(left) >= number_of(right),
}


class Parser:
    """Evaluates while it reads; both sides of && and || are read, and what is unknown is refused
    in either."""

    def __init__(self, text, contexts, functions):
        self.text, self.contexts, self.functions = text, contexts, functions
        self.tokens, self.at = tokens_of(text), 0
        self.called = set()

    def take(self, *operators):
        """The next token, if it is one of these operators; None: it is not."""
        kind, word = self.tokens[self.at] if self.at < len(self.tokens) else (None, None)
        if kind == "operator" and word in operators:
            self.at += 1
            return word
        return None

    def expect(self, operator):
        if self.take(operator) is None:
            raise Refused("expected %s in %r" % (operator, self.text))

    def all(self):
        value = self.either()
        if self.at < len(self.tokens):
            raise Refused("found %r too much in %r" % (self.tokens[self.at][1], self.text))
        return value

    def either(self):
        value = self.both()
        while self.take("||"):
            right = self.both()
            value = value if truth(value) else right
        return value

    def both(self):
        value = self.comparison()
        while self.take("&&"):
            right = self.comparison()
            value = right if truth(value) else value
        return value

    def comparison(self):
        value = self.unary()
        while True:
            operator = self.take(*COMPARE)
            if operator is None:
                return value
            value = COMPARE[operator](value, self.unary())

    def unary(self):
        if self.take("!"):
            return not truth(self.unary())
        if self.take("("):
            value = self.either()
            self.expect(")")
            return value
        return self.primary()

    def primary(self):
        if self.at >= len(self.tokens):
            raise Refused("something is missing at the end of %r" % self.text)
        kind, word = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return float(word)
        if kind == "string":
            return word[1:-1].replace("''", "'")
        if kind != "name":
            raise Refused("found %r in %r" % (word, self.text))
        if word.lower() in WORDS:
            return WORDS[word.lower()]
        return self.call(word) if self.take("(") else self.member(word)

    def call(self, name):
        if name not in self.functions:
            raise Refused("the function %s() of %r is not known" % (name, self.text))
        arguments = []
        while not self.take(")"):
            if arguments:
                self.expect(",")
            arguments.append(self.either())
        self.called.add(name)
        return self.functions[name](*arguments)

    def key(self):
        if self.take("."):
            kind, word = self.tokens[self.at] if self.at < len(self.tokens) else (None, None)
            if kind != "name":
                raise Refused("expected a name behind the last . of %r" % self.text)
            self.at += 1
            return word
        if self.take("["):
            word = self.either()
            self.expect("]")
            return text_of(word)
        return None

    def member(self, name):
        path, value = name, self.contexts.get(name)
        if value is None:
            raise Refused("the context %s of %r is not known" % (name, self.text))
        while True:
            key = self.key()
            if key is None:
                return value
            if not isinstance(value, dict) or key not in value:
                raise Refused("%s has no %s" % (path, key))
            path, value = path + "." + key, value[key]


def evaluate(text, contexts, functions=None):
    return Parser(text, contexts, functions or {}).all()


def condition(text, contexts, functions):
    """Of an `if`, with or without ${{ }}: is it true? One that asks for no status stands for
    success() && (it)."""
    text = text_of(text).strip()
    match = re.fullmatch(r"\$\{\{(.*)\}\}", text, re.S)
    text = match.group(1) if match else text
    if "${{" in text:
        raise Refused("an expression within the expression %r" % text)
    parser = Parser(text, contexts, functions)
    value = truth(parser.all())
    if not parser.called & {"success", "failure", "always", "cancelled"}:
        value = value and functions["success"]()
    return value


def interpolate(value, contexts, functions=None):
    """A value of YAML as the text that GitHub makes of it."""
    text = EXPRESSION.sub(
        lambda match: text_of(evaluate(match.group(1), contexts, functions)), text_of(value))
    if "${{" in text:
        raise Refused("an expression in %r has no end" % value)
    return text
