"""A server that forks its workers before it serves: one listening socket, which all of them accept
from. With --leak every worker keeps 16 KiB of each request it serves.

usage: prefork.py [--workers N] [--leak] (the port is in PORT)
"""
import os
import signal
import socket
import sys

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n"
KEPT = []


def work(listener, leaks):
    while True:
        connection, _ = listener.accept()
        with connection:
            if not connection.recv(4096):
                continue
            if leaks:
                KEPT.append(bytearray(16384))
            connection.sendall(ANSWER)


def main(arguments):
    workers = int(arguments[arguments.index("--workers") + 1]) if "--workers" in arguments else 2
    listener = socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=128)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for _ in range(workers):
        if os.fork() == 0:
            work(listener, "--leak" in arguments)
    print("prefork: %d workers, uid %d" % (workers, os.getuid()), flush=True)
    while True:
        os.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
