"""A service that is not HTTP and listens on no port: it reads jobs from a FIFO, a line each, and
marks each as done. With --leak it keeps 16 KiB of each.

usage: jobs.py FIFO [--leak]
"""
import os
import sys

KEPT = []


def main(fifo, arguments):
    os.mkfifo(fifo)
    # Open for writing, too: then there is always a writer, and never an end of file.
    jobs = os.open(fifo, os.O_RDWR)
    print("jobs: reading %s" % fifo, flush=True)
    rest = b""
    while True:
        *lines, rest = (rest + os.read(jobs, 65536)).split(b"\n")
        for line in lines:
            if "--leak" in arguments:
                KEPT.append(bytearray(16384))
            with open(line.decode(), "w", encoding="utf-8"):
                pass


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
