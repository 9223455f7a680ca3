"""GitHub Actions without GitHub, as far as our files use it: a job's steps are run in their order,
by the shells and with the environment that the runner gives, and composite actions are run the
same way. What this does not know is refused (Refused): a key, an action, an input, an expression.

Not done here: fetching actions (ours is taken from where it lies), uploads (what would be uploaded
must be there, and is listed), containers, services, a matrix."""
import json
import os
import re
import subprocess

import yaml

from github_expression import Refused, condition, interpolate, text_of

# What a step's `shell:` is called as; without one it is bash, but less strict.
SHELLS = {
    None: ["bash", "-e"],
    "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"],
    "sh": ["sh", "-e"],
}
WORKFLOW_KEYS = {"name", "on", "permissions", "concurrency", "jobs", "env"}
JOB_KEYS = {"name", "if", "runs-on", "timeout-minutes", "steps", "permissions", "env"}
STEP_KEYS = {"name", "id", "if", "env", "shell", "run", "uses", "with"}
ACTION_KEYS = {"name", "description", "branding", "inputs", "outputs", "runs"}
# Others' actions: what may be said to them.
CHECKOUT = {"fetch-depth", "ref"}
UPLOAD = {"name", "path", "if-no-files-found", "retention-days", "overwrite"}
SARIF = {"sarif_file", "category"}
IF_NO_FILES = ("warn", "error", "ignore")
PERMISSIONS = {"contents", "security-events", "actions", "pull-requests"}


class _Loader(yaml.SafeLoader):
    """YAML as GitHub reads it: `on` is a word, and a key may not be there twice."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise Refused("%s is there twice" % ", ".join(map(str, twice)))
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"),
                              list("tf"))


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, _Loader)  # a SafeLoader


def expect_keys(what, found, allowed, required=()):
    unknown, missing = set(found) - set(allowed), set(required) - set(found)
    if unknown or missing:
        raise Refused("%s: unknown %s, missing %s" % (what, sorted(unknown), sorted(missing)))


def check_steps(what, steps, composite):
    """Keys, shells, ids; no expression within a script, for what it brings would be code; and
    outputs that are asked for are written by the step that is named."""
    written, asked = {}, []
    for number, step in enumerate(steps, 1):
        name = "%s, step %d" % (what, number)
        expect_keys(name, step, STEP_KEYS)
        if ("run" in step) == ("uses" in step):
            raise Refused(name + ": expected either run or uses")
        if "run" in step:
            expect_keys(name, step, STEP_KEYS - {"with", "uses"},
                        ["shell"] if composite else [])
            if "${{" in step["run"]:
                raise Refused(name + ": an expression in a script")
            if step.get("shell") not in SHELLS:
                raise Refused("%s: shell %s" % (name, step["shell"]))
        elif not re.fullmatch(r"[\w.-]+/[\w./-]+@[\w.-]+", step["uses"]):
            raise Refused("%s: uses %s" % (name, step["uses"]))
        if step.get("id") in written:
            raise Refused("%s: id %s is there twice" % (name, step["id"]))
        if "id" in step:
            written[step["id"]] = set(re.findall(r"\b([\w-]+)=", step.get("run", "")))
        asked += re.findall(r"\bsteps\.([\w-]+)\.outputs\.([\w-]+)", json.dumps(step))
    for step, output in asked:
        if output not in written.get(step, ()):
            raise Refused("%s: no step %s writes an output %s" % (what, step, output))
    return written


def check_workflow(workflow):
    expect_keys("workflow", workflow, WORKFLOW_KEYS, ["on", "jobs"])
    for name, job in workflow["jobs"].items():
        expect_keys("job " + name, job, JOB_KEYS, ["runs-on", "steps"])
        expect_keys("job %s: permissions" % name, job.get("permissions", {}), PERMISSIONS)
        check_steps("job " + name, job["steps"], composite=False)
    expect_keys("permissions", workflow.get("permissions", {}), PERMISSIONS)
    expect_keys("concurrency", workflow.get("concurrency", {}), ["group", "cancel-in-progress"])


def check_action(action):
    expect_keys("action", action, ACTION_KEYS, ["name", "description", "runs"])
    expect_keys("runs", action["runs"], ["using", "steps"], ["using", "steps"])
    if action["runs"]["using"] != "composite":
        raise Refused("runs: using " + action["runs"]["using"])
    written = check_steps("action", action["runs"]["steps"], composite=True)
    for name, given in action["inputs"].items():
        expect_keys("input " + name, given, ["description", "default", "required"],
                    ["description"])
        if not isinstance(given.get("default", ""), str):
            raise Refused("input %s: its default is no text" % name)
    for name, output in action["outputs"].items():
        expect_keys("output " + name, output, ["description", "value"], ["description", "value"])
        for step, key in re.findall(r"\bsteps\.([\w-]+)\.outputs\.([\w-]+)", output["value"]):
            if key not in written.get(step, ()):
                raise Refused("output %s: no step %s writes %s" % (name, step, key))


def read_variables(path):
    """NAME=VALUE lines of $GITHUB_OUTPUT and $GITHUB_ENV, and NAME<<END with lines up to END."""
    found = {}
    with open(path, encoding="utf-8") as file:
        lines = iter(file.read().splitlines())
    for line in lines:
        match = re.fullmatch(r"([^=<]+)(=|<<)(.*)", line)
        if match is None:
            raise Refused("found %r in a file of variables" % line)
        name, operator, value = match.groups()
        if operator == "<<":
            end, several = value, []
            for line in lines:
                if line == end:
                    break
                several.append(line)
            else:
                raise Refused("%s has no end" % name)
            value = "\n".join(several)
        found[name] = value
    return found


class Scope:
    """Steps that see each other: those of a job, or those of an action."""

    def __init__(self, env, inputs=None, action_path=None):
        self.env, self.inputs, self.action_path = env, inputs, action_path
        self.steps, self.failed = {}, False


class Job:
    """One run of a job. `origin` is the repository that is checked out, `ref` what of it; `actions`
    are folders of actions that need not be fetched, by what stands before their @."""

    def __init__(self, workflow, name, folder, *, event, origin, ref, env, actions, more=None):
        self.job, self.name, self.folder = workflow["jobs"][name], name, folder
        self.origin, self.ref, self.actions = origin, ref, actions
        self.more = more or {}  # inputs of an action beside what the workflow says, by its name
        self.workspace = os.path.join(folder, "workspace")
        self.temp = os.path.join(folder, "temp")
        for path in (self.workspace, self.temp):
            os.makedirs(path)
        sha = subprocess.run(["git", "-C", origin, "rev-parse", ref], check=True, text=True,
                             capture_output=True, env=env).stdout.strip()
        self.github = {
            "event_name": event, "workflow": text_of(workflow.get("name")), "ref": ref,
            "sha": sha, "job": name, "repository": "owner/project", "run_id": "1",
            "workspace": self.workspace, "actor": "somebody", "server_url": "https://host.example",
        }
        self.env = dict(env, CI="true", GITHUB_ACTIONS="true", RUNNER_TEMP=self.temp,
                        RUNNER_OS="Linux", RUNNER_ARCH="X64",
                        **{"GITHUB_" + key.upper(): value for key, value in self.github.items()})
        self.set_later = {}
        self.log, self.summary, self.n_files = "", "", 0
        self.artifacts, self.sarif, self.outputs = {}, [], {}
        self.workflow_env = {**workflow.get("env", {}), **self.job.get("env", {})}
        self.concurrency = interpolate(workflow.get("concurrency", {}).get("group"),
                                       {"github": self.github})

    # What expressions of a step see.
    def contexts(self, scope):
        contexts = {"github": dict(self.github), "runner": {"temp": self.temp, "os": "Linux"},
                    "steps": scope.steps, "env": scope.env}
        if scope.inputs is not None:
            contexts["inputs"] = scope.inputs
        if scope.action_path is not None:
            contexts["github"]["action_path"] = scope.action_path
        return contexts

    def functions(self, scope):
        return {"success": lambda: not scope.failed, "failure": lambda: scope.failed,
                "always": lambda: True, "cancelled": lambda: False}

    def is_wanted(self):
        """Does the job's `if` hold for this event?"""
        return condition(self.job.get("if", True), {"github": self.github},
                         {"success": lambda: True, "always": lambda: True})

    def run(self):
        """All steps; did they go well?"""
        scope = Scope({key: interpolate(value, {"github": self.github})
                       for key, value in self.workflow_env.items()})
        return self.run_steps(self.job["steps"], scope)

    def run_steps(self, steps, scope):
        names = [step["id"] for step in steps if "id" in step]
        written = {step["id"]: re.findall(r"\b([\w-]+)=", step.get("run", ""))
                   for step in steps if "id" in step}
        # An output that was not written is an empty text.
        for name in names:
            scope.steps[name] = {"outputs": dict.fromkeys(written[name], ""), "outcome": "skipped"}
        for step in steps:
            contexts, functions = self.contexts(scope), self.functions(scope)
            if not condition(step.get("if", True), contexts, functions):
                continue
            env = dict(scope.env)
            for key, value in step.get("env", {}).items():
                env[key] = interpolate(value, contexts)
            if "run" in step:
                went_well, outputs = self.run_script(step, env, scope)
            else:
                went_well, outputs = self.run_action(step, env, scope)
            if "id" in step:
                scope.steps[step["id"]]["outputs"].update(outputs)
                scope.steps[step["id"]]["outcome"] = "success" if went_well else "failure"
            scope.failed = scope.failed or not went_well
        return not scope.failed

    def file(self, name, text=""):
        self.n_files += 1
        path = os.path.join(self.temp, "_%d-%s" % (self.n_files, name))
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run_script(self, step, env, scope):
        files = {name: self.file(name.lower()) for name in
                 ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")}
        environment = {**self.env, **self.set_later, **env, **files}
        if scope.action_path is not None:
            environment["GITHUB_ACTION_PATH"] = scope.action_path
        done = subprocess.run([*SHELLS[step.get("shell")], self.file("script.sh", step["run"])],
                              cwd=self.workspace, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", check=False)
        self.log += "Run %s\n%s(exit status %d)\n" % (step["run"], done.stdout, done.returncode)
        self.set_later.update(read_variables(files["GITHUB_ENV"]))
        with open(files["GITHUB_PATH"], encoding="utf-8") as file:
            for folder in file.read().splitlines():
                self.env["PATH"] = folder + os.pathsep + self.env["PATH"]
        with open(files["GITHUB_STEP_SUMMARY"], encoding="utf-8") as file:
            self.summary += file.read()
        return done.returncode == 0, read_variables(files["GITHUB_OUTPUT"])

    def run_action(self, step, env, scope):
        name, _, version = step["uses"].partition("@")
        given = {key: interpolate(value, self.contexts(scope))
                 for key, value in step.get("with", {}).items()}
        self.log += "Use %s %s\n" % (step["uses"], given)
        if name in self.actions:
            return self.run_composite(name, {**given, **self.more.get(name, {})}, env)
        known = {("actions/checkout", "v5"): self.checkout,
                 ("actions/upload-artifact", "v6"): self.upload_artifact,
                 ("github/codeql-action/upload-sarif", "v4"): self.upload_sarif}
        if (name, version) not in known:
            raise Refused("the action %s is not known" % step["uses"])
        return known[name, version](given), {}

    def run_composite(self, name, given, env):
        path = self.actions[name]
        action = load(os.path.join(path, "action.yml"))
        check_action(action)
        expect_keys("inputs of " + name, given, action["inputs"],
                    [key for key, value in action["inputs"].items()
                     if value.get("required") and "default" not in value])
        inputs = {key: given.get(key, interpolate(value.get("default"), {"github": self.github}))
                  for key, value in action["inputs"].items()}
        scope = Scope(env, inputs, path)
        went_well = self.run_steps(action["runs"]["steps"], scope)
        self.outputs = {key: interpolate(value["value"], self.contexts(scope))
                        for key, value in action["outputs"].items()}
        return went_well, self.outputs

    def checkout(self, given):
        expect_keys("actions/checkout", given, CHECKOUT)
        depth = int(given.get("fetch-depth", "1"))
        for words in (["init", "-q"], ["remote", "add", "origin", "file://" + self.origin],
                      ["fetch", "-q", *(["--depth", str(depth)] if depth else []), "origin",
                       "+%s:refs/remotes/pulled" % given.get("ref", self.ref)],
                      ["checkout", "-q", "--detach", "refs/remotes/pulled"]):
            subprocess.run(["git", *words], cwd=self.workspace, env=self.env, check=True)
        return True

    def path(self, name):
        return os.path.join(self.workspace, name)

    def upload_artifact(self, given):
        """What is hidden stays here; what is not there is what if-no-files-found says."""
        expect_keys("actions/upload-artifact", given, UPLOAD, ["path"])
        if given.get("if-no-files-found", "warn") not in IF_NO_FILES:
            raise Refused("if-no-files-found: " + given["if-no-files-found"])
        files = []
        for line in given["path"].split("\n"):
            top = self.path(line.strip())
            if not line.strip() or not os.path.lexists(top):
                continue
            files += [os.path.relpath(top, self.workspace)] if os.path.isfile(top) else []
            for folder, folders, names in os.walk(top):
                folders[:] = [folder for folder in folders if not folder.startswith(".")]
                files += [os.path.relpath(os.path.join(folder, name), self.workspace)
                          for name in names if not name.startswith(".")]
        name = given.get("name", "artifact")
        if name in self.artifacts:
            raise Refused("an artifact %s is there already" % name)
        self.artifacts[name] = sorted(files)
        self.log += "%s: %d files\n" % (name, len(files))
        return bool(files) or given.get("if-no-files-found") != "error"

    def upload_sarif(self, given):
        expect_keys("upload-sarif", given, SARIF, ["sarif_file"])
        with open(self.path(given["sarif_file"]), encoding="utf-8") as file:
            self.sarif.append(json.load(file))
        return self.sarif[-1].get("version") == "2.1.0"


def jobs_of(workflow, event, branch=None):
    """Names of the jobs that an event may start: its `on`, with the branches of a push."""
    check_workflow(workflow)
    on = workflow["on"]
    if event not in ([on] if isinstance(on, str) else on):
        return []
    wanted = on[event] if isinstance(on, dict) else None
    if wanted:
        expect_keys("on: " + event, wanted, ["branches"])
        if branch is not None and branch not in wanted["branches"]:
            return []
    return list(workflow["jobs"])
