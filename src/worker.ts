// The one entry of every worker thread. A message from the main thread names the role to run.
import { compileOperation } from "./protocol/calculator/compile.ts";
import { setLocalZone } from "./protocol/text/zone/find-zone.ts";
import { threadedRoles } from "./roles/threaded.ts";
import { serveThread } from "./server/run/thread.ts";
import type { ToThread } from "./server/run/thread-messages.ts";

declare const self: Worker;

setLocalZone(process.env.TZ);

const receive = serveThread(
  { compileOperation, findStart: (role) => threadedRoles[role]?.() },
  (message) => self.postMessage(message),
  () => process.exit(0),
);
self.onmessage = (event: MessageEvent<ToThread>) => void receive(event.data);
