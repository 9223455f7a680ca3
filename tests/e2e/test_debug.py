#!/usr/bin/python3
"""The profiles of the sample services (/debug/…): who gets to see them, and what is in them.

No guest. Peers that are not loopback come from a network namespace of the test's own, in which the
loopback interface has a second address: 192.0.2.1 is of this machine and not loopback."""
import ctypes
import fcntl
import http.client
import json
import os
import re
import socket
import struct
import subprocess
import sys
import time
import urllib.parse
import xml.etree.ElementTree as tree

import e2e

TOKEN = "of-this-test_0123"
PROFILES = ["/debug/heap", "/debug/heap?full", "/debug/heap?arenas", "/debug/threads",
            "/debug/sockets"]
STRANGER = "192.0.2.1"  # an address for documentation


def with_token(path, token=TOKEN):
    return path + ("&" if "?" in path else "?") + "token=" + urllib.parse.quote(token)


def ask(port, path, host="127.0.0.1", headers=None, method="GET", source=None):
    """Status, body, and header fields."""
    connection = http.client.HTTPConnection(host, port, timeout=20,
                                            source_address=(source, 0) if source else None)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), dict(answer.getheaders())
    finally:
        connection.close()


class Service:
    """A sample service while the block lasts: its port, and what it has said by then."""

    def __init__(self, test, name="clean", *arguments, **environment):
        environment.setdefault("PORT", "0")
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            [e2e.service(name), *arguments], env=test.environment(**environment),
            stderr=subprocess.PIPE, text=True)
        self.said, self.port = "", None

    def __enter__(self):
        for line in self.process.stderr:
            self.said += line
            found = re.search(r"listening on [\d.]+:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                return self
        raise AssertionError("it does not listen: %s" % self.said)

    def __exit__(self, *unused):
        self.process.terminate()
        self.said += self.process.stderr.read()
        self.process.stderr.close()
        assert self.process.wait(20) == 0, self.said


class Door(e2e.Test):
    def expect(self, status, port, path, **how):
        got, body, _ = ask(port, path, **how)
        self.assertEqual(got, status, "%s %s: %s" % (path, how, body))
        if status != 200:
            for secret in ("arena_bytes", "wchan", "ESTABLISHED", "malloc", TOKEN):
                self.assertNotIn(secret, body, path)

    def test_they_are_off_unless_switched_on(self):
        # A token alone switches nothing on, nor does another value.
        for changes in ({}, {"LEAKCAGE_DEBUG_TOKEN": TOKEN}, {"LEAKCAGE_DEBUG": "0"}):
            with Service(self, **changes) as service:
                for path in PROFILES:
                    self.expect(404, service.port, path)
                    self.expect(404, service.port, with_token(path))
                self.assertEqual(ask(service.port, "/healthz")[0], 200)
            self.assertNotIn("token", service.said)

    def test_a_random_token_is_told_once_and_opens(self):
        tokens = set()
        for arguments, changes in ((["--debug"], {}), ([], {"LEAKCAGE_DEBUG": "1"})):
            with Service(self, "clean", *arguments, **changes) as service:
                found = re.findall(r"token (\S+)", service.said)
                self.assertEqual(len(found), 1, service.said)
                self.assertRegex(found[0], r"^[\w-]{24}$")
                tokens.add(found[0])
                for path in PROFILES:
                    self.expect(401, service.port, path)
                    self.expect(200, service.port, with_token(path, found[0]))
            self.assertEqual(service.said.count(found[0]), 1, "told more than once")
        self.assertEqual(len(tokens), 2, "the same token twice")

    def test_without_the_token_nothing_is_told(self):
        wrong = ["", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), TOKEN + "\0", " " + TOKEN,
                 TOKEN * 2, "%00", "*", "../" + TOKEN, "x" * 2000]
        bearer = ["Basic " + TOKEN, TOKEN, "Bearer", "Bearer ", "Bearer x" + TOKEN,
                  "Bearer " + TOKEN + " x", "Bearer" + TOKEN, "Token " + TOKEN]
        with Service(self, LEAKCAGE_DEBUG="1", LEAKCAGE_DEBUG_TOKEN=TOKEN) as service:
            for path in PROFILES:
                self.expect(401, service.port, path)
            for token in wrong:
                self.expect(401, service.port, with_token("/debug/heap", token))
            for header in bearer:
                self.expect(401, service.port, "/debug/heap", headers={"Authorization": header})
            # A wrong header is not made good by an argument.
            self.expect(401, service.port, with_token("/debug/heap"),
                        headers={"Authorization": "Bearer wrong-wrong-wrong"})
            for path in ("/debug/", "/debug/nothing", "/debug/heap/"):
                self.expect(401, service.port, path)
                self.expect(404, service.port, with_token(path))
            # None of these is another way to the same.
            for path in ("//debug/heap", "/./debug/heap", "/healthz/../debug/heap", "/DEBUG/heap",
                         "/debug%2Fheap", "/debug;/heap"):
                self.assertIn(ask(service.port, path)[0], (401, 404), path)
            for method in ("HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
                self.assertIn(ask(service.port, "/debug/heap", method=method)[0], (401, 404))
            status, _, fields = ask(service.port, "/debug/heap")
            self.assertEqual((status, fields.get("WWW-Authenticate")), (401, "Bearer"))
            self.assertEqual(ask(service.port, "/healthz")[0], 200)
        self.assertNotIn(TOKEN, service.said)

    def test_either_way_to_bring_the_token(self):
        with Service(self, LEAKCAGE_DEBUG="1", LEAKCAGE_DEBUG_TOKEN=TOKEN) as service:
            for path in PROFILES:
                self.expect(200, service.port, with_token(path))
                for scheme in ("Bearer ", "bearer ", "Bearer   "):
                    self.expect(200, service.port, path,
                                headers={"Authorization": scheme + TOKEN})
            self.expect(200, service.port, with_token("/debug/heap"), source="127.0.0.2")

    def test_a_token_that_is_none_is_refused_at_the_start(self):
        for token in ("", "short", "with blanks in its middle", "x" * 129, "sixteen-or-more-\x07"):
            done = subprocess.run([e2e.service("clean"), "--debug"], capture_output=True,
                                  text=True, timeout=20, check=False,
                                  env=self.environment(PORT="0", LEAKCAGE_DEBUG_TOKEN=token))
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("LEAKCAGE_DEBUG_TOKEN has to be 16 to 128", done.stderr)
            if len(token) > 5:
                self.assertNotIn(token, done.stderr)

    def test_whoever_is_not_loopback_finds_nothing(self):
        done = subprocess.run([sys.executable, os.path.abspath(__file__), "--stranger"],
                              capture_output=True, text=True, timeout=120, check=False,
                              env=self.environment(LEAKCAGE_BUILD=e2e.BUILD))
        if done.returncode == e2e.SKIPPED:
            self.skipTest(done.stdout.strip())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("5 profiles asked for as a stranger", done.stdout)


class Profiles(e2e.Test):
    def profile(self, service, path):
        status, body, _ = ask(service.port, with_token(path))
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def on(self, name, *arguments, **environment):
        return Service(self, name, *arguments, LEAKCAGE_DEBUG="1", LEAKCAGE_DEBUG_TOKEN=TOKEN,
                       **environment)

    def test_heap(self):
        with self.on("global-growth") as service:
            for _ in range(300):
                ask(service.port, "/append")
            before = self.profile(service, "/debug/heap")["in_use_bytes"]
            for _ in range(1000):
                ask(service.port, "/append")
            heap = self.profile(service, "/debug/heap")
            grown = (heap["in_use_bytes"] - before) / 1000
            self.assertTrue(1000 < grown < 1200, "%g bytes per request" % grown)
            self.assertEqual(heap["in_use_bytes"] + heap["free_bytes"], heap["arena_bytes"])
            arenas = self.profile(service, "/debug/heap?arenas")
            self.assertGreater(len(arenas["arenas"]), 1)
            self.assertEqual(arenas["other"], 0)
            for key in ("arena_bytes", "in_use_bytes"):
                whole = sum(arena[key] for arena in arenas["arenas"])
                self.assertLess(abs(whole - heap[key]), 512 * 1024, key)
            status, xml, fields = ask(service.port, with_token("/debug/heap?full"))
            self.assertEqual((status, fields["Content-Type"]), (200, "application/xml"))
            root = tree.fromstring(xml)
            self.assertEqual(root.tag, "malloc")
            self.assertEqual(len(root.findall("heap")), len(arenas["arenas"]))

    def test_threads(self):
        with self.on("hung-threads") as service:
            before = self.profile(service, "/debug/threads")["threads"]
            for _ in range(60):
                ask(service.port, "/work")
            # The last one may be on its way to where it sleeps still.
            deadline = time.monotonic() + 20
            while True:
                threads = self.profile(service, "/debug/threads")
                if threads["groups"][0]["count"] >= 60 or time.monotonic() > deadline:
                    break
                time.sleep(0.05)
            self.assertEqual(threads["threads"], before + 60)
            self.assertEqual(sum(group["count"] for group in threads["groups"]) + threads["other"],
                             threads["threads"])
            first = threads["groups"][0]
            self.assertGreaterEqual(first["count"], 60, threads)
            self.assertEqual(first["state"], "S")

    def test_sockets(self):
        with subprocess.Popen([e2e.service("upstream")], env=self.environment(PORT="0"),
                              stderr=subprocess.PIPE, text=True) as upstream:
            try:
                port = re.search(r":(\d+)", upstream.stderr.readline()).group(1)
                with self.on("unclosed-socket", UPSTREAM_PORT=port) as service:
                    for _ in range(50):
                        ask(service.port, "/ping")
                    sockets = self.profile(service, "/debug/sockets")
            finally:
                upstream.terminate()
        self.assertEqual(sockets["groups"][0], {
            "count": 50, "kind": "tcp", "state": "ESTABLISHED", "direction": "out",
            "peer": "127.0.0.1:" + port})
        self.assertIn("LISTEN", [group["state"] for group in sockets["groups"]])
        with self.on("kernel-only") as service:
            for _ in range(30):
                ask(service.port, "/notify")
            sockets = self.profile(service, "/debug/sockets")
        self.assertIn({"count": 60, "kind": "unix", "state": "CONNECTED", "peer": "-"},
                      sockets["groups"])


def own_network():
    """A network of this process's own, in which STRANGER is an address of this machine. Ends with
    SKIPPED, and why, where that is not allowed."""
    unshare = ctypes.CDLL(None, use_errno=True).unshare
    new_user, new_net = 0x10000000, 0x40000000
    if unshare(new_net if os.geteuid() == 0 else new_user | new_net) != 0:
        print("no network namespace of its own: %s (run it as root, or allow user namespaces)" %
              os.strerror(ctypes.get_errno()))
        sys.exit(e2e.SKIPPED)
    set_address, set_flags, is_up = 0x8916, 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for name, address in (("lo", "127.0.0.1"), ("lo:1", STRANGER)):
            fcntl.ioctl(control, set_address, struct.pack(
                "16sHH4s8x", name.encode(), socket.AF_INET, 0, socket.inet_aton(address)))
            fcntl.ioctl(control, set_flags, struct.pack("16sH14x", name.encode(), is_up))


def as_stranger():
    """In a process of its own: whoever comes from STRANGER finds nothing, with whatever token."""
    own_network()
    test = e2e.Test()
    test.tmp, test.mark = os.environ["TMPDIR"], os.environ[e2e.MARK]
    asked = 0
    with Service(test, LISTEN="0.0.0.0", LEAKCAGE_DEBUG="1",
                 LEAKCAGE_DEBUG_TOKEN=TOKEN) as service:
        assert ask(service.port, "/healthz", host=STRANGER)[0] == 200, "there is no way to it"
        for path in PROFILES:
            off = None
            for full in (path, with_token(path), with_token(path, "wrong")):
                status, body, _ = ask(service.port, full, host=STRANGER)
                assert status == 404, (full, status, body)
                assert off in (None, body), "it can tell what is right"
                off = body
            bearer = {"Authorization": "Bearer " + TOKEN, "X-Forwarded-For": "127.0.0.1",
                      "Host": "localhost"}
            assert ask(service.port, path, host=STRANGER, headers=bearer)[0] == 404, path
            # The same service, from loopback.
            assert ask(service.port, with_token(path))[0] == 200, path
            asked += 1
    print("%d profiles asked for as a stranger" % asked)


if __name__ == "__main__":
    if sys.argv[1:] == ["--stranger"]:
        as_stranger()
    else:
        e2e.main()
