// Given to a service by `node --import`, in each of its threads: its wall clock is off by what a file says.
// The services read the wall clock by Date.now() alone, which the linter holds them to.
//
//   --import file:///.../stepped-clock.mjs?offset=/tmp/.../filter-1.offset    the file holds milliseconds
import { readFileSync } from 'node:fs';

const file = new URL(import.meta.url).searchParams.get('offset');
const everyMs = 250;
const rightNow = Date.now.bind(Date);
let offsetMs = 0;

function read() {
  try {
    offsetMs = Number(readFileSync(file, 'utf8')) || 0;
  } catch {
    offsetMs = 0; // no file: the clock is right
  }
}

read();
setInterval(read, everyMs).unref();
Date.now = () => rightNow() + offsetMs;
