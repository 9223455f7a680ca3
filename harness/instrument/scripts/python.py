"""What leakcage has Python import before a service's own code, as its sitecustomize (PYTHONPATH):
a library that samples what Python's allocators hand out (python_sampler.c), and a thread that tells
the harness at a floor what of that is held. It keeps no process alive and writes no file; a forked
child has its own. The service's own sitecustomize comes next.

An answer is lines (harness/instrument/held_text.h)."""
import _thread
import ctypes
import gc
import importlib.machinery
import importlib.util
import os
import socket
import sys
import time

_HERE = os.path.dirname(os.path.abspath(__file__))
_DOOR = os.path.join(_HERE, "door")
_LIBRARY = os.path.join(_HERE, "sampler.so")
_SAMPLING_BYTES = 4096
_RETRY_S = 0.5
_TRIES = 20


class _Frame(ctypes.Structure):
    _fields_ = [("code", ctypes.py_object), ("line", ctypes.c_int64)]


class _Stack(ctypes.Structure):
    _fields_ = [("objects", ctypes.c_double), ("bytes", ctypes.c_double),
                ("depth", ctypes.c_uint32), ("hash", ctypes.c_uint32),
                ("frames", ctypes.POINTER(_Frame))]


def _seed():
    return int.from_bytes(os.urandom(8), "little")


def _load():
    """The library, which samples from now on; or why it does not."""
    if sys.implementation.name != "cpython" or sys.version_info < (3, 9):
        return None, "it takes CPython 3.9 or newer"
    try:
        library = ctypes.PyDLL(_LIBRARY)
    except OSError as failure:
        return None, "%s" % failure
    library.sampler_start.argtypes = [ctypes.c_double, ctypes.c_uint64]
    library.sampler_reseed.argtypes = [ctypes.c_uint64]
    library.sampler_stacks.restype = ctypes.c_size_t
    library.sampler_get.argtypes = [ctypes.c_size_t]
    library.sampler_get.restype = ctypes.POINTER(_Stack)
    library.sampler_start(_SAMPLING_BYTES, _seed())
    return library, ""


def _one_line(text):
    return "".join(c if c.isprintable() else "?" for c in text).encode("utf-8", "replace")


def _lines(library):
    frames = {}
    for number in range(library.sampler_stacks()):
        stack = library.sampler_get(number).contents
        root = stack.frames[stack.depth - 1].code if stack.depth > 0 else None
        if stack.objects < 0.5 or getattr(root, "co_filename", "") == __file__:  # our own thread
            continue
        objects, size, numbers = round(stack.objects), round(stack.bytes), []
        for index in range(stack.depth):
            code, line = stack.frames[index].code, stack.frames[index].line
            if (code, line) not in frames:
                frames[code, line] = len(frames)
                name = getattr(code, "co_qualname", code.co_name)
                yield b"frame %d %s\t%s\n" % (line, _one_line(code.co_filename), _one_line(name))
            numbers.append(b"%d" % frames[code, line])
        yield b"stack %d %d %s\n" % (objects, size, b" ".join(numbers))
    yield b"end\n"


def _answer(library, why):
    if library is None:
        return b"failed %s\nend\n" % _one_line(why)
    # A collection would change what is held, and one is due when so much is made.
    collects = gc.isenabled()
    gc.disable()
    try:
        return b"".join(_lines(library))
    finally:
        if collects:
            gc.enable()


def _serve():
    for _ in range(_TRIES):
        try:
            door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            door.connect(_DOOR)
            break
        except OSError:
            time.sleep(_RETRY_S)
    else:
        return
    try:
        while door.recv(4096):
            door.sendall(_answer(*_LOADED))
    except OSError:  # the harness is done
        door.close()


def _start():
    _thread.start_new_thread(_serve, ())


def _start_in_child():
    library, _ = _LOADED
    if library is not None:  # else all children would sample alike, and their errors add up
        library.sampler_reseed(_seed())
    _start()


def _import_next():
    """The sitecustomize that there would be without this one."""
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", sys.path)
    if spec is None or spec.loader is None:
        return
    module = importlib.util.module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


sys.path[:] = [place for place in sys.path if os.path.abspath(place) != _HERE]
_LOADED = _load()
os.register_at_fork(after_in_child=_start_in_child)
_start()
_import_next()
