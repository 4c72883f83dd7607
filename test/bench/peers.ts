import { join } from "node:path";
import type { Contender, RunningServer } from "./case.ts";
import { launch } from "./launch.ts";
import { gcc, pythonModule, pythonWith, zmqHeaders } from "./machine.ts";

/** Our own peers print `listening PORT` when they are ready. */
async function launchPeer(command: readonly string[]): Promise<RunningServer> {
  const { value, pid, stop } = await launch(command, (line) => /^listening (\d+)/.exec(line)?.[1]);
  return { port: Number(value), pid, stop };
}

const path = (file: string) => join(import.meta.dir, "peers", file);

/** The single-threaded epoll server in C, doing one of its services. */
export const epollServer = (...args: readonly string[]): Contender => ({
  name: "C, epoll",
  needs: [gcc],
  start: async (workshop) => launchPeer([await workshop.program("peers/epoll-server.c"), ...args]),
});

export const libzmq = (source: "zmq-rep.c" | "zmq-push.c"): Contender => ({
  name: "C, libzmq",
  needs: [gcc, zmqHeaders],
  start: async (workshop) => launchPeer([await workshop.program(`peers/${source}`)]),
});

export const python = (name: string, file: string, module: string, debian: string): Contender => ({
  name,
  needs: [pythonModule(module, debian)],
  start: () => launchPeer([pythonWith(module) ?? "python3", path(file)]),
});

export const bareServe = (work: "rest" | "jsonrpc"): Contender => ({
  name: "bare Bun.serve",
  needs: [],
  start: () => launchPeer([process.execPath, path("bare-serve.ts"), work]),
});
