#!/usr/bin/python3
"""action.yml and examples/ci/: what they say is done, step by step, to a repository made of
examples/ci/project, as GitHub, GitLab or a plain script would."""
import contextlib
import json
import os
import re
import shutil
import stat
import subprocess
import xml.etree.ElementTree as tree

import e2e
import github
import gitlab

EXAMPLES = os.path.join(e2e.ROOT, "examples", "ci")
ACTION = "OWNER/leakcage"
BASELINE = "memory.baseline.json"
# The mistake: the visitor whose place is taken is not forgotten.
FREED = "    free(visitors[number % VISITORS]);\n"
REPORTS = ["gate.html", "gate.json", "gate.md", "gate.prom", "gate.sarif", "junit.xml"]
# Few runs, which is enough for a verdict that changes; two guests at a time.
QUICK = {"repeats": "3", "false-alarms": "10%", "args": "--jobs 2"}
QUICK_WORDS = "--repeats 3 --false-alarms 10% --jobs 2"


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


class Test(e2e.Test):
    def setUp(self):
        super().setUp()
        self.env = self.environment(
            GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_NOSYSTEM="1", GIT_AUTHOR_NAME="a",
            GIT_AUTHOR_EMAIL="a@b.example", GIT_COMMITTER_NAME="a",
            GIT_COMMITTER_EMAIL="a@b.example")
        for name in list(self.env):
            if name.startswith(("GITHUB_", "CI_", "RUNNER_", "GATE_")) or name == "LEAKCAGE_DRIVER":
                del self.env[name]
        # `make` makes what these tests run, and finds it made; a build elsewhere is an installed
        # program to it.
        folder, preset = os.path.split(e2e.BUILD)
        if folder == os.path.join(e2e.ROOT, "build"):
            self.env["PRESET"] = preset
            self.installed = {}
        else:
            self.installed = {"leakcage": e2e.LEAKCAGE}
            self.env["LEAKCAGE"] = e2e.LEAKCAGE
        self.origin = os.path.join(self.dir, "origin")
        shutil.copytree(os.path.join(EXAMPLES, "project"), self.origin,
                        ignore=shutil.ignore_patterns("service", "results"))
        self.git("init", "-q", "-b", "main")
        self.first = self.commit("first")

    def git(self, *words, cwd=None):
        done = subprocess.run(["git", *words], cwd=cwd or self.origin, env=self.env, text=True,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, "git %s\n%s" % (words, done.stderr))
        return done.stdout.strip()

    def commit(self, subject, **texts):
        for name, text in texts.items():
            with open(os.path.join(self.origin, name), "w", encoding="utf-8") as file:
                file.write(text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", subject)
        return self.git("rev-parse", "HEAD")

    def commit_leak(self):
        source = read(self.origin, "service.c")
        self.assertEqual(source.count(FREED), 1)
        return self.commit("forget nobody", **{"service.c": source.replace(FREED, "")})

    def commit_harmless(self):
        return self.commit("say more", **{
            "service.c": read(self.origin, "service.c").replace('"visitor %lu"', '"number %lu"')})

    def clone(self, name):
        path = os.path.join(self.dir, name)
        self.git("clone", "-q", self.origin, path, cwd=self.dir)
        return path


class GitHub(Test):
    def setUp(self):
        super().setUp()
        self.workflow = github.load(os.path.join(EXAMPLES, "github.yml"))
        self.runs = 0

    def run_event(self, event, ref, **more):
        """The one job that an event starts; QUICK, and what is given, beside its inputs."""
        wanted = []
        for name in github.jobs_of(self.workflow, event, branch="main"):
            self.runs += 1
            job = github.Job(
                self.workflow, name, os.path.join(self.dir, "job-%d" % self.runs), event=event,
                origin=self.origin, ref=ref, env=self.env, actions={ACTION: e2e.ROOT},
                more={ACTION: {**QUICK, **self.installed, **more}})
            if job.is_wanted():
                wanted.append(job)
        self.assertEqual(len(wanted), 1, "one job for the event %s" % event)
        self.assertEqual(wanted[0].concurrency, "memory-" + ref)
        wanted[0].went_well = wanted[0].run()
        return wanted[0]

    def expect_status(self, job, status):
        self.assertEqual(job.outputs["status"], str(status), job.log)
        self.assertEqual(job.went_well, status == 0, job.log)

    def expect_reports(self, job):
        """All forms are among what is uploaded; the summary is the file that the output names."""
        self.assertEqual(job.outputs["driver"], e2e.driver()[0])
        uploaded = job.artifacts["leakcage"]
        for name in REPORTS:
            self.assertIn("results/" + name, uploaded)
        self.assertTrue(any(name.endswith("/result.json") for name in uploaded), uploaded)
        summary = read(job.workspace, job.outputs["summary"])
        self.assertIn(summary.strip(), job.summary)
        self.assertRegex(summary, r"(?m)^\|.*visits.*\|$")

    @e2e.long
    @e2e.needs_driver
    def test_a_push_without_a_baseline_fails_and_says_how_to_make_it(self):
        job = self.run_event("push", "refs/heads/main", sarif="true")
        self.expect_status(job, e2e.USAGE)
        self.assertIn("--update", job.log)
        self.assertEqual((job.outputs["summary"], job.sarif), ("", []), "nothing was compared")

    @e2e.needs_driver
    def test_pushes_are_held_against_the_baseline_that_the_update_job_made(self):
        job = self.run_event("workflow_dispatch", "refs/heads/main")
        self.expect_status(job, e2e.PASS)
        self.assertEqual(job.artifacts[BASELINE], [BASELINE])
        baseline = read(job.workspace, BASELINE)
        self.assertEqual(json.loads(baseline)["schema"], "leakcage.baseline/1")

        self.commit_harmless()
        self.commit("new baseline", **{BASELINE: baseline})
        job = self.run_event("push", "refs/heads/main")
        self.expect_status(job, e2e.PASS)
        self.expect_reports(job)
        self.assertNotRegex(job.log, r"(?m)^::error ")
        self.assertEqual(job.sarif, [])

        self.commit_leak()
        job = self.run_event("push", "refs/heads/main", sarif="true")
        self.expect_status(job, e2e.OTHER)
        self.expect_reports(job)
        self.assertRegex(job.log, r"(?m)^::error file=memory\.json[,:]")
        self.assertEqual(len(job.sarif[0]["runs"][0]["results"]), 1)

    @e2e.long
    @e2e.needs_driver
    def test_a_pull_request_is_held_against_what_it_would_be_merged_into(self):
        """The base moved on since the branch began: what it got is not the change's fault."""
        self.git("checkout", "-q", "-b", "change")
        head = self.commit_leak()
        self.git("checkout", "-q", "main")
        self.commit("base", **{"README": "moved on\n"})
        self.git("merge", "-q", "--no-ff", "-m", "merge", head)
        merge = self.git("rev-parse", "HEAD")
        self.git("update-ref", "refs/pull/1/merge", merge)
        self.git("reset", "-q", "--hard", "HEAD^1")
        job = self.run_event("pull_request", "refs/pull/1/merge")
        self.expect_status(job, e2e.OTHER)
        self.expect_reports(job)
        self.assertRegex(job.log, r"(?m)^::error file=memory\.json[,:]")

    def test_inputs_are_words_and_never_code(self):
        """Whatever an input holds, no shell reads it; and its words are not file names."""
        calls = os.path.join(self.dir, "calls")
        double = self.write("double", "#!/bin/sh\n"
                            'case $1 in doctor) echo "ok driver vm: usable" ;;\n'
                            '*) printf "%%s\\n" "$@" >%s; exit 5 ;; esac\n' % calls)
        os.chmod(double, 0o755)
        nasty = "$(touch pwned) `touch pwned`;touch${IFS}pwned"
        job = self.run_event("push", "refs/heads/main", leakcage=double, scenarios="a.json\n *.c",
                             baseline=nasty, repeats="", args="--variant all -- ./x $HOME '\"")
        self.expect_status(job, e2e.INCONCLUSIVE)
        self.assertEqual(read(calls).splitlines(), [
            "gate", "--driver", "vm", "-o", "results", "--baseline", nasty, "--false-alarms",
            "10%", "a.json", "*.c", "--variant", "all", "--", "./x", "$HOME", "'\""])
        self.assertNotIn("pwned", os.listdir(job.workspace))
        self.assertEqual(job.artifacts["leakcage"], [], "nothing was written")


class GitLab(Test):
    def run_job(self, commit, pipeline, name, **variables):
        """A job in a clone of the origin at that commit, its cache warm; the exit status is kept
        in its `status`."""
        folder = self.clone(name.replace(":", "-"))
        self.git("checkout", "-q", "--detach", commit, cwd=folder)
        os.symlink(e2e.ROOT, os.path.join(folder, ".leakcage"))
        said = {"CI_DEFAULT_BRANCH": "main", "CI_COMMIT_SHA": commit, "GATE_ARGS": QUICK_WORDS,
                **variables}
        self.assertEqual(gitlab.jobs_wanted(pipeline, said), [name])
        job = gitlab.Job(pipeline, name, folder, said, self.env)
        job.status = job.run()
        return job

    @e2e.needs_driver
    def test_a_merge_request_is_held_against_where_it_branched_off(self):
        pipeline = gitlab.load(os.path.join(EXAMPLES, "gitlab-ci.yml"))
        job = self.run_job(self.commit_harmless(), pipeline, "memory:merge-request",
                           CI_PIPELINE_SOURCE="merge_request_event",
                           CI_MERGE_REQUEST_DIFF_BASE_SHA=self.first)
        self.assertEqual(job.status, e2e.PASS, job.log)
        for path in job.artifacts():
            self.assertTrue(os.path.exists(path), path)
        suites = tree.parse(os.path.join(job.folder, "results", "junit.xml")).getroot()
        self.assertEqual([case.get("name") for case in suites.iter("testcase")], ["visits"])
        self.assertRegex(read(job.folder, "results", "gate.prom"), r"(?m)^leakcage_.* \S+$")

    def test_each_pipeline_has_its_job(self):
        pipeline = gitlab.load(os.path.join(EXAMPLES, "gitlab-ci.yml"))
        for source, branch, wanted in (
                ("push", "main", ["memory:main"]), ("push", "other", []),
                ("merge_request_event", "", ["memory:merge-request"]),
                ("web", "main", ["memory:update"])):
            with self.subTest(source=source, branch=branch):
                self.assertEqual(wanted, gitlab.jobs_wanted(pipeline, {
                    "CI_PIPELINE_SOURCE": source, "CI_COMMIT_BRANCH": branch,
                    "CI_DEFAULT_BRANCH": "main"}))


class Script(Test):
    @e2e.long
    @e2e.needs_driver
    def test_a_plain_script_holds_a_branch_against_where_it_left_main(self):
        self.git("checkout", "-q", "-b", "change")
        self.commit_leak()
        folder = self.clone("script")
        script = os.path.join(folder, "gate.sh")
        shutil.copy(os.path.join(EXAMPLES, "gate.sh"), script)
        done = subprocess.run([script, *QUICK_WORDS.split()], cwd=folder, text=True, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              env=dict(self.env, LEAKCAGE_DIR=e2e.ROOT))
        self.assertEqual(done.returncode, e2e.OTHER, done.stdout + done.stderr)
        self.assertNotIn("::error", done.stderr, "this is not GitHub")
        for name in REPORTS:
            self.assertTrue(os.path.exists(os.path.join(folder, "results", name)), name)


class Sudo(e2e.Test):
    """tools/ci.sh where one is not root: `id`, `sudo` and leakcage are doubles."""

    def setUp(self):
        super().setUp()
        self.calls = os.path.join(self.dir, "calls")
        self.work = os.path.join(self.dir, "work")
        os.makedirs(os.path.join(self.dir, "bin"))
        os.mkdir(self.work)
        self.program("bin/id", "echo 1000")
        self.program("bin/sudo", 'echo "sudo $*" >>"$CALLS"\n'
                     'while [ "${1#-}" != "$1" ]; do shift; done\n'
                     '[ "$1" = env ] && exec "$@"')
        self.leakcage_double = self.program(
            "leakcage", 'echo "leakcage $* ($GITHUB_ACTIONS)" >>"$CALLS"\n'
            'case $1 in doctor) echo "$DOCTOR" ;;\n'
            "gate) mkdir -p out; touch base.json; exit 5 ;; esac")

    def program(self, name, text):
        path = self.write(name, "#!/bin/sh\n" + text + "\n")
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        return path

    def ci(self, *words, **variables):
        with contextlib.suppress(OSError):
            os.unlink(self.calls)
        environment = self.environment(**{
            "CALLS": self.calls, "LEAKCAGE": self.leakcage_double, "GITHUB_ACTIONS": "true",
            "PATH": os.path.join(self.dir, "bin") + os.pathsep + os.environ["PATH"], **variables})
        done = subprocess.run([os.path.join(e2e.ROOT, "tools", "ci.sh"), *words], cwd=self.work,
                              env=environment, text=True, capture_output=True, check=False)
        done.calls = read(self.calls).splitlines() if os.path.exists(self.calls) else []
        return done

    def test_native_is_looked_at_as_root(self):
        done = self.ci("setup", "native", DOCTOR="ok       driver         native: usable")
        self.assertEqual((done.returncode, done.stdout), (0, "native\n"), done.stderr)
        self.assertRegex(done.calls[0], r"^sudo -n -E env PATH=\S+ \S+/leakcage doctor$")
        done = self.ci("setup", "native", DOCTOR="missing  driver         native: cgroup v1")
        self.assertEqual((done.returncode, done.stdout), (e2e.ENVIRONMENT, ""))
        self.assertIn("native: cgroup v1", done.stderr)
        self.assertIn("driver native does not work here", done.stderr)

    def test_a_native_gate_runs_as_root_and_gives_back_what_it_wrote(self):
        done = self.ci("gate", "-o", "out", "--baseline", "base.json", "memory.json", "--", "-o",
                       "x", LEAKCAGE_DRIVER="native")
        self.assertEqual(done.returncode, e2e.INCONCLUSIVE, "leakcage's own exit status")
        self.assertRegex(done.calls[0], r"^sudo -n -E env PATH=\S+ \S+ gate --driver native ")
        self.assertEqual(done.calls[1], "leakcage gate --driver native -o out --baseline base.json "
                         "memory.json -- -o x (true)")
        self.assertEqual([re.sub(" env PATH=[^ ]+", "", call) for call in done.calls[2:]],
                         ["sudo -n -E chown -R 1000:1000 out",
                          "sudo -n -E chown -R 1000:1000 base.json"])

    def test_a_guest_needs_no_root(self):
        done = self.ci("gate", "memory.json", LEAKCAGE_DRIVER="vm")
        self.assertEqual(done.returncode, e2e.INCONCLUSIVE)
        self.assertEqual(done.calls, ["leakcage gate --driver vm memory.json (true)"])

    def test_what_is_wrong_is_said(self):
        self.assertIn("usage: ci.sh setup", self.ci().stdout)
        self.assertEqual(self.ci().returncode, e2e.USAGE)
        done = self.ci("setup", "docker")
        self.assertEqual(done.returncode, e2e.ENVIRONMENT)
        self.assertIn('there is no driver "docker"', done.stderr)
        done = self.ci("gate", "x", LEAKCAGE=os.path.join(self.dir, "nothing"))
        self.assertEqual(done.returncode, e2e.ENVIRONMENT)
        self.assertIn("is not built", done.stderr)


class Files(e2e.Test):
    """What GitHub would refuse, or worse, would not."""

    def test_the_checker_knows_what_is_wrong(self):
        action = github.load(os.path.join(e2e.ROOT, "action.yml"))
        github.check_action(action)
        step = action["runs"]["steps"][1]
        for change in ({"run": "echo ${{ inputs.args }}"}, {"shell": "zsh"}, {"id": "setup"},
                       {"uses": "a/b@v1"}, {"continue": True}, {"id": "other"}):
            with self.subTest(change), self.assertRaises(github.Refused):
                github.check_action({**action, "runs": {**action["runs"], "steps": [
                    action["runs"]["steps"][0], {**step, **change}]}})
        steps = [{key: value for key, value in step.items() if key != "shell"}]
        with self.assertRaises(github.Refused):
            github.check_action({**action, "runs": {**action["runs"], "steps": steps}})
        for text in ("a: 1\na: 2\n", "jobs: [\n"):
            with self.assertRaises((github.Refused, github.yaml.YAMLError)):
                github.load(self.write("twice.yml", text))

    def test_the_readme_shows_what_the_files_say(self):
        """The workflow in the README is one that our files would accept."""
        blocks = re.findall(r"(?s)```yaml\n(.*?)```", read(e2e.ROOT, "README.md"))
        workflows = [block for block in blocks if "runs-on:" in block]
        self.assertEqual(len(workflows), 1)
        workflow = github.load(self.write("readme.yml", workflows[0]))
        github.check_workflow(workflow)
        inputs = github.load(os.path.join(e2e.ROOT, "action.yml"))["inputs"]
        for job in workflow["jobs"].values():
            for step in job["steps"]:
                if step.get("uses", "").startswith(ACTION + "@"):
                    self.assertLessEqual(set(step["with"]), set(inputs))

    def test_outputs_and_variables_are_read_as_the_runner_does(self):
        path = self.write("variables", "a=1\nb=x=y\nc<<END\none\ntwo=2\nEND\nd=\n")
        self.assertEqual(github.read_variables(path),
                         {"a": "1", "b": "x=y", "c": "one\ntwo=2", "d": ""})
        for text in ("a<<END\n1\n", "nothing\n"):
            with self.assertRaises(github.Refused):
                github.read_variables(self.write("variables", text))


if __name__ == "__main__":
    e2e.main()
