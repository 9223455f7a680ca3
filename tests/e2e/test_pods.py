#!/usr/bin/python3
"""Pods: a manifest's limit, probes and restartPolicy, without a cluster.

The containers' commands are the sample services, put in the image's place after "--"; a time scale
makes the back-off short enough to live to see it (and the ten minutes after which it starts anew no
shorter than a slow machine needs for a life)."""
import os
import re
import unittest

import e2e
import test_containers

MANIFEST = """\
apiVersion: v1
kind: Service
metadata: {name: %(name)s}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: %(name)s
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: app
          image: example/%(name)s:1
          env:
            - {name: MODE, value: leaky}
          ports: [{containerPort: 8080, name: http}]
          resources:
            limits: {memory: %(limit)s}
            requests: {memory: 4Mi}
          readinessProbe: {httpGet: {path: /healthz, port: http}}
          volumeMounts: [{name: tmp, mountPath: /tmp}]
"""


class Pods(e2e.Test):
    def manifest(self, name, limit):
        return self.write(name + ".yaml", MANIFEST % {"name": name, "limit": limit})

    def expect_killed(self, ends):
        for i, end in enumerate(ends):
            self.assertEqual((end["start"], end["reason"], end["exit_code"]),
                             (i, "OOMKilled", 137), ends)
            self.assertGreaterEqual(end["oom_kills"], 1)

    @e2e.needs_driver
    def test_a_leak_is_seen_through_three_kills(self):
        done = self.run_here("--pod", self.manifest("oom-restart", "16Mi"), "--time-scale", "10",
                             "--url", "/thumbnail", "--expect", "leak/heap", "--",
                             e2e.service("oom-restart"))
        self.expect_status(done, e2e.PASS)
        record = self.result("oom-restart")
        self.assertEqual((record["verdict"], record["cause"]), ("leak", "heap"), str(done))
        self.assertEqual(record["pod"], "oom-restart")
        self.assertEqual(record["restart"], {"policy": "always", "time_scale": 10})
        self.assertEqual(record["termination"], "oom-killed")
        self.assertGreaterEqual(record["oom_kills"], 3)
        self.assertGreaterEqual(record["restarts"], 2)
        ends = record["ends"]
        self.expect_killed(ends)
        self.assertEqual([end["backoff_s"] for end in ends[:3]], [0, 1, 2])
        # 64 KiB of every request stay; the services say so themselves.
        growth = record["growth_bytes_per_request"]
        self.assertTrue(63000 <= growth["estimate"] <= 68000, growth)

        self.assertRegex(done.out, r"(?m)^  pod +NAME +READY +STATUS +RESTARTS +AGE$")
        self.assertRegex(done.out, r"(?m)^ +oom-restart +0/1 +CrashLoopBackOff +\d+ \(\d+s ago\) "
                                   r"+\d+s$")
        marks = re.search(r"(?m)^ {11}([ ✗]{40})   ✗ killed for memory$", done.out)
        self.assertTrue(marks, done.out)
        self.assertGreaterEqual(marks.group(1).count("✗"), 3)
        self.assertRegex(done.err, r"(?m)^  oom-restart: back-off 1 s ")
        self.assertRegex(done.err, r"oom-restart\.yaml:10:3: spec\.replicas: is ignored: one is")
        self.assertIn("Service oom-restart is ignored", done.err)
        judged = self.leakcage("judge", os.path.join(self.results, "oom-restart"))
        self.assertRegex(judged.out, r"(?m)^ +oom-restart +0/1 +CrashLoopBackOff ")
        self.expect_nothing_left()

    @e2e.needs_driver
    def test_pressure_is_seen_through_kills(self):
        done = self.run_here("--pod", self.manifest("concurrency-spike", "32Mi"), "--time-scale",
                             "100", "--url", "/report", "--concurrency", "16", "--requests", "48",
                             "--warmup", "16", "--expect", "pressure/transient", "--quiet", "--",
                             e2e.service("concurrency-spike"))
        self.expect_status(done, e2e.PASS)
        record = self.result("concurrency-spike")
        self.assertGreaterEqual(record["restarts"], 1)
        self.expect_killed(record["ends"])
        self.assertEqual(done.err, "")

    @e2e.needs_driver
    def test_what_fails_again_and_again_is_a_crash_loop(self):
        done = self.run_here("--pod", self.manifest("broken", "32Mi"), "--time-scale", "100", "--",
                             "/bin/sh", "-c", "echo out of luck; exit 3")
        self.expect_status(done, e2e.SERVICE)
        record = self.result("broken")
        self.assertEqual(record["termination"], "service-failed")
        self.assertEqual([end["reason"] for end in record["ends"]], ["Error"] * 4)
        self.assertEqual([end["exit_code"] for end in record["ends"]], [3] * 4)
        self.assertIn("CrashLoopBackOff", record["error"]["text"])
        self.assertIn("out of luck", record["error"]["text"])
        self.assertRegex(done.out, r"(?m)^ +broken +0/1 +CrashLoopBackOff +3 \(\d+s ago\) +\d+s$")
        self.expect_nothing_left()


class InContainers(test_containers.ContainerTest):
    """The image of the manifest, with its command as the entrypoint."""

    @e2e.needs_vm
    @test_containers.needs_podman
    def test_a_pod_in_its_own_image(self):
        archive = self.image("pod-image", "clean", "oom-restart")
        text = MANIFEST % {"name": "oom-restart", "limit": "16Mi"}
        text = text.replace("image: example/oom-restart:1",
                            "image: docker-archive:%s\n          command: [/bin/oom-restart]"
                            % archive)
        done = self.run_here("--driver", "vm", "--pod", self.write("pod.yaml", text), "--url",
                             "/thumbnail", "--time-scale", "5", "--expect", "leak/heap",
                             "--budget", "3m", timeout=300)
        self.expect_status(done, e2e.PASS)
        record = self.result("oom-restart")
        self.assertGreaterEqual(record["restarts"], 2, str(done))
        for end in record["ends"][:3]:
            self.assertEqual((end["reason"], end["exit_code"]), ("OOMKilled", 137), end)
        self.assertRegex(done.out, r"(?m)^ +oom-restart +0/1 +CrashLoopBackOff ")
        self.expect_nothing_left()


class BadManifests(e2e.Test):
    def expect_error(self, text, *words, arguments=()):
        path = self.dir + "/bad.yaml"
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        done = self.run_here("--pod", path, *arguments, "--", "/bin/true")
        self.expect_status(done, e2e.USAGE)
        self.assertEqual(done.out, "")
        for word in words:
            self.assertIn(word, done.err)
        self.assertLess(done.seconds, e2e.SOON_S)

    def pod(self, resources="limits: {memory: 64Mi}", rest=""):
        return ("kind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: app\n"
                "      image: b\n      resources: {%s}\n%s" % (resources, rest))

    def test_errors_name_file_line_and_column(self):
        self.expect_error(self.pod("limits: {memory: 64MB}"), "bad.yaml:7:36: ", "64MB",
                          'did you mean "64M"', '"64Mi"')
        self.expect_error(self.pod("limits: {cpu: 1}"), "bad.yaml:7:27: ", "found no memory",
                          "--limit")
        self.expect_error(self.pod(rest="\tvolumes: []\n"), "bad.yaml:8:1: ", "tab")
        self.expect_error(self.pod(rest="  volumes: &v []\n"), "bad.yaml:8:12: ", "anchor &v")
        self.expect_error(self.pod(rest="  volumes: *v\n"), "bad.yaml:8:12: ", "alias *v")
        self.expect_error(self.pod() + "---\n" + self.pod(), "bad.yaml:9:1: ",
                          "expected one of them")
        self.expect_error(self.pod(rest="  containers: []\n"), "bad.yaml:8:3: ", "again")
        self.expect_error("kind: Deploymnet\n", "bad.yaml:1:7: ", 'did you mean "Deployment"')
        self.expect_error(self.pod(rest="  volumes: [\n"), "bad.yaml:9:1: ")

    def test_what_is_no_manifest(self):
        self.expect_error("", "bad.yaml: is empty")
        self.expect_error(b"\x7fELF\x02\x01\x01\0\0\0", "bad.yaml", "NUL")
        self.expect_error(b"\xff\xfe\xfd", "bad.yaml:1:1: ", "no text")
        self.expect_error("[" * (1 << 19), "bad.yaml:1:33: ", "32 levels")
        self.expect_error("a" * (2 << 20), "bad.yaml")
        done = self.run_here("--pod", "/nonexistent.yaml")
        self.expect_status(done, e2e.USAGE)
        self.assertIn("/nonexistent.yaml", done.err)

    def test_which_container(self):
        two = self.pod(rest="    - {name: proxy, image: c}\n")
        self.expect_error(two, "bad.yaml:5:5: ", "--container")
        self.expect_error(two, 'no container "web"', arguments=["--container", "web"])
        self.expect_error(two, "bad.yaml:8:7: ", "resources.limits.memory",
                          arguments=["--container", "proxy"])

    def test_what_does_not_go_together(self):
        path = self.write("good.yaml", self.pod())
        for arguments, word in ((["--pod", path, "clean"], "--pod"),
                                (["--pod", path, "--attach", "1"], "--attach"),
                                (["--container", "a", "clean"], "--container")):
            done = self.run_here(*arguments)
            self.expect_status(done, e2e.USAGE)
            self.assertIn(word, done.err)


if __name__ == "__main__":
    e2e.main()
