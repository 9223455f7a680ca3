"""GitLab CI without GitLab, as far as our file uses it: which jobs a pipeline has, and a job's
before_script and script in one shell, as the runner runs them where there is bash. What this does
not know is refused. Caches and images are not fetched: what they would bring is here already."""
import os
import re
import subprocess

import yaml

TOP_KEYS = {"variables", "stages", "default", "workflow"}
JOB_KEYS = {"stage", "image", "timeout", "variables", "cache", "before_script", "script",
            "artifacts", "extends", "rules"}
ARTIFACT_KEYS = {"when", "paths", "reports", "expire_in"}
REPORTS = {"junit", "metrics"}
OPERAND = r"""(\$\w+|"[^"]*")"""


class Refused(Exception):
    """Something that this does not know."""


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def expect_keys(what, found, allowed):
    unknown = set(found) - set(allowed)
    if unknown:
        raise Refused("%s: unknown %s" % (what, sorted(unknown)))


def merged(below, above):
    """As `extends` does: keys by keys, all else is replaced."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return {key: merged(below[key], above[key]) if key in below and key in above
            else above.get(key, below.get(key)) for key in {**below, **above}}


def jobs(pipeline):
    """The jobs, with what they extend; those whose name begins with a dot are only extended."""
    found = {}
    for name, job in pipeline.items():
        if name in TOP_KEYS or name.startswith("."):
            continue
        if "extends" in job:
            job = merged(pipeline[job["extends"]], job)
        expect_keys(name, job, JOB_KEYS)
        expect_keys(name + ": artifacts", job["artifacts"], ARTIFACT_KEYS)
        expect_keys(name + ": reports", job["artifacts"]["reports"], REPORTS)
        found[name] = job
    return found


def _operand(word, variables):
    return variables.get(word[1:], "") if word.startswith("$") else word[1:-1]


def holds(expression, variables):
    """Of `rules: if`: comparisons for equality, all of which must hold."""
    for part in expression.split("&&"):
        match = re.fullmatch(r"\s*%s\s*(==|!=)\s*%s\s*" % (OPERAND, OPERAND), part)
        if match is None:
            raise Refused("if: " + expression)
        left, operator, right = match.groups()
        equal = _operand(left, variables) == _operand(right, variables)
        if equal != (operator == "=="):
            return False
    return True


def jobs_wanted(pipeline, variables):
    """Names of the jobs that are in a pipeline with these variables."""
    found = []
    for name, job in jobs(pipeline).items():
        for rule in job["rules"]:
            expect_keys(name + ": rules", rule, {"if"})
        if any(holds(rule["if"], variables) for rule in job["rules"]):
            found.append(name)
    return found


class Job:
    """One run of a job in `folder`, a clone; `variables` are those of the project and the
    pipeline, which go before those in the file."""

    def __init__(self, pipeline, name, folder, variables, env):
        self.job, self.folder = jobs(pipeline)[name], folder
        said = {**pipeline.get("variables", {}), **self.job.get("variables", {}), **variables}
        self.env = {**env, "CI": "true", "GITLAB_CI": "true", "CI_PROJECT_DIR": folder,
                    **{key: str(value) for key, value in said.items()}}
        self.log = ""

    def run(self):
        """The exit status."""
        lines = [*self.job.get("before_script", []), *self.job["script"]]
        done = subprocess.run(["bash", "-eo", "pipefail", "-c", "\n".join(lines)],
                              cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", check=False)
        self.log = done.stdout
        return done.returncode

    def artifacts(self):
        """All that is named, there or not."""
        named = self.job["artifacts"]
        return [os.path.join(self.folder, path)
                for path in [*named["paths"], *named["reports"].values()]]
