"""A git repository in a test's folder."""
import os
import shutil
import subprocess


class Repository:
    """For an e2e.Case: self.repository, in its folder."""

    def make_repository(self):
        if shutil.which("git") is None:
            self.skipTest("git is not installed")
        self.repository = os.path.join(self.dir, "repository")
        os.makedirs(self.repository)
        self.git("init", "-q")

    def git(self, *arguments):
        subprocess.run(["git", "-C", self.repository, "-c", "user.name=a", "-c", "user.email=a@b",
                        *arguments], check=True, capture_output=True)

    def commit(self, subject):
        """All that is there."""
        self.git("add", "-A")
        self.git("commit", "-qm", subject)
