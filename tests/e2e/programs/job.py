"""One job for jobs.py: hand it in, wait until it is done. With --litter it leaves a child behind
that has left its session: who runs this is to clear it away.

usage: job.py FIFO [--litter]
"""
import os
import stat
import sys
import time


def main(fifo, arguments):
    while not (os.path.exists(fifo) and stat.S_ISFIFO(os.stat(fifo).st_mode)):
        time.sleep(0.01)  # the service may be ready by decree
    done = os.path.join(os.environ["LEAKCAGE_DATA"], "done.%d" % os.getpid())
    with open(fifo, "w", encoding="utf-8") as jobs:
        jobs.write(done + "\n")
    for _ in range(2000):
        if os.path.exists(done):
            os.unlink(done)
            break
        time.sleep(0.005)
    else:
        sys.exit("no answer to %s" % done)
    if "--litter" in arguments and os.fork() == 0:
        os.setsid()
        time.sleep(1000)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
