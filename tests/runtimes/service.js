// A service of Node's standard library. usage: node service.js clean|leak
//
// Each request is parsed and answered with JSON, and is forgotten; the leak keeps 1 KiB of each.
'use strict';
const http = require('http');
const v8 = require('v8');

const leaks = process.argv[2] === 'leak';
const kept = [];

function answer(response, document) {
  const body = JSON.stringify(document);
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}

http.createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/gc') {  // there with node --expose-gc
    if (global.gc) global.gc();
    return answer(response, {collected: Boolean(global.gc)});
  }
  if (request.url === '/heap') {
    // The new space is handed out in large pieces, and holds nothing old after a collection.
    const spaces = v8.getHeapSpaceStatistics().filter((s) => s.space_name !== 'new_space');
    const sum = (key) => spaces.reduce((bytes, space) => bytes + space[key], 0);
    return answer(response, {arena_bytes: sum('space_size'), in_use_bytes: sum('space_used_size'),
                             free_bytes: sum('space_available_size')});
  }
  const rows = Array.from({length: 50}, (_, n) => ({id: n, name: `row ${n}`}));
  if (leaks) kept.push(Array.from({length: 128}, (_, n) => n * Math.PI));  // as doubles
  answer(response, {path: request.url, rows: JSON.parse(JSON.stringify(rows))});
}).listen(Number(process.env.PORT), '127.0.0.1');
