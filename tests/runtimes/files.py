"""A program that keeps files in memory, 8 KiB of each kind for each unit of work. usage: files.py

Reads a number from each line, does so many units, and answers "done". It writes below its working
folder and in /dev/shm, where what it leaves is gone with it."""
import ctypes
import mmap
import os
import sys

KIND_BYTES = 8192
kept = []
libc = ctypes.CDLL(None, use_errno=True)
log = os.open("/dev/shm/leakcage-files.%d.log" % os.getpid(), os.O_CREAT | os.O_RDWR, 0o600)
os.unlink("/dev/shm/leakcage-files.%d.log" % os.getpid())


def memfd():
    fd = os.memfd_create("frame")
    os.ftruncate(fd, KIND_BYTES)
    mapping = mmap.mmap(fd, KIND_BYTES)
    mapping[:] = b"m" * KIND_BYTES
    os.close(fd)
    kept.append(mapping)


def segment():
    """Of System V: attached, filled, and marked to go when nobody is attached any more."""
    libc.shmat.restype = ctypes.c_void_p
    number = libc.shmget(0, KIND_BYTES, 0o600 | 0o1000)
    place = libc.shmat(number, None, 0)
    ctypes.memset(place, 115, KIND_BYTES)
    libc.shmctl(number, 0, None)


def anonymous():
    mapping = mmap.mmap(-1, KIND_BYTES)
    mapping[:] = b"a" * KIND_BYTES
    kept.append(mapping)


def data_file(unit):
    """Written and closed: what stays is page cache."""
    with open("journal.%d" % unit, "wb") as file:
        file.write(b"j" * KIND_BYTES)


def main():
    unit = 0
    print("ready", flush=True)
    for line in sys.stdin:
        for unit in range(unit, unit + int(line)):
            memfd()
            segment()
            anonymous()
            data_file(unit)
            os.write(log, b"l" * KIND_BYTES)
        unit += 1
        print("done", flush=True)


main()
