#!/usr/bin/python3
"""A service that tries to get out: what it can do is told as lines of its log, "prober: WHAT: HOW
IT ENDED", where "done" is that it worked. Then it serves, and keeps nothing.

usage: prober.py VICTIM     a file of the host that is none of its business"""
import ctypes
import http.server
import os
import sys

VICTIM = sys.argv[1]
DATA = os.environ["LEAKCAGE_DATA"]
RUN = DATA.removesuffix(".data") + ".run"  # what becomes the result
LIBC = ctypes.CDLL(None, use_errno=True)


def say(what, how):
    print("prober: %s: %s" % (what, how), flush=True)


def attempt(what, action):
    try:
        action()
    except OSError as error:
        say(what, type(error).__name__ if error.errno is None else os.strerror(error.errno))
    else:
        say(what, "done")


def call(name, *arguments):
    if getattr(LIBC, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), name)


def write(path):
    with open(path, "w", encoding="utf-8") as file:
        file.write("written by the service\n")


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        file.read()


def mount_root_again():
    """The host's root once more, this time to be written."""
    os.makedirs("/run/again", exist_ok=True)
    call("mount", b"root", b"/run/again", b"9p", 0, b"trans=virtio,version=9p2000.L")
    write("/run/again" + VICTIM)


def lay_traps():
    """In what becomes the result: links to a file of the host where leakcage will write and read,
    and a program with rights."""
    for name in ("report.html", "run.json", "cycles.csv.1.tmp", "load.log"):
        os.symlink(VICTIM, os.path.join(RUN, name))
    os.symlink(os.path.dirname(VICTIM), os.path.join(RUN, "collected"))
    write(os.path.join(RUN, "tool"))
    os.chmod(os.path.join(RUN, "tool"), 0o6777)
    os.rename(os.path.join(RUN, "service.log"), os.path.join(RUN, "old.log"))
    os.symlink(VICTIM, os.path.join(RUN, "service.log"))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


def main():
    with open("/proc/self/status", encoding="ascii") as file:
        for line in file:
            if line.startswith(("Uid", "Groups", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp:")):
                say(*(" ".join(part.split()) for part in line.split(":", 1)))
    attempt("write data", lambda: write(os.path.join(DATA, "file")))
    attempt("write the victim", lambda: write(VICTIM))
    attempt("write /etc", lambda: write("/etc/leakcage-prober"))
    attempt("list the work folder", lambda: os.listdir(os.path.dirname(DATA)))
    attempt("read the plan", lambda: read(os.path.join(os.path.dirname(DATA), "plan.json")))
    attempt("mount", lambda: call("mount", b"none", DATA.encode(), b"tmpfs", 0, None))
    attempt("mount the host's root", mount_root_again)
    attempt("set the clock", lambda: call("settimeofday", ctypes.create_string_buffer(16), None))
    attempt("lay traps", lay_traps)
    attempt("lay a pipe", lambda: os.mkfifo(os.path.join(RUN, "explanation.json")))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
    server.serve_forever()


if __name__ == "__main__":
    main()
