"""A server that forks its workers before it serves: one listening socket, which all of them accept
from. With --leak every worker keeps 16 KiB of each request it serves.

usage: prefork.py [--leak] (the port is in PORT, a folder to write to in LEAKCAGE_DATA)
"""
import os
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
    with open(os.path.join(os.environ["LEAKCAGE_DATA"], "note"), "w", encoding="utf-8") as note:
        note.write("mine\n")
    listener = socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=128)
    for _ in range(2):
        if os.fork() == 0:
            work(listener, "--leak" in arguments)
    print("prefork: uid %d, groups %s, home %s" % (
        os.getuid(), os.getgroups(), os.environ.get("HOME")), flush=True)
    while True:
        os.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
