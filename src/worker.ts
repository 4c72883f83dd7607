// The one entry of every worker thread: it is told which role to run.
import { parts } from "./parts.ts";
import { serveThread } from "./server/run/thread.ts";
import type { ToThread } from "./server/run/thread-messages.ts";

declare const self: Worker;

const receive = serveThread(
  parts,
  (message) => self.postMessage(message),
  () => process.exit(0),
);
self.onmessage = (event: MessageEvent<ToThread>) => void receive(event.data);
