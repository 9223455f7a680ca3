"""leakcage serve: who is let in, what is shown, a run that goes on, and what it costs."""
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import threading
import time

import e2e

FIRST = {"schema": "leakcage.live/1", "id": "fake", "limit_bytes": 67108864, "cycles_max": 8}
REPORT_BYTES_MAX = 400 * 1000
LOOK_S = 0.25  # what is found is looked for anew after 200 ms


class Server:
    """leakcage serve of some folders, and requests to it."""

    def __init__(self, test, *arguments):
        self.process = test.start("serve", *arguments)
        test.addCleanup(self.kill)
        self.line = self.process.stdout.readline()
        found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/([0-9a-f]{32})/\n", self.line)
        if not found:
            raise AssertionError("no address: %r %r" % (self.line, self.process.stderr.read()))
        self.port, self.token = int(found.group(1)), found.group(2)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def connect(self):
        return contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30))

    def ask(self, page="", method="GET", path=None, **headers):
        """Status, headers and text of the answer; a header's "_" is "-"."""
        path = "/%s/%s" % (self.token, page) if path is None else path
        with self.connect() as connection:
            connection.putrequest(method, path, skip_host="Host" in headers)
            for name, value in headers.items():
                for one in [value] if isinstance(value, str) else value or []:
                    connection.putheader(name.replace("_", "-"), one)
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()

    def raw(self, text, seconds=5):
        """What comes back for these bytes, until the connection is closed."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            connection.sendall(text)
            got = b""
            with contextlib.suppress(socket.timeout, ConnectionResetError):
                while part := connection.recv(65536):
                    got += part
            return got

    def list(self):
        return json.loads(self.ask("list.json")[2])

    def rss_kib(self):
        with open("/proc/%d/status" % self.process.pid, encoding="utf-8") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))

    def threads(self):
        return len(os.listdir("/proc/%d/task" % self.process.pid))

    def stop(self, number=signal.SIGTERM):
        """Ask it to stop; exit status and how long that took."""
        begin = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(timeout=10), time.monotonic() - begin


class Stream:
    """The events of a run, taken in by a thread as they come."""

    def __init__(self, test, server, key, **headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.connection.request("GET", "/%s/events?run=%s" % (server.token, key),
                                headers={k.replace("_", "-"): v for k, v in headers.items()})
        self.socket = self.connection.sock
        test.addCleanup(self.close)
        self.answer = self.connection.getresponse()
        self.events, self.ids, self.ended = [], [], threading.Event()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(5)
        self.connection.close()

    def _read(self):
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            while line := self.answer.readline():
                if line.startswith(b"data: "):
                    self.events.append(json.loads(line[6:]))
                elif line.startswith(b"id: "):
                    self.ids.append(int(line[4:]))
        self.ended.set()

    def wait_for(self, n, seconds=5):
        deadline = time.monotonic() + seconds
        while len(self.events) < n and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.events


class ServeTest(e2e.Test):
    """A folder with recorded results, and a feed that the test writes."""

    def setUp(self):
        super().setUp()
        self.feed = os.path.join(self.results, ".work-test", "live", "fake.jsonl")
        os.makedirs(os.path.dirname(self.feed))
        for name in ("clean", "unclosed-body"):
            shutil.copytree(os.path.join(e2e.GOLDEN, name), os.path.join(self.results, name))

    def append(self, *lines):
        with open(self.feed, "a", encoding="utf-8") as file:
            for line in lines:
                file.write((line if isinstance(line, str) else json.dumps(line)) + "\n")


class Door(ServeTest):
    """Who is let in."""

    def test_without_the_token_nothing_is_told(self):
        server = Server(self, self.results)
        token = server.token
        wrong = token[:-1] + ("0" if token[-1] != "0" else "1")
        answers = [server.ask(path=path) for path in (
            "/", "/list.json", "/%s/" % wrong, "/%s/list.json" % token[:-1], "/%s0/" % token,
            "//%s/" % token, "/%s" % token.upper(), "/?token=%s" % token, "/favicon.ico")]
        answers += [server.ask(method="POST", path="/"), server.ask(method="OPTIONS", path="/")]
        for status, headers, text in answers:
            self.assertEqual((status, text), (403, "forbidden\n"))
            self.assertNotIn("Set-Cookie", headers)
            self.assertNotIn("Server", headers)
        self.assertEqual(server.ask(Cookie="token=" + token, path="/")[0], 403)
        self.assertEqual(server.ask()[0], 200)

    def test_two_servers_have_two_tokens(self):
        first, second = Server(self, self.results), Server(self, self.results)
        self.assertNotEqual(first.token, second.token)
        self.assertEqual(second.ask(path="/%s/" % first.token)[0], 403)

    def test_the_host_must_be_this_one(self):
        server = Server(self, self.results)
        here = "127.0.0.1:%d" % server.port
        for host in (here, "localhost:%d" % server.port):
            self.assertEqual(server.ask(Host=host)[0], 200, host)
        for host in ("evil.example", "evil.example:%d" % server.port, "127.0.0.1", "localhost:1",
                     "", [], [here, here], [here, "evil.example"]):
            self.assertIn(server.ask(Host=host)[0], (400, 403), host)
        old = server.raw(b"GET /%s/ HTTP/1.0\r\n\r\n" % server.token.encode())
        self.assertRegex(old, rb"^HTTP/1\.[01] 403 ")

    def test_nothing_but_get_and_head(self):
        server = Server(self, self.results)
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT"):
            status, headers, _ = server.ask(method=method)
            self.assertEqual((status, headers["Allow"]), (405, "GET, HEAD"), method)
        status, headers, text = server.ask(method="HEAD")
        self.assertEqual((status, text), (200, ""))
        self.assertGreater(int(headers["Content-Length"]), 1000)
        self.assertEqual(server.ask("events?run=unclosed-body", method="HEAD")[0], 200)
        # A body that never ends is not waited for.
        got = server.raw(b"POST /%s/ HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: 9999999\r\n"
                         b"\r\nx" % (server.token.encode(), server.port))
        self.assertRegex(got, rb"^HTTP/1\.1 405 ")

    def test_no_path_leads_out(self):
        server = Server(self, self.results)
        self.write("secret", "the secret")
        for page in ("../secret", "%2e%2e/secret", "..%2fsecret", "../../secret", "/etc/passwd",
                     "report/../../secret", "clean/result.json", "0/clean/result.json", "%00",
                     "list.json%00", "list.json/", "..;/secret"):
            self.assertIn(server.ask(page)[0], (403, 404), page)
        for key in ("../secret", "0/../secret", "0/clean/../../secret", "/etc", "0/.work-test",
                    "..", ".", "", "0", "0/clean/", "0%2F..%2F..", "clean%00", "1/clean", "-1",
                    "99999999999999999999/x", "a" * 20000):
            for page in ("report", "view.json", "run", "events"):
                status, _, text = server.ask("%s?run=%s" % (page, key))
                self.assertIn(status, (400, 404, 414, 431), (page, key))
                self.assertNotIn("the secret", text)

    def test_links_out_of_the_folder_are_not_followed(self):
        outside = os.path.join(self.dir, "outside")
        shutil.move(os.path.join(self.results, "clean"), outside)
        os.symlink(outside, os.path.join(self.results, "linked"))
        shutil.copytree(outside, os.path.join(self.results, "log"))
        os.symlink("/etc/passwd", os.path.join(self.results, "log", "service.log"))
        shutil.copytree(outside, os.path.join(self.results, "pipe"))
        os.remove(os.path.join(self.results, "pipe", "timeline.csv"))
        os.mkfifo(os.path.join(self.results, "pipe", "timeline.csv"))
        server = Server(self, self.results)
        found = {row["id"]: row for row in server.list()["results"]}
        self.assertEqual(set(found), {"unclosed-body", "log", "pipe"})
        self.assertIn("a link out of the folder", found["log"]["broken"])
        self.assertIn("no file", found["pipe"]["broken"])
        for name in ("log", "pipe", "linked"):
            status, _, text = server.ask("report?run=" + name)
            self.assertEqual(status, 404)
            self.assertNotIn("root:", text)

    def test_answers_forbid_what_a_page_does_not_need(self):
        server = Server(self, self.results)
        for page in ("", "list.json", "list.js", "list.css", "report?run=clean", "nothing",
                     "view.json?run=clean", "events?run=clean", "report?run=nothing"):
            _, headers, _ = server.ask(page)
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff", page)
            self.assertEqual(headers["Cache-Control"], "no-store", page)
            self.assertEqual(headers["Referrer-Policy"], "no-referrer", page)
            policy = headers["Content-Security-Policy"]
            self.assertIn("default-src 'none'", policy)
            self.assertIn("frame-ancestors 'none'", policy)
            self.assertNotIn("http", policy)
        self.assertNotIn("unsafe", server.ask()[1]["Content-Security-Policy"])

    def test_it_listens_on_loopback_alone(self):
        server = Server(self, self.results)
        with open("/proc/net/tcp", encoding="utf-8") as file:
            own = [line.split() for line in file if ":%04X " % server.port in line]
        listening = [words[1] for words in own if words[3] == "0A"]
        self.assertEqual(listening, ["0100007F:%04X" % server.port])
        with open("/proc/net/tcp6", encoding="utf-8") as file:
            self.assertFalse([line for line in file if ":%04X " % server.port in line])


class Pages(ServeTest):
    """What is shown."""

    def test_the_list_shows_what_there_is(self):
        server = Server(self, self.results)
        found = server.list()
        self.assertEqual(found["schema"], "leakcage.list/1")
        rows = {row["key"]: row for row in found["results"]}
        self.assertEqual(set(rows), {"0/clean", "0/unclosed-body"})
        leak = rows["0/unclosed-body"]
        self.assertEqual((leak["verdict"], leak["cause"]), ("leak", "sockets"))
        self.assertEqual(leak["peak_bytes"], 30375936)
        self.assertEqual(leak["floor_bytes"], 27816120)
        self.assertAlmostEqual(leak["growth_bytes_per_request"], 42714.24)
        text = server.ask("?sort=growth&order=desc")[2]
        self.assertLess(text.index("unclosed-body"), text.index("report?run=0/clean"))
        self.assertIn('aria-sort="descending"><a href="?sort=growth&amp;order=asc">', text)
        text = server.ask("?sort=run")[2]
        self.assertLess(text.index("report?run=0/clean"), text.index("report?run=0/unclosed"))
        self.assertEqual(server.ask("?sort=%3Cscript%3E&order=%00")[0], 200)

    def test_results_come_change_break_and_go(self):
        server = Server(self, self.results)
        path = os.path.join(self.results, "new")

        def ids():
            time.sleep(LOOK_S)
            return {row["id"]: row.get("broken", row.get("verdict"))
                    for row in server.list()["results"] if row["id"] == "new"}
        self.assertEqual(ids(), {})
        os.mkdir(path)
        self.assertEqual(ids(), {})
        with open(os.path.join(e2e.GOLDEN, "clean", "result.json"), "rb") as file:
            whole = file.read().replace(b'"id": "clean"', b'"id": "new"')
        with open(os.path.join(path, "result.json"), "wb") as file:
            file.write(whole[:300])
            file.flush()
            self.assertIn("result.json", ids()["new"])
            self.assertIn("This cannot be shown", server.ask("report?run=0/new")[2])
            file.write(whole[300:])
        self.assertEqual(ids(), {"new": "clean"})
        status, _, text = server.ask("report?run=new")  # there is no timeline
        self.assertEqual(status, 404)
        self.assertIn("cannot open", text)
        shutil.rmtree(path)
        self.assertEqual(ids(), {})
        self.assertEqual(server.ask("report?run=new")[0], 404)
        shutil.rmtree(self.results)
        time.sleep(LOOK_S)
        self.assertIn("cannot read the folder", server.list()["results"][0]["broken"])
        self.assertEqual(server.ask()[0], 200)

    def test_a_report_is_made_on_request_and_made_anew_when_the_result_is(self):
        server = Server(self, self.results)
        status, headers, text = server.ask("report?run=unclosed-body")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        self.assertLess(len(text), REPORT_BYTES_MAX)
        self.assertIn('id="leakcage-view"', text)
        view = json.loads(server.ask("view.json?run=unclosed-body")[2])
        self.assertEqual((view["schema"], view["runs"][0]["verdict"]), ("leakcage.view/1", "leak"))
        self.assertEqual(server.ask("report?run=0/unclosed-body")[2], text)
        shutil.rmtree(os.path.join(self.results, "unclosed-body"))
        shutil.copytree(os.path.join(e2e.GOLDEN, "unclosed-body.fixed"),
                        os.path.join(self.results, "unclosed-body"))
        time.sleep(LOOK_S)
        view = json.loads(server.ask("view.json?run=0/unclosed-body")[2])
        self.assertEqual(view["runs"][0]["verdict"], "clean")

    def test_several_results_are_one_report(self):
        server = Server(self, self.results)
        view = json.loads(server.ask("view.json?run=0/clean&run=0/unclosed-body")[2])
        self.assertEqual([run["id"] for run in view["runs"]], ["clean", "unclosed-body"])
        self.assertEqual(server.ask("report?run=0/clean&run=0/unclosed-body")[0], 200)
        self.assertEqual(server.ask("report?run=clean&run=nothing")[0], 404)
        self.assertEqual(server.ask("report")[0], 400)
        status, _, text = server.ask("report?" + "&".join(["run=clean"] * 100))
        self.assertEqual(status, 404)
        self.assertIn("expected 1 to 64", text)

    def test_texts_of_others_are_texts(self):
        name = "<script>alert(1)</script>\"'&%41\n\x1b[2J"
        path = os.path.join(self.results, name.replace("/", "_"))
        shutil.copytree(os.path.join(self.results, "clean"), path)
        with open(os.path.join(path, "result.json"), encoding="utf-8") as file:
            result = json.load(file)
        result.update(id=name, label=name, verdict=name, cause=name)
        with open(os.path.join(path, "result.json"), "w", encoding="utf-8") as file:
            json.dump(result, file)
        self.append(dict(FIRST, label=name), {"phase": name})
        os.rename(self.feed, self.feed.replace("fake", "<b>&\""))
        server = Server(self, self.results)
        text = server.ask()[2]
        self.assertNotIn("<script>alert", text)
        self.assertNotIn("<b>&", text)
        self.assertNotIn("\x1b", text)
        self.assertEqual(text.count("<script"), 1)
        row = [row for row in server.list()["results"] if row["id"] == name][0]
        self.assertRegex(row["report"], r"^report\?run=[A-Za-z0-9._~/%-]+$")
        # The key leads to it all the same; that its words are none of ours is told.
        self.assertIn(server.ask(row["report"])[0], (200, 404))

    def test_a_wrong_command_line_is_told(self):
        note = self.write("note", "x")
        for arguments, said in (([], "no folder of results given"),
                                (["/nowhere/at/all"], "/nowhere/at/all"),
                                ([note], "found a file"),
                                ([self.results, "--port", "99999"], "--port")):
            done = self.leakcage("serve", *arguments)
            self.expect_status(done, e2e.USAGE)
            self.assertIn(said, done.err)
        server = Server(self, self.results)
        done = self.leakcage("serve", self.results, "--port", str(server.port))
        self.expect_status(done, e2e.ENVIRONMENT)
        self.assertIn("127.0.0.1:%d" % server.port, done.err)

    def test_a_port_can_be_chosen(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.assertEqual(Server(self, "--port", str(port), self.results).port, port)


class Live(ServeTest):
    """A run that goes on."""

    def test_a_feed_is_streamed_as_it_grows_to_its_end(self):
        self.append(FIRST)
        server = Server(self, self.results)
        running = server.list()["running"]
        self.assertEqual([run["key"] for run in running], ["0/fake"])
        stream = Stream(self, server, "fake")
        self.assertEqual(stream.answer.headers["Content-Type"], "text/event-stream; charset=utf-8")
        self.assertEqual(stream.wait_for(1), [FIRST])
        for i in range(20):
            self.append({"t_s": i / 10, "phase": "cycle %d" % i})
            self.assertEqual(stream.wait_for(i + 2)[-1]["phase"], "cycle %d" % i)
        time.sleep(LOOK_S)
        self.assertEqual(server.list()["running"][0]["phase"], "cycle 19")
        self.assertIn("cycle 19", server.ask()[2])
        text = server.ask("run?run=fake")[2]
        self.assertIn("events?run=0/fake", text)
        again = Stream(self, server, "0/fake", Last_Event_ID=str(stream.ids[10]))
        self.assertEqual(again.wait_for(10), stream.events[11:])

        shutil.copytree(os.path.join(self.results, "clean"), os.path.join(self.results, "fake"))
        self.append({"end": True, "verdict": "clean", "dir": "x"})
        os.remove(self.feed)
        for one in (stream, again):
            self.assertTrue(one.ended.wait(5))
            self.assertEqual(one.events[-1], {"end": True, "verdict": "clean", "dir": "x",
                                              "report": "report?run=0/fake"})
        self.assertEqual(server.ask("report?run=0/fake")[0], 200)
        status, headers, _ = server.ask("run?run=0/fake")
        self.assertEqual((status, headers["Location"]), (303, "report?run=0/fake"))

    def test_who_does_not_read_holds_nobody_up(self):
        line = {"t_s": 1, "phase": "x" * 1000}
        self.append(FIRST, *[line] * 4000)
        server = Server(self, self.results)
        idle = []
        for i in range(20):  # they ask and never read; some do not even ask
            connection = socket.create_connection(("127.0.0.1", server.port))
            self.addCleanup(connection.close)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            if i % 2:
                connection.sendall(b"GET /%s/events?run=fake HTTP/1.1\r\nHost: localhost:%d\r\n\r\n"
                                   % (server.token.encode(), server.port))
            idle.append(connection)
        begin = time.monotonic()
        for _ in range(20):
            self.assertEqual(server.ask("list.json")[0], 200)
        self.assertLess(time.monotonic() - begin, 25)  # silence ends after 30 s
        stream = Stream(self, server, "fake")
        self.assertEqual(len(stream.wait_for(4001, 20)), 4001)
        status, seconds = server.stop()
        self.assertEqual(status, 0)
        self.assertLess(seconds, e2e.SOON_S)

    def test_streams_leave_room_for_other_readers(self):
        self.append(FIRST)
        server = Server(self, self.results)
        streams = [Stream(self, server, "fake") for _ in range(40)]
        statuses = [stream.answer.status for stream in streams]
        self.assertEqual(statuses.count(200), 32)
        self.assertEqual(statuses.count(503), 8)
        self.assertEqual(server.ask()[0], 200)
        for stream in streams:
            stream.close()
        deadline = time.monotonic() + 10  # a reader that is gone is noticed
        while server.threads() > 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(Stream(self, server, "fake").answer.status, 200)

    def test_it_stops_at_once_whoever_listens(self):
        self.append(FIRST)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            server = Server(self, self.results)
            stream = Stream(self, server, "fake")
            stream.wait_for(1)
            status, seconds = server.stop(number)
            self.assertEqual(status, 0)
            self.assertLess(seconds, e2e.SOON_S)
            self.assertTrue(stream.ended.wait(5))
            with self.assertRaises(OSError):
                socket.create_connection(("127.0.0.1", server.port), timeout=2)
            self.assertEqual(server.process.stderr.read(), "")

    def test_it_does_not_wait_for_a_report_that_takes_long(self):
        large = os.path.join(self.results, "large")
        shutil.copytree(os.path.join(self.results, "clean"), large)
        path = os.path.join(large, "timeline.csv")
        with open(path, encoding="utf-8") as file:
            row = [line for line in file if ",memory,507904," in line][-1].partition(",")[2]
        with open(path, "a", encoding="utf-8") as file:  # more of it, for hours
            file.writelines("%d,%s" % (10 ** 12 + i * 10 ** 7, row) for i in range(800000))
        server = Server(self, self.results)
        asking = [threading.Thread(target=self._ask_in_vain, args=(server, "&run=clean" * i))
                  for i in range(12)]
        for thread in asking:
            thread.start()
        time.sleep(0.5)
        self.assertTrue(all(thread.is_alive() for thread in asking[4:]), "they did not take long")
        status, seconds = server.stop()
        for thread in asking:
            thread.join()
        self.assertEqual(status, 0)
        self.assertLess(seconds, e2e.SOON_S)

    @staticmethod
    def _ask_in_vain(server, others):
        with contextlib.suppress(OSError, http.client.HTTPException):
            server.ask("report?run=large" + others)

    def test_requests_that_are_none_are_refused_and_cost_nothing(self):
        server = Server(self, self.results)
        for text in (b"\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"A" * 100000,
                     b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20000, b"GET / HTTP/9.9\r\n\r\n"):
            server.raw(text, seconds=0.3)
        self.assertEqual(server.ask()[0], 200)

    @e2e.needs_driver
    def test_a_run_is_seen_while_it_goes_on(self):
        shutil.rmtree(os.path.join(self.results, "unclosed-body"))
        server = Server(self, self.results)
        process = self.start("run", e2e.scenario("unclosed-body"), "-o", self.results, "--quiet")
        deadline = time.monotonic() + 60
        while not server.list()["running"] and time.monotonic() < deadline:
            time.sleep(0.1)
        stream = Stream(self, server, "unclosed-body")
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, e2e.PASS, out + err)
        self.assertTrue(stream.ended.wait(5))
        events = stream.events
        self.assertEqual(events[0]["schema"], "leakcage.live/1")
        self.assertEqual((events[0]["id"], events[0]["limit_bytes"]), ("unclosed-body", 52428800))
        told = [event["current_bytes"] for event in events if "current_bytes" in event]
        self.assertGreater(len(told), 10)
        self.assertGreater(max(told), 2 * told[0])
        phases = {event.get("phase") for event in events}
        self.assertLessEqual({"warm-up", "cycle 1", "cycle 5"}, phases)
        self.assertGreaterEqual(len([event for event in events if "floor" in event]), 4)
        self.assertEqual(events[-1]["verdict"], "leak")
        self.assertEqual(server.ask(events[-1]["report"])[0], 200)
        self.assertEqual(server.list()["running"], [])
        server.stop()
        shutil.rmtree(os.path.join(self.results, ".work-test"))
        self.expect_nothing_left()


class Cost(ServeTest):
    """What leakcage says of others holds for itself."""

    def test_two_thousand_requests_leave_nothing_behind(self):
        self.append(FIRST)
        server = Server(self, self.results)
        pages = ("", "list.json", "report?run=clean", "view.json?run=clean&run=unclosed-body",
                 "events?run=clean", "report?run=nothing", "nothing", "run?run=fake")

        def cycle(requests):
            for i in range(requests):
                server.ask(pages[i % len(pages)])
            time.sleep(0.3)
            return server.rss_kib()
        cycle(200)
        floors = [cycle(250) for _ in range(8)]
        print("RSS after each 250 requests, KiB: %s; %d threads" % (floors, server.threads()))
        if not e2e.SANITIZE: # which keeps what was freed, and a history
            self.assertLess(floors[-1] - floors[0], 512)
            self.assertLess(max(floors), 48 * 1024)

        def descriptors():
            return len(os.listdir("/proc/%d/fd" % server.process.pid))
        deadline = time.monotonic() + 10
        while (server.threads() > 3 or descriptors() >= 16) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertLessEqual(server.threads(), 3)
        self.assertLess(descriptors(), 16)


if __name__ == "__main__":
    e2e.main()
