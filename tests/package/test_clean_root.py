#!/usr/bin/python3
"""The packages in a clean system: installed, used by somebody who is not root, removed; nothing
remains.

usage: test_clean_root.py PACKAGES FOLDER   where the packages are; where the system is to lie,
                                            which is removed when all went well

Needs root (debootstrap, chroot) and a mirror of Debian's packages; ends with 77 and the reason
where it cannot be done. Takes some minutes.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import time

import chroot

USER = "somebody"
HOME = "/home/" + USER

# What dpkg, apt and ldconfig write of their own, whatever is installed and removed.
BOOKKEEPING = re.compile(
    r"^/(var/lib/dpkg/(status|status-old|available|lock|lock-frontend|triggers/.*|info/format)"
    r"|var/log/(dpkg\.log|alternatives\.log|apt(/.*)?)"
    r"|var/lib/apt/.*|var/cache/apt/.*|var/cache/debconf/.*"
    r"|var/cache/ldconfig/aux-cache|etc/ld\.so\.cache)$")


def say(text):
    print("%s %s" % (time.strftime("%H:%M:%S"), text), flush=True)


def fail(text):
    print("FAILED: " + text, file=sys.stderr)
    sys.exit(1)


class Check:
    """The system, and what is expected in it."""

    def __init__(self, packages, folder):
        self.debs = sorted(glob.glob(os.path.join(packages, "*.deb")))
        if not self.debs:
            fail("there are no packages in %s: make package" % packages)
        self.root = chroot.Root(folder)

    def expect(self, status, *words, has=(), **options):
        """It must end with that status, and say these words."""
        done = self.root.run(*words, **options)
        text = done.stdout + done.stderr
        missing = [word for word in has if word not in text]
        if done.returncode != status or missing:
            fail("%s: exit status %d, expected %d; lacks %s\n%s" % (
                " ".join(words), done.returncode, status, missing, text[-6000:]))
        return done

    def user(self, status, *words, **options):
        return self.expect(status, *words, user=USER, home=HOME, **options)

    def prepare(self):
        """A system with all that the packages need, but not the packages."""
        self.root.make()
        self.expect(0, "apt-get", "-qq", "update")
        needs = []
        for deb in self.debs:
            for field in ("Depends", "Recommends"):
                text = subprocess.run(["dpkg-deb", "-f", deb, field], check=True,
                                      capture_output=True, text=True).stdout.strip()
                needs += [need for need in text.split(", ") if need and "leakcage" not in need]
        self.expect(0, "apt-get", "-qq", "-y", "--no-install-recommends", "satisfy",
                    ", ".join(sorted(set(needs))), timeout=1200)
        self.expect(0, "useradd", "--create-home", "--shell", "/bin/sh", USER)
        # Every home that is used has one.
        self.user(0, "mkdir", ".cache")

    def install(self):
        for deb in self.debs:
            shutil.copy(deb, self.root.inside("root"))
        names = ["./" + os.path.basename(deb) for deb in self.debs]
        self.expect(0, "apt-get", "-qq", "-y", "--no-install-recommends", "install", *names)
        for deb in self.debs:
            os.unlink(self.root.inside("root", os.path.basename(deb)))

    def use(self):
        """By somebody: the catalogue, no kernel, a kernel, a verdict, lines; no kernel again."""
        self.user(0, "leakcage", "--version", has=["leakcage ", "commit"])
        self.user(0, "leakcage", "list", has=["unclosed-body", "global-growth"])
        self.user(3, "leakcage", "run", "--driver", "vm", "clean", has=["leakcage vm prepare"])
        say("leakcage vm prepare")
        self.user(0, "leakcage", "vm", "prepare", has=["ready: " + HOME])
        say("leakcage run --driver vm unclosed-body")
        done = self.user(0, "leakcage", "run", "--driver", "vm", "--no-color", "unclosed-body",
                         has=["leak", "sockets"])
        print("    " + "\n    ".join(done.stdout.splitlines()[:3]))
        self.user(0, "leakcage", "clean")
        self.user(0, "leakcage", "vm", "remove", has=["removed " + HOME])
        self.user(0, "sh", "-c", "! ls -A .cache | grep .")
        say("leakcage vm prepare system, and another user's run")
        self.user(3, "leakcage", "vm", "prepare", "system", has=["only root"])
        self.expect(0, "leakcage", "vm", "prepare", "system", has=["/var/cache/leakcage/vm"])
        self.user(0, "leakcage", "explain", "--driver", "vm", "--no-color", "-o", "explained",
                  "global-growth", has=["global-growth.c"])

    def remove(self, before):
        """Purged, nothing may remain but what the user asked for: the results."""
        names = [os.path.basename(deb).partition("_")[0] for deb in self.debs]
        self.expect(0, "apt-get", "-qq", "-y", "purge", *names)
        after = self.root.files()
        left = sorted(path for path in after
                      if after[path] != before.get(path) and not BOOKKEEPING.match(path))
        gone = sorted(path for path in before
                      if path not in after and not BOOKKEEPING.match(path))
        results = [path for path in left
                   if path.startswith((HOME + "/results", HOME + "/explained"))]
        # A folder is newer when something was in it; that is no difference here.
        other = [path for path in left if path not in results]
        if other or gone:
            fail("after purge these are left or changed: %s; these are gone: %s" % (other, gone))
        if not any(path.endswith("/result.json") for path in results):
            fail("no results in %s" % HOME)
        with open(self.root.inside("var/lib/dpkg/status"), encoding="utf-8") as file:
            if "leakcage" in file.read():
                fail("dpkg still knows leakcage")
        named = [path for path in after if "leakcage" in path and path not in results]
        if named:
            fail("still named after leakcage: %s" % named)
        print("    %d files before, the same after; beside them the %d files of results that the "
              "user made" % (len(before), len(results)))


def main():
    why = chroot.why_not()
    if why is not None:
        print("skipped: " + why)
        sys.exit(77)
    packages, folder = sys.argv[1:]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    check = Check(packages, os.path.abspath(folder))
    say("debootstrap %s, and what the packages need" % chroot.release())
    check.prepare()
    before = check.root.files()
    say("install: " + " ".join(os.path.basename(deb) for deb in check.debs))
    check.install()
    check.use()
    say("purge")
    check.remove(before)
    shutil.rmtree(folder)
    say("nothing remains")


if __name__ == "__main__":
    main()
