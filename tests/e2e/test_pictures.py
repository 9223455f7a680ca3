#!/usr/bin/python3
"""leakcage report --svg and --png: recorded runs as pictures. No guest is booted: the results are
the recorded runs of golden/."""
import os
import pty
import re
import shutil
import struct
import subprocess
import xml.etree.ElementTree
import zlib

import e2e

LEAK, FIXED, KILLED = "unclosed-body", "unclosed-body.fixed", "oom-restart"
SVG = "{http://www.w3.org/2000/svg}"
ZOOM = 2


def golden(name):
    return os.path.join(e2e.GOLDEN, name)


def paeth(left, up, corner):
    near = [abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)]
    return (left, up, corner)[near.index(min(near))]


def unfilter(kind, line, before, step):
    """A scan line of a PNG as bytes of pixels."""
    for i, value in enumerate(line):
        left = line[i - step] if i >= step else 0
        corner = before[i - step] if i >= step else 0
        more = (0, left, before[i], (left + before[i]) // 2, paeth(left, before[i], corner))[kind]
        line[i] = (value + more) & 255
    return line


def read_png(data):
    """Width, height, and how many pixels have which colour, in some of its lines."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n", data[:8]
    at, header, body = 8, None, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        content = data[at + 8:at + 8 + length]
        assert zlib.crc32(kind + content) == struct.unpack(
            ">I", data[at + 8 + length:at + 12 + length])[0], kind
        header = content if kind == b"IHDR" else header
        body += content if kind == b"IDAT" else b""
        at += 12 + length
    width, height, depth, form, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    assert (depth, interlaced) == (8, 0) and form in (2, 6), header
    step = 3 if form == 2 else 4
    raw = zlib.decompress(body)
    assert len(raw) == height * (1 + width * step), len(raw)
    colors, before = {}, bytearray(width * step)
    for y in range(min(height, 400)):
        begin = y * (1 + width * step)
        before = unfilter(raw[begin], bytearray(raw[begin + 1:begin + 1 + width * step]), before,
                          step)
        for x in range(0, width * step, step):
            color = bytes(before[x:x + 3])
            colors[color] = colors.get(color, 0) + 1
    return width, height, colors


class Pictures(e2e.Test):
    def path(self, name):
        return os.path.join(self.dir, name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def words(self, data):
        root = xml.etree.ElementTree.fromstring(data)
        return root, ["".join(text.itertext()) for text in root.iter(SVG + "text")]

    def without(self, program):
        """A PATH with everything but this program and what it needs not."""
        folder = self.path("bin")
        os.makedirs(folder)
        for name in ("fc-list", "rsvg-convert"):
            if name != program and shutil.which(name):
                os.symlink(shutil.which(name), os.path.join(folder, name))
        return self.environment(PATH=folder)

    def test_the_ending_of_the_file_decides(self):
        done = self.leakcage("report", golden(LEAK), "-o", self.path("run.svg"))
        self.expect_status(done, e2e.PASS)
        self.assertEqual(done.out + done.err, "")
        same = self.leakcage("report", "--svg", golden(LEAK))
        self.assertEqual(same.out.encode(), self.read("run.svg"))
        _, words = self.words(self.read("run.svg"))
        self.assertIn("LEAKunclosed-body", words)
        self.assertIn("limit 50.0 MiB", words)
        self.expect_nothing_left()

    def test_several_results_are_one_picture(self):
        done = self.leakcage("report", golden(FIXED), golden(LEAK), "-o", self.path("two.svg"))
        self.expect_status(done, e2e.PASS)
        root, words = self.words(self.read("two.svg"))
        self.assertIn("unclosed-body · unclosed-body.fixed", words)
        self.assertTrue(any(word.startswith("CLEANunclosed-body.fixed: ") for word in words), words)
        self.assertIn("unclosed-body.fixed: ", root.findtext(SVG + "desc"))

    def test_a_png_is_the_picture_at_twice_its_size(self):
        for name in (LEAK, KILLED):
            done = self.leakcage("report", golden(name), "-o", self.path("run.png"))
            self.expect_status(done, e2e.PASS)
            self.assertEqual(done.out + done.err, "")
            self.leakcage("report", golden(name), "-o", self.path("run.svg"))
            root, _ = self.words(self.read("run.svg"))
            width, height, colors = read_png(self.read("run.png"))
            self.assertEqual((width, height), (ZOOM * int(root.get("width")),
                                               round(ZOOM * float(root.get("height")))))
            # Mostly paper, and on it what the verdict, the memory and the text are drawn with.
            self.assertEqual(max(colors, key=colors.get), b"\xff\xff\xff")
            for color in (b"\xb8\x40\x0a", b"\x00\x72\xb2", b"\x33\x33\x33"):
                self.assertGreater(colors.get(color, 0), 100, color.hex())
        self.expect_nothing_left()

    def test_a_png_goes_through_a_pipe(self):
        data = subprocess.run([e2e.LEAKCAGE, "report", "--png", golden(LEAK)], check=True,
                              capture_output=True, env=self.environment()).stdout
        self.leakcage("report", golden(LEAK), "-o", self.path("run.png"))
        self.assertEqual(data, self.read("run.png"))

    def test_a_png_is_nothing_for_a_terminal(self):
        ours, theirs = pty.openpty()
        process = subprocess.run([e2e.LEAKCAGE, "report", "--png", golden(LEAK)], check=False,
                                 stdout=theirs, stderr=subprocess.PIPE, text=True,
                                 env=self.environment())
        os.close(theirs)
        os.close(ours)
        self.assertEqual(process.returncode, e2e.USAGE)
        self.assertIn("add -o FILE.png", process.stderr)

    def test_without_its_tool_it_names_the_package(self):
        done = self.leakcage("report", golden(LEAK), "-o", self.path("run.png"),
                             env=self.without("rsvg-convert"))
        self.expect_status(done, e2e.ENVIRONMENT)
        self.assertRegex(done.err, r"no rsvg-convert here.*apt-get install librsvg2-bin.*--svg")
        self.assertFalse(os.path.exists(self.path("run.png")))
        self.expect_nothing_left()

    def test_without_fonts_it_says_so(self):
        """Otherwise every letter would be a box, and the exit status 0."""
        config = self.write("fonts.conf", '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM '
                            '"fonts.dtd"><fontconfig><dir>/nonexistent</dir></fontconfig>')
        done = self.leakcage("report", golden(LEAK), "-o", self.path("run.png"),
                             env=self.environment(FONTCONFIG_FILE=config))
        self.expect_status(done, e2e.ENVIRONMENT)
        self.assertRegex(done.err, r"no font is installed.*fonts-dejavu-core")
        # Where fonts cannot be listed, it is made.
        done = self.leakcage("report", golden(LEAK), "-o", self.path("run.png"),
                             env=self.without("fc-list"))
        self.expect_status(done, e2e.PASS)

    def test_a_tool_that_fails_is_quoted(self):
        folder = self.path("bin")
        os.makedirs(folder)
        for script in ("echo no memory for this >&2; exit 7", "echo no picture"):
            tool = os.path.join(folder, "rsvg-convert")
            with open(tool, "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\n%s\n" % script)
            os.chmod(tool, 0o755)
            done = self.leakcage("report", golden(LEAK), "-o", self.path("run.png"),
                                 env=self.environment(PATH=folder + ":" + os.environ["PATH"]))
            self.expect_status(done, e2e.ENVIRONMENT)
            status = re.search(r"exit (\d)", script)
            self.assertIn("exit status %s" % (status.group(1) if status else 0), done.err)
            if status:
                self.assertIn("no memory for this", done.err)

    def test_the_status_is_that_of_the_results(self):
        result = os.path.join(self.results, LEAK)
        shutil.copytree(golden(LEAK), result)
        with open(os.path.join(result, "result.json"), encoding="utf-8") as file:
            text = file.read()
        with open(os.path.join(result, "result.json"), "w", encoding="utf-8") as file:
            file.write(text.replace('"verdict": "leak",\n    "cause": "sockets"',
                                    '"verdict": "clean"'))
        done = self.leakcage("report", result, "-o", self.path("run.svg"))
        self.expect_status(done, e2e.OTHER)
        self.assertTrue(self.read("run.svg").endswith(b"</svg>\n"))


if __name__ == "__main__":
    e2e.main()
