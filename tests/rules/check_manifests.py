#!/usr/bin/python3
"""docker/: manifests and compose file say what Kubernetes and compose understand, and what is true.

- docker/kube/*.yaml have only keys that the API knows (those that are used here; a new one is added
  below), with values of the right sort; labels, ports, volumes and claims fit together;
- docker/compose.yaml has only keys of the compose specification, and its names are there;
- programs, options, scenarios, limits and paths in them are those of this repository.

Needs Debian's python3-yaml and python3-jsonschema; exits 77 (skipped) without them.
"""
import glob
import json
import os
import re
import sys

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print("skipped: python3-%s is not installed" % missing.name)
    sys.exit(77)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KUBE = os.path.join(ROOT, "docker", "kube")
IMAGE = "localhost/leakcage:latest"


# --- schemas: closed objects; a "_" in front marks a key that must be there ------------------

def obj(**keys):
    return {"type": "object", "additionalProperties": False,
            "required": [key[1:] for key in keys if key.startswith("_")],
            "properties": {key.lstrip("_"): value for key, value in keys.items()}}


def array(item):
    return {"type": "array", "items": item, "minItems": 1}


def words(*names):
    return {"enum": list(names)}


def text(pattern=".+"):
    return {"type": "string", "pattern": "^(?:%s)$" % pattern}


def number(minimum=0, maximum=1 << 31):
    return {"type": "integer", "minimum": minimum, "maximum": maximum}


BOOL = {"type": "boolean"}
NAME = text("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
PORT = number(1, 65535)
QUANTITY = text(r"\d+(\.\d+)?(m|k|M|G|Ki|Mi|Gi)?")
WORD = "[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
LABELS = {"type": "object", "additionalProperties": text(WORD),
          "propertyNames": text("([a-z0-9.-]+/)?" + WORD)}
NOTES = {"type": "object", "additionalProperties": text()}
META = obj(_name=NAME, labels=LABELS, annotations=NOTES)
AMOUNTS = obj(cpu=QUANTITY, memory=QUANTITY)
PROBE = obj(_httpGet=obj(_path=text("/.*"), _port=PORT), periodSeconds=number(1),
            failureThreshold=number(1), initialDelaySeconds=number(), timeoutSeconds=number(1))
CONTAINER = obj(
    _name=NAME, _image=text(), imagePullPolicy=words("Always", "IfNotPresent", "Never"),
    _command=array(text()), args=array(text()),
    env=array(obj(_name=text("[A-Za-z_][A-Za-z0-9_]*"), _value={"type": "string"})),
    ports=array(obj(name=NAME, _containerPort=PORT)),
    _resources=obj(_requests=AMOUNTS, _limits=AMOUNTS),
    startupProbe=PROBE, livenessProbe=PROBE, readinessProbe=PROBE,
    _securityContext=obj(
        privileged=BOOL, runAsNonRoot=BOOL, runAsUser=number(), allowPrivilegeEscalation=BOOL,
        readOnlyRootFilesystem=BOOL, capabilities=obj(drop=array(text()), add=array(text()))),
    volumeMounts=array(obj(_name=NAME, _mountPath=text("/.*"), readOnly=BOOL)))
POD = obj(_containers=array(CONTAINER), restartPolicy=words("Always", "OnFailure", "Never"),
          volumes=array(obj(_name=NAME, emptyDir=obj(),
                            persistentVolumeClaim=obj(_claimName=NAME))))
TEMPLATE = obj(_metadata=obj(_labels=LABELS, annotations=NOTES), _spec=POD)
KINDS = {
    "Pod": ("v1", POD),
    "Deployment": ("apps/v1", obj(
        replicas=number(), strategy=obj(_type=words("Recreate", "RollingUpdate")),
        _selector=obj(_matchLabels=LABELS), _template=TEMPLATE)),
    "Job": ("batch/v1", obj(
        backoffLimit=number(), backoffLimitPerIndex=number(), completions=number(1),
        parallelism=number(1), completionMode=words("Indexed", "NonIndexed"),
        _template=TEMPLATE)),
    "Service": ("v1", obj(_selector=LABELS, _ports=array(
        obj(name=NAME, _port=PORT, targetPort=PORT)))),
    "PersistentVolumeClaim": ("v1", obj(
        _accessModes=array(words("ReadWriteOnce", "ReadWriteMany")),
        _resources=obj(_requests=obj(_storage=QUANTITY)))),
}
SIZE = text(r"\d+[bkmg]")
COMPOSE = obj(
    name=NAME, volumes={"type": "object", "additionalProperties": obj()},
    _services={"type": "object", "propertyNames": NAME, "additionalProperties": obj(
        _image=text(), build=obj(_context=text(), _dockerfile=text()), _command=array(text()),
        environment={"type": "object", "additionalProperties": {"type": "string"}},
        ports=array(text(r"127\.0\.0\.1:\d+:\d+")), depends_on=array(NAME), _mem_limit=SIZE,
        _memswap_limit=SIZE, restart=words("no", "always", "on-failure", "unless-stopped"),
        read_only=BOOL, cap_drop=array(text()), security_opt=array(text()), user=text(r"\d+:\d+"),
        privileged=BOOL, cgroup=words("host", "private"), profiles=array(NAME),
        volumes=array(text("[^:]+:/[^:]*(:ro)?")))})


# --- what is wrong, as lines -----------------------------------------------------------------

def schema_errors(value, schema):
    for error in jsonschema.Draft7Validator(schema).iter_errors(value):
        yield "%s: %s" % (".".join(str(part) for part in error.path) or "document", error.message)


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def size(quantity):
    units = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "MiB": 1 << 20, "GiB": 1 << 30, "": 1}
    amount, unit = re.fullmatch(r"(\d+)([A-Za-z]*)", quantity).groups()
    return int(amount) * units[unit]


def scenario_names():
    names = [os.path.basename(path)[:-5]
             for path in glob.glob(os.path.join(ROOT, "scenarios", "*.json"))]
    return sorted(name for name in names if name != "schema")


def image_scenario_names():
    """Those whose service docker/tree.sh leaves in the image."""
    with open(os.path.join(ROOT, "docker/tree.sh"), encoding="utf-8") as file:
        left_out = set(re.findall(r'libexec/leakcage/services/([\w-]+)"', file.read()))
    names = []
    for name in scenario_names():
        with open(os.path.join(ROOT, "scenarios", name + ".json"), encoding="utf-8") as file:
            if not left_out & set(re.findall(r"\{services\}/([\w-]+)", file.read())):
                names.append(name)
    return names


def command_errors(command):
    """The program is in the image, and takes these options."""
    services = {os.path.basename(path)[:-2]
                for path in glob.glob(os.path.join(ROOT, "services", "*.c"))}
    if command[0] != "leakcage":
        if command[0] not in services:
            yield "no program %s is in the image" % command[0]
        return
    help_text = read("harness", "cli", "options_help.c")
    if "leakcage %s " % command[1] not in help_text:
        yield "leakcage has no command %s" % command[1]
    for word in command[2:]:
        if word.startswith("--") and not re.search(re.escape(word) + r"\b", help_text):
            yield "leakcage has no option %s" % word


def pod_of(document):
    spec = document.get("spec", {})
    return spec if document["kind"] == "Pod" else spec.get("template", {}).get("spec", {})


def container_errors(container, pod):
    yield from command_errors(container["command"] + container.get("args", []))
    if container["image"] != IMAGE:
        yield "the image is not %s" % IMAGE
    resources = container["resources"]
    if "memory" not in resources["limits"]:
        yield "no memory limit"
    elif size(resources["requests"].get("memory", "0")) > size(resources["limits"]["memory"]):
        yield "it requests more memory than its limit"
    ports = [port["containerPort"] for port in container.get("ports", [])]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        if probe in container and container[probe]["httpGet"]["port"] not in ports:
            yield "%s asks a port that is not there" % probe
    security = container["securityContext"]
    if not security.get("privileged") and not security.get("runAsNonRoot"):
        yield "it runs as root without need"
    volumes = [volume["name"] for volume in pod.get("volumes", [])]
    for mount in container.get("volumeMounts", []):
        if mount["name"] not in volumes:
            yield "no volume %s" % mount["name"]


def scenario_errors(document, pod):
    """A manifest that leakcage is to drive is the pod of the scenario of that name."""
    meta = document["metadata"] if document["kind"] == "Pod" else \
        document["spec"]["template"]["metadata"]
    path = meta.get("annotations", {}).get("leakcage/url")
    name = document["metadata"]["name"]
    if path is None:
        return
    scenario = json.loads(read("scenarios", name + ".json"))
    if scenario["load"]["path"] != path:
        yield "leakcage/url is not the path of the scenario"
    container = pod["containers"][0]
    if container["name"] != name or container["command"] != [name]:
        yield "its first container is not the service %s" % name
    if size(container["resources"]["limits"]["memory"]) != size(scenario["limit"]):
        yield "its limit is not that of the scenario"


def job_errors(document, pod):
    spec = document["spec"]
    if document["kind"] != "Job":
        if pod.get("restartPolicy", "Always") != "Always" and document["kind"] == "Deployment":
            yield "restartPolicy of a Deployment is Always"
        return
    if pod.get("restartPolicy") not in ("Never", "OnFailure"):
        yield "restartPolicy of a Job is Never or OnFailure"
    if spec.get("completionMode") != "Indexed":
        return
    container = pod["containers"][0]
    environment = {item["name"]: item["value"] for item in container.get("env", [])}
    if environment.get("JOB_COMPLETIONS") != str(spec["completions"]):
        yield "JOB_COMPLETIONS is not completions"
    named = [word for word in container["args"][2:] if not word.startswith("-")]
    if named != image_scenario_names():
        yield "its scenarios are not those of scenarios/: %s" % (
            set(named) ^ set(image_scenario_names()) or "sort them")


def document_errors(document, claims):
    if not isinstance(document, dict) or document.get("kind") not in KINDS:
        yield "unknown kind"
        return
    version, spec = KINDS[document["kind"]]
    found = list(schema_errors(document, obj(_apiVersion=words(version),
                                             _kind=words(document["kind"]), _metadata=META,
                                             _spec=spec)))
    yield from found
    pod = pod_of(document)
    if found or not pod:
        return
    selector = document["spec"].get("selector", {}).get("matchLabels", {})
    labels = document["spec"].get("template", {}).get("metadata", {}).get("labels", {})
    if not selector.items() <= labels.items():
        yield "its selector does not select its own pods"
    for container in pod["containers"]:
        for error in container_errors(container, pod):
            yield "container %s: %s" % (container["name"], error)
    for volume in pod.get("volumes", []):
        claim = volume.get("persistentVolumeClaim", {}).get("claimName")
        if claim is not None and claim not in claims:
            yield "no PersistentVolumeClaim %s" % claim
    yield from job_errors(document, pod)
    yield from scenario_errors(document, pod)


def kube_errors():
    documents = []
    for path in sorted(glob.glob(os.path.join(KUBE, "*.yaml"))):
        with open(path, encoding="utf-8") as file:
            documents += [(os.path.relpath(path, ROOT), doc) for doc in yaml.safe_load_all(file)]
    claims = [doc["metadata"]["name"] for _, doc in documents
              if doc["kind"] == "PersistentVolumeClaim"]
    names = [(doc["kind"], doc["metadata"]["name"]) for _, doc in documents]
    for path, document in documents:
        for error in document_errors(document, claims):
            yield "%s: %s: %s" % (path, document["kind"], error)
        if names.count((document["kind"], document["metadata"]["name"])) > 1:
            yield "%s: %s has the name of another" % (path, document["kind"])
    if len(documents) < 6:
        yield "%s: found %d manifests" % (KUBE, len(documents))


def compose_errors():
    compose = yaml.safe_load(read("docker", "compose.yaml"))
    found = list(schema_errors(compose, COMPOSE))
    yield from found
    if found:
        return
    for name, service in compose["services"].items():
        for error in command_errors(service["command"]):
            yield "%s: %s" % (name, error)
        for other in service.get("depends_on", []):
            if other not in compose["services"]:
                yield "%s: depends on %s, which is not there" % (name, other)
        for mount in service.get("volumes", []):
            if mount.split(":")[0] not in compose["volumes"]:
                yield "%s: no volume %s" % (name, mount)


def ignore_errors():
    """What the image is built from is in the context, and nothing in the list is of the past."""
    for line in read(".dockerignore").splitlines():
        if line.startswith("!") and not os.path.exists(os.path.join(ROOT, line[1:])):
            yield ".dockerignore: there is no %s" % line[1:]


def main():
    errors = list(kube_errors())
    errors += ["docker/compose.yaml: " + error for error in compose_errors()]
    errors += list(ignore_errors())
    print("\n".join(errors) or "docker/: all manifests fit")
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
