"""The services of this folder as commands: what runs each, what leakcage is told, what is missing.

`python3 services.py` prints the command lines."""
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


class Service:
    """One runtime's. `options` are leakcage's, `command` is what it runs, VARIANT in it is filled
    in with "clean" or "leak"; `cause` is that of its leak."""

    def __init__(self, name, needs, options, command, build=None, cause="heap"):
        self.name, self.needs, self.cause = name, needs, cause
        self.options, self.command, self.build = options, command, build

    def missing(self):
        """Why it cannot run here; None when it can."""
        for program, package in self.needs:
            if shutil.which(program) is None:
                return "%s: there is no %s (apt-get install %s)" % (self.name, program, package)
        return None

    def prepare(self, folder):
        """Build what has to be built, into this folder."""
        if self.build:
            words = [word.replace("FOLDER", folder) for word in self.build]
            environment = dict(os.environ, GO111MODULE="off", GOFLAGS="",
                               GOCACHE=os.path.join(folder, "go-cache"))
            subprocess.run(words, check=True, cwd=HERE, env=environment)

    def arguments(self, variant, folder):
        """Of `leakcage run`."""
        words = [word.replace("VARIANT", variant).replace("FOLDER", folder)
                 for word in self.command]
        return [*self.options, "--", *words]


def path(name):
    return os.path.join(HERE, name)


NODE = [("node", "nodejs")]
JAVA = [("java", "openjdk-17-jre-headless"), ("javac", "openjdk-17-jdk-headless")]
GO = [("go", "golang-go")]
JAVAC = ["javac", "-d", "FOLDER", "Service.java"]

PYTHON = Service("python", [("python3", "python3")], ["--limit", "64M"],
                 ["/usr/bin/python3", path("service.py"), "VARIANT"])
NODE_FLOORS = Service("node, floors alone", NODE, ["--limit", "256M"],
                      ["node", path("service.js"), "VARIANT"])
NODE_ASKED = Service("node", NODE, ["--limit", "256M", "--gc", "/gc", "--heap", "/heap"],
                     ["node", "--expose-gc", path("service.js"), "VARIANT"])
JAVA_PLAIN = Service("java", JAVA, ["--limit", "256M"],
                     ["java", "-cp", "FOLDER", "Service", "VARIANT"], JAVAC)
JAVA_FULL = Service("java, heap of constant size", JAVA, ["--limit", "256M"],
                    ["java", "-Xms100m", "-Xmx100m", "-XX:+AlwaysPreTouch", "-cp", "FOLDER",
                     "Service", "VARIANT"], JAVAC)
NGINX = Service("nginx", [("nginx", "nginx-light")],
                ["--limit", "32M", "--port", "8080"],
                ["nginx", "-c", path("nginx.VARIANT.conf")], cause="shmem")
GO_PROFILED = Service("go", GO, ["--limit", "64M", "--gc", "/gc", "--heap", "/heap",
                                 "--collect", "heap=/debug/pprof/heap",
                                 "--collect", "goroutine=/debug/pprof/goroutine?debug=1"],
                      ["FOLDER/service-go", "VARIANT"],
                      ["go", "build", "-o", "FOLDER/service-go", "service.go"])

ALL = [PYTHON, NODE_ASKED, NODE_FLOORS, JAVA_PLAIN, JAVA_FULL, NGINX, GO_PROFILED]

if __name__ == "__main__":
    for service in ALL:
        print("# " + (service.missing() or service.name))
        print("leakcage run " + " ".join(
            "'%s'" % word if " " in word else word for word in service.arguments("leak", ".")))
