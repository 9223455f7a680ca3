// A program that keeps 1 KiB for each unit of work. usage: node held.js [worker|buffers]
//
// Reads a number from each line, does so many units, and answers "done"; with "worker" it is done
// in a thread, with "buffers" it is kept outside of V8's heap.
'use strict';
const readline = require('readline');
const {Worker, isMainThread, parentPort} = require('worker_threads');

const mode = process.argv[2];
const kept = [];

function keep() {  // the leak
  kept.push(mode === 'buffers' ? Buffer.alloc(1024) : Array.from({length: 128}, (_, n) => n * 1.5));
}

function work(count) {
  for (let n = 0; n < count; n++) {
    keep();
    JSON.parse(JSON.stringify({n, text: 'forgotten'}));
  }
}

function serve(workOn) {
  console.log('ready');
  readline.createInterface({input: process.stdin}).on('line', (line) => workOn(Number(line)));
}

if (!isMainThread) {
  parentPort.on('message', (count) => {
    work(count);
    parentPort.postMessage('done');
  });
} else if (mode === 'worker') {
  const worker = new Worker(__filename, {argv: [mode]});
  worker.on('message', (text) => console.log(text));
  worker.on('online', () => serve((count) => worker.postMessage(count)));
  process.stdin.on('end', () => worker.terminate());
} else {
  serve((count) => {
    work(count);
    console.log('done');
  });
}
