"""The tools that leakcage is compared with: how each is run on a service, and what it says. A tool
is asked the way its manual says, and what it prints is read, not guessed."""
import glob
import os
import re
import shutil
import subprocess
import tempfile

import runs

# Half of the requests or more left a descriptor open: that is told apart from a few by anyone.
DESCRIPTORS_PER_REQUEST = 0.5
BYTES_PER_REQUEST = 1.0
RSS_GROWTH = 0.1


def parse_lsan(text):
    """Bytes of LeakSanitizer's summary; 0 when it has nothing to report."""
    found = re.findall(r"SUMMARY: LeakSanitizer: (\d+) byte\(s\) leaked", text)
    return sum(map(int, found))


def parse_memcheck(text):
    """{"definitely": bytes, "indirectly": …, "possibly": …, "descriptors": open at exit but the
    standard ones}. Without "HEAP SUMMARY" it did not come to its end: None."""
    if "HEAP SUMMARY" not in text:
        return None
    lost = {}
    for kind in ("definitely", "indirectly", "possibly"):
        lost[kind] = sum(int(match.replace(",", "")) for match in
                         re.findall(kind + r" lost: ([\d,]+) bytes", text))
    opened = re.search(r"FILE DESCRIPTORS: (\d+) open \((\d+) std\) at exit", text)
    lost["descriptors"] = int(opened.group(1)) - int(opened.group(2)) if opened else None
    return lost


def parse_stacks(text):
    """Bytes of a flame graph's file: the last word of every line."""
    return sum(int(line.rpartition(" ")[2]) for line in text.splitlines() if line.strip())


def read_all(pattern):
    text = ""
    for path in sorted(glob.glob(pattern)):
        with open(path, encoding="utf-8", errors="replace") as file:
            text += file.read()
    return text


class Tool:
    """One column. `missing` says why it cannot be used here, "" when it can."""
    name = ""
    missing = ""

    def start(self, case, variant, folder):
        """The service under the tool, whose own files go to `folder`."""
        raise NotImplementedError

    def read(self, case, folder, status):
        """What the tool says, after the service has ended with this status."""
        raise NotImplementedError

    def measure(self, case, variant, requests):
        """Run the service under the tool with this load: {"requests": answered, …}, with what
        judge() needs."""
        with tempfile.TemporaryDirectory() as folder:
            with self.start(case, variant, folder) as service:
                answered = case.drive(service, requests) if requests > 0 else 0
                status = service.stop()
            return dict(self.read(case, folder, status), requests=answered)

    def judge(self, found, control):
        """(alarm, what it shows per request or as a share). `control` is what the tool found on
        the mended service, or without load; only heaptrack needs it."""
        raise NotImplementedError


class Rss(Tool):
    """psutil.Process(pid).memory_info().rss before and after, in a loop of requests."""

    def __init__(self, name, since):
        self.name, self.since = name, since

    def start(self, case, variant, folder):
        return case.start(variant)

    def measure(self, case, variant, requests):
        with case.start(variant) as service:
            found = {"ready_bytes": service.rss_bytes()}
            warm = max(1, requests // 10)
            answered = case.drive(service, warm)
            found["warm_bytes"] = service.rss_bytes()
            answered += case.drive(service, requests - warm)
            found.update(requests=answered, end_bytes=service.rss_bytes())
        return found

    def judge(self, found, control):
        before = found[self.since]
        growth = (found["end_bytes"] - before) / before
        return growth > RSS_GROWTH, "%+.0f %%" % (100 * growth)


class LeakSanitizer(Tool):
    """gcc's, linked into the service: what nothing points to when the service ends."""
    name = "LeakSanitizer"

    def __init__(self, bench, targets):
        self.build = os.path.join(os.path.dirname(os.path.abspath(bench.build)), "bench-lsan")
        self.missing = "" if self._links() else "gcc links no -fsanitize=leak here (liblsan)"
        if not self.missing:
            self._make(targets)

    def _links(self):
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "empty.c")
            with open(source, "w", encoding="ascii") as file:
                file.write("int main(void) { return 0; }\n")
            return subprocess.run(["gcc", "-fsanitize=leak", source, "-o",
                                   os.path.join(folder, "empty")], capture_output=True,
                                  check=False).returncode == 0

    def _make(self, targets):
        for command in (
                ["cmake", "--fresh", "-S", ".", "-B", self.build, "-G", "Ninja",
                 "-DCMAKE_C_COMPILER=gcc", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
                 "-DCMAKE_C_FLAGS=-fsanitize=leak", "-DLEAKCAGE_TESTS=ON"],
                ["cmake", "--build", self.build, "--target"] + targets):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise runs.BenchError("cannot build the services with -fsanitize=leak:\n" +
                                      (done.stdout + done.stderr)[-2000:])

    def start(self, case, variant, folder):
        log = os.path.join(folder, "lsan")
        return case.start(variant, build=self.build, environment={"LSAN_OPTIONS":
                                                                  "log_path=" + log})

    def read(self, case, folder, status):
        text = read_all(os.path.join(folder, "lsan.*"))
        # 23 is its status when it has found leaks.
        if status not in (0, 23) or "fatal error" in text:
            raise runs.BenchError("LeakSanitizer ended with status %d on %s: %s" % (
                status, case.name, text[:300]))
        return {"lost_bytes": parse_lsan(text)}

    def judge(self, found, control):
        each = found["lost_bytes"] / found["requests"]
        return each >= BYTES_PER_REQUEST, whole_bytes(each)


class Memcheck(Tool):
    """valgrind --leak-check=full --track-fds=yes: as LeakSanitizer, and what is open at the end."""
    name = "memcheck"

    def __init__(self):
        self.missing = "" if shutil.which("valgrind") else "valgrind is not installed"

    def start(self, case, variant, folder):
        return case.start(variant, prefix=["valgrind", "--leak-check=full", "--track-fds=yes",
                                           "--max-threads=10000",
                                           "--log-file=" + os.path.join(folder, "memcheck.%p")])

    def read(self, case, folder, status):
        found = parse_memcheck(read_all(os.path.join(folder, "memcheck.*")))
        if found is None:
            raise runs.BenchError("memcheck ended with status %d on %s, without a summary" % (
                status, case.name))
        return found

    def judge(self, found, control):
        lost = (found["definitely"] + found["indirectly"]) / found["requests"]
        possibly = found["possibly"] / found["requests"]
        opened = (found["descriptors"] or 0) / found["requests"]
        shown = []
        if lost >= BYTES_PER_REQUEST:
            shown.append(whole_bytes(lost))
        if possibly >= BYTES_PER_REQUEST:
            shown.append(whole_bytes(possibly) + " possibly")
        if opened >= DESCRIPTORS_PER_REQUEST:
            shown.append("%.0f open" % opened)
        return bool(shown), " + ".join(shown) or whole_bytes(lost)


class Heaptrack(Tool):
    """All that was not freed at the end, lost or not, by heaptrack_print's cost type "leaked"."""
    name = "heaptrack"

    def __init__(self):
        there = shutil.which("heaptrack") and shutil.which("heaptrack_print")
        self.missing = "" if there else "heaptrack is not installed"

    def start(self, case, variant, folder):
        return case.start(variant, prefix=["heaptrack", "-o", os.path.join(folder, "data")])

    def read(self, case, folder, status):
        stacks = os.path.join(folder, "stacks")
        recorded = glob.glob(os.path.join(folder, "data.*"))
        done = subprocess.run(
            ["heaptrack_print", "-f", recorded[0] if recorded else "data", "-p", "0", "-a", "0",
             "-T", "0", "--flamegraph-cost-type", "leaked", "-F", stacks],
            capture_output=True, text=True, check=False)
        if done.returncode != 0 or not os.path.exists(stacks):
            raise runs.BenchError("heaptrack ended with status %d on %s, and heaptrack_print says: "
                                  "%s" % (status, case.name, done.stderr.strip()[-300:]))
        return {"leaked_bytes": parse_stacks(read_all(stacks))}

    def judge(self, found, control):
        each = (found["leaked_bytes"] - control["leaked_bytes"]) / found["requests"]
        return each >= BYTES_PER_REQUEST, whole_bytes(each)


def whole_bytes(each):
    """"1,024 B" of each request; below one byte that is nothing."""
    return "{:,.0f} B".format(each) if each >= 1 else "0 B"
