"""Images of containers, made by hand: FROM scratch, with programs and the libraries they need, as
the docker-archive that `podman load` takes. No engine is needed to make one."""
import hashlib
import io
import json
import os
import subprocess
import tarfile


def _add(archive, name, data, mode=0o644):
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), mode
    archive.addfile(entry, io.BytesIO(data))


def _needed(program):
    """The program and its libraries: {path in the image: path here}."""
    files = {"bin/" + os.path.basename(program): program}
    done = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        words = line.split()
        path = words[2] if "=>" in words else words[0]
        if path.startswith("/"):
            files[path.lstrip("/")] = path
    return files


def make(path, name, programs, command=None, port=None):
    """Write the image NAME to PATH. `command`: its CMD, by default the first program."""
    files = {}
    for program in programs:
        files.update(_needed(program))
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as archive:
        for inside, here in sorted(files.items()):
            with open(os.path.realpath(here), "rb") as file:
                _add(archive, inside, file.read(), 0o755)
    digest = hashlib.sha256(layer.getvalue()).hexdigest()
    config = {"Cmd": command or ["/bin/" + os.path.basename(programs[0])], "Env": ["PATH=/bin"]}
    if port:
        config["ExposedPorts"] = {"%d/tcp" % port: {}}
    text = json.dumps({
        "architecture": "amd64", "os": "linux", "config": config,
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest]},
    }).encode()
    config_name = hashlib.sha256(text).hexdigest() + ".json"
    manifest = [{"Config": config_name, "RepoTags": [name], "Layers": [digest + "/layer.tar"]}]
    with tarfile.open(path, "w") as archive:
        _add(archive, config_name, text)
        _add(archive, digest + "/layer.tar", layer.getvalue())
        _add(archive, "manifest.json", json.dumps(manifest).encode())
    return path
