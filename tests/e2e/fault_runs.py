"""Runs of fault_service.c: a service with a fault, run as any other; for test_faults_service.py and
test_faults_http.py, which run in a guest, so that what is left behind there is seen."""
import json
import os

import e2e
import faults

SERVICE = os.path.join(e2e.BUILD, "tests", "e2e", "fault_service")


class Runs(faults.FaultTest):
    def run_with(self, *words, **scenario):
        """A run of the service with this fault; how leakcage ended, and the record."""
        settings = {
            "name": "fault",
            "service": {"command": [SERVICE, *map(str, words)], "ready_timeout": "30s"},
            "limit": "32MiB",
            "load": {"path": "/", "concurrency": 4},
            "cycles": {"requests": 60, "warmup": 20},
        }
        for key, value in scenario.items():
            if isinstance(value, dict) and key in settings:
                settings[key].update(value)
            else:
                settings[key] = value
        done = self.run_here(self.write("fault.json", settings), timeout=320)
        return done, self.result("fault")

    def expect_verdict(self, done, record, verdict, status=e2e.PASS):
        self.expect_status(done, status)
        self.assertEqual(record["verdict"], verdict, str(done))
        self.assertNotIn("error", record)

    def expect_error(self, done, record, *words):
        """The service is to blame, and each of these is said."""
        self.expect_status(done, e2e.SERVICE)
        self.assertEqual(record["error"]["kind"], "service", str(done))
        text = json.dumps(record, ensure_ascii=False)
        for word in words:
            self.assertIn(word, record["error"]["text"], text)

    def log_bytes(self):
        return os.path.getsize(os.path.join(self.results, "fault", "service.log"))
