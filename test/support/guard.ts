// Preloaded by bunfig.toml. An endless loop in the code under test would hang the suite, because Bun's own timeouts
// run on the thread that loops: a worker thread watches it, and ends the process with the name of the test file.
import { beforeEach } from "bun:test";

/** How long the main thread may be busy: much longer than any test that is still at work. */
const seconds = Number(process.env.DISTSRV_TEST_MAX_BUSY_SECONDS ?? 120);

const maxName = 4096;
/** A count of the main thread's turns, then the length of the test file's name and its bytes. */
const state = new Int32Array(new SharedArrayBuffer(8 + maxName));
const encoder = new TextEncoder();
const name = new Uint8Array(state.buffer, 8);
let file = "";

/** The main thread is alive, and runs this test file. */
function report(): void {
  Atomics.add(state, 0, 1);
  if (file === Bun.main) return;
  file = Bun.main;
  const bytes = encoder.encode(file).subarray(0, maxName);
  name.set(bytes);
  Atomics.store(state, 1, bytes.length);
}

report();
beforeEach(report);
setInterval(report, 250).unref();

const watchdog = new Worker(new URL("guard-worker.ts", import.meta.url).href);
watchdog.unref();
watchdog.postMessage({ state, seconds });
