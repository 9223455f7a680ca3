"""A service that daemonises as the old ones do: two forks, a session of its own, the first process
ends with status 0, and what is left serves. With --leak it keeps 16 KiB of each request.

usage: daemon.py [--leak] (the port is in PORT)
"""
import os
import socket
import sys

from prefork import work


def main(arguments):
    listener = socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=128)
    if os.fork() > 0:
        os._exit(0)
    os.setsid()
    if os.fork() > 0:
        os._exit(0)
    work(listener, "--leak" in arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
