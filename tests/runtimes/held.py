"""A program that keeps 1 KiB for each unit of work. usage: python3 held.py [fork|site]

Reads a number from each line, does so many units, and answers "done". With "fork" a child does
the same beside it."""
import os
import sys

kept = []


class Worker:
    def keep(self):
        kept.append(bytearray(1024))  # the leak

    def work(self, count):
        for _ in range(count):
            self.keep()
            bytearray(4096)


def children(mode):
    """A child that does what it is told over a pipe; None: none was asked for."""
    if mode != "fork":
        return None
    orders, ours = os.pipe()
    theirs, done = os.pipe()
    if os.fork() > 0:
        os.close(orders)
        os.close(done)
        return ours, theirs
    os.close(ours)
    os.close(theirs)
    while True:
        order = os.read(orders, 16)
        if not order:
            os._exit(0)
        Worker().work(int(order))
        os.write(done, b".")


def main():
    child = children(sys.argv[1] if len(sys.argv) > 1 else "")
    print("ready", flush=True)
    for line in sys.stdin:
        Worker().work(int(line))
        if child is not None:
            os.write(child[0], line.encode())
            os.read(child[1], 1)
        print("done", flush=True)


main()
