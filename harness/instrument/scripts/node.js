// What leakcage loads before a service's own code, by NODE_OPTIONS=--require: V8's sampling heap
// profiler, and a connection to the harness, which asks at a floor for what lives then. It keeps no
// process alive and writes no file. Each thread and each child has its own.
//
// An answer is lines (harness/instrument/held_text.h).
'use strict';
const {Session} = require('inspector');
const net = require('net');
const path = require('path');
const {fileURLToPath} = require('url');
const v8 = require('v8');

const SAMPLING_BYTES = 4096;  // V8 looks at one allocation for so many bytes
const SCALE_MIN = 0.25;
const SCALE_MAX = 4;
const RETRY_MS = 500;
const DOOR = path.join(__dirname, 'door');

function oneLine(text) {
  return text.replace(/[\u0000-\u001f\u007f]/g, '?');
}

function fileOf(url) {
  try {
    return url.startsWith('file:') ? fileURLToPath(url) : url;
  } catch {
    return url;
  }
}

// Frames in the order in which they come; each is told once.
class Frames {
  constructor(lines) {
    this.lines = lines;
    this.numbers = new Map();
  }

  number(line, file, name) {
    const text = `frame ${line} ${oneLine(file)}\t${oneLine(name)}`;
    let number = this.numbers.get(text);
    if (number === undefined) {
      number = this.numbers.size;
      this.numbers.set(text, number);
      this.lines.push(text);
    }
    return number;
  }

  ofCall({functionName, url, lineNumber}) {
    const file = fileOf(url);
    return this.number(lineNumber + 1, file, functionName || (file ? '(anonymous)' : '(V8)'));
  }
}

// V8 samples a block of n bytes with the probability 1 - e^(-n/rate), and takes each that it saw
// for as many as that needs, rounded; its size is that of them all. How many they are:
function countOf(bytes) {
  let count = 1;
  while (Math.round(1 / (1 - Math.exp(-bytes / count / SAMPLING_BYTES))) > count) count++;
  return count;
}

// Objects that code makes at once are one block, and live as long as the first of them, so the
// estimates are too high or too low. What the heap has in use V8 knows to the byte: they are scaled
// to add up to what came since the start.
function scaleOf(profile, usedBytes) {
  let seen = 0;
  for (const left = [profile.head]; left.length > 0;) {
    const node = left.pop();
    seen += node.selfSize;
    left.push(...node.children);
  }
  const scale = seen > 0 ? usedBytes / seen : 1;
  return Math.min(Math.max(scale, SCALE_MIN), SCALE_MAX);
}

function linesOf(profile, usedBytes) {
  const scale = scaleOf(profile, usedBytes);
  const lines = [];
  const frames = new Frames(lines);
  const counts = new Map();
  for (const {nodeId, size} of profile.samples)
    counts.set(nodeId, (counts.get(nodeId) || 0) + countOf(size));
  const left = profile.head.children.map((node) => ({node, callers: []}));
  while (left.length > 0) {
    const {node, callers} = left.pop();
    if (fileOf(node.callFrame.url) === __filename) continue;  // what this file itself holds
    const stack = [frames.ofCall(node.callFrame), ...callers];
    if (node.selfSize > 0) {
      const objects = Math.round(counts.get(node.id) || 1);
      lines.push(`stack ${objects} ${Math.round(node.selfSize * scale)} ${stack.join(' ')}`);
    }
    for (const child of node.children) left.push({node: child, callers: stack});
  }
  const outside = process.memoryUsage().arrayBuffers;
  if (outside > 0) {
    const label = frames.number(0, '', '[array buffers, outside of the heap of V8]');
    lines.push(`stack 0 ${outside} ${label}`);
  }
  lines.push('end', '');
  return lines.join('\n');
}

// Garbage is collected when this thread is next idle; what calls back then must post nothing.
function answer(session, socket) {
  session.post('HeapProfiler.collectGarbage', () => {
    const usedBytes = process.memoryUsage().heapUsed - startBytes;
    setImmediate(() => session.post('HeapProfiler.getSamplingProfile', (failure, result) => {
      if (failure) socket.write(`failed ${oneLine(String(failure.message))}\nend\n`);
      else socket.write(linesOf(result.profile, usedBytes));
    }));
  });
}

function connect(session) {
  const socket = net.connect({path: DOOR});
  let open = false;
  socket.unref();
  socket.on('connect', () => { open = true; });
  socket.on('data', () => answer(session, socket));
  socket.on('error', () => {
    if (!open) setTimeout(() => connect(session), RETRY_MS).unref();
  });
}

// A function that is compiled into its caller is in no stack.
v8.setFlagsFromString('--no-turbo-inlining');
if (Number(process.versions.v8.split('.')[0]) > 11) v8.setFlagsFromString('--no-maglev-inlining');

const session = new Session();
session.connect();
session.post('HeapProfiler.enable');
session.post('HeapProfiler.startSampling', {samplingInterval: SAMPLING_BYTES});
session.post('HeapProfiler.getSamplingProfile');  // collects garbage at once, as nothing else does
const startBytes = process.memoryUsage().heapUsed;
connect(session);
