#!/usr/bin/python3
"""The guest is killed, stopped, out of memory: an error that says so, and not a hang."""
import json
import os
import signal
import time

import e2e
import faults

# Takes so many times 64 MiB with the hundredth request.
EATER = """
import http.server, os, sys
held = []
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        held.append(1)
        if len(held) == 100:
            held.extend(bytearray(b"x") * (64 << 20) for _ in range(int(sys.argv[1])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *words):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


class Guest(faults.FaultTest):
    @e2e.needs_vm
    def test_killed_under_load(self):
        with self.fault("guest", "killed under load", bound_s=30) as fault:
            run = e2e.Started(self, *e2e.SLOW, "clean")
            run.wait_for("clean: cycle 1")
            guest = self.only_guest()
            fault.happens()
            os.kill(guest, signal.SIGKILL)
            status, _, err = self.end_of(run, 60)
            fault.over()
            self.assertEqual(status, e2e.ENVIRONMENT, err)
            self.assertIn("the guest went down", err)
            fault.result = "error: the guest went down; exit 3"

    @e2e.needs_vm
    def test_killed_while_it_starts(self):
        with self.fault("guest", "killed while it starts", bound_s=30) as fault:
            run = e2e.Started(self, *e2e.SLOW, "clean")
            guest = self.only_guest()
            time.sleep(0.3)
            fault.happens()
            os.kill(guest, signal.SIGKILL)
            status, _, err = self.end_of(run, 60)
            fault.over()
            self.assertEqual(status, e2e.ENVIRONMENT, err)
            self.assertIn("the guest ", err)
            fault.result = "error: the guest did not start; exit 3"

    @e2e.long
    @e2e.needs_vm
    def test_out_of_memory(self):
        with self.fault("guest", "out of memory below the service's limit",
                        bound_s=240) as fault:
            done = self.run_here("--vm-memory", "512M", "--limit", "1G", "--json", "--gc", "none",
                                 "--requests", "200", "--warmup", "50", "--", "/usr/bin/python3",
                                 "-c", EATER, "12", timeout=240)
            fault.over()
            self.expect_status(done, e2e.ENVIRONMENT)
            text = done.err + done.out
            self.assertIn("--vm-memory", text)
            self.assertRegex(text, "had no more memory|was killed")
            fault.result = "error: the machine had no more memory, and --vm-memory; exit 3"

    @e2e.long
    @e2e.needs_vm
    def test_suspended_and_resumed(self):
        with self.fault("guest", "stopped for 8 s, and continued", bound_s=120) as fault:
            run = e2e.Started(self, "--json", "--budget", "90s", "clean")
            run.wait_for("clean: cycle 1")
            guest = self.only_guest()
            fault.happens()
            os.kill(guest, signal.SIGSTOP)
            time.sleep(8)
            os.kill(guest, signal.SIGCONT)
            status, out, err = self.end_of(run, 110)
            fault.over()
            self.assertEqual(status, e2e.PASS, err)
            self.assertEqual(json.loads(out)["verdict"], "clean")
            fault.result = "the right verdict, and a note that nothing was measured meanwhile"


if __name__ == "__main__":
    e2e.main()
