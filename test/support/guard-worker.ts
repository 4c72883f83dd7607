// The watchdog thread of guard.ts.
import { writeSync } from "node:fs";

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<{ state: Int32Array<SharedArrayBuffer>; seconds: number }>) => {
  const { state, seconds } = data;
  let turns = Atomics.load(state, 0);
  let silent = 0;
  // Counted and not measured: while the machine sleeps, or the process is stopped, nothing counts.
  setInterval(() => {
    const now = Atomics.load(state, 0);
    silent = now === turns ? silent + 1 : 0;
    turns = now;
    if (silent < seconds) return;
    const file = Buffer.from(state.buffer, 8, Atomics.load(state, 1)).toString();
    const busy = `the main thread was busy for ${seconds} s, maybe in an endless loop`;
    writeSync(2, `\nEnded the tests: ${busy}; the last test began in ${file}\n`);
    process.kill(process.pid, "SIGKILL");
  }, 1000);
};
