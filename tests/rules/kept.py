"""Documents that unit tests keep in a folder, when a variable of the environment names one."""
import glob
import os
import subprocess
import tempfile


def keep(program, variable, folder):
    """Run the program; what it says where it fails, else nothing."""
    done = subprocess.run([program], env={**os.environ, variable: folder}, capture_output=True,
                          text=True, errors="replace", check=False)
    return [done.stdout + done.stderr] if done.returncode != 0 else []


def problems(programs, variable, ending, problems_of):
    """What is wrong with the documents of each program, by problems_of(path); says how many there
    are, and none is wrong, too."""
    for program in programs:
        name = os.path.basename(program)
        with tempfile.TemporaryDirectory() as folder:
            yield from keep(program, variable, folder)
            paths = glob.glob(os.path.join(folder, "*" + ending))
            print("%s: %d documents" % (name, len(paths)))
            if not paths:
                yield "%s: keeps no documents" % name
            for path in paths:
                for problem in problems_of(path):
                    yield "%s: %s" % (name, problem)


def refusals(path, reader, broken):
    """The reader takes the document, and none of what is broken of it: pairs of what is there and
    what takes its place."""
    with open(path, "rb") as file:
        data = file.read()
    name = os.path.basename(path)
    for old, new in broken:
        changed = data.replace(old, new)
        if changed == data:
            yield "%s: there is no %r to break" % (name, old)
        elif not reader(changed):
            yield "%s: with %r in place of %r it should be refused" % (name, new, old)
