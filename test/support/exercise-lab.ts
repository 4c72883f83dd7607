import type { ExpectedService } from "../../src/cli/program/command.ts";
import { invokeProcess } from "../../src/invoke-process.ts";
import { type Lab, startLab } from "./lab.ts";
import { distcli } from "./own-programs.ts";

export interface ExerciseLab {
  readonly lab: Lab;
  /** As `--config` would give them. */
  readonly services: readonly ExpectedService[];
}

/** Commands as one types them, each in a process of its own. */
export const asTyped = invokeProcess({ command: distcli });

/** A lab with every service of the course's exercises, on free ports. Its publishers hurry. */
export async function startExerciseLab(): Promise<ExerciseLab> {
  const lab = await startLab(`
host: 127.0.0.1
operations:
  add: a + b
  mul: { expression: a * b, aliases: [multiply] }
services:
  mqtt: { port: 0 }
  echo: { port: 0 }
  raw-echo: { role: echo, port: 0, reply: "{message}" }
  rest: { port: 0 }
  soap: { port: 0 }
  upcall: { port: 0 }
  time: { port: 0 }
  udp: { port: 0 }
  zmq-rep: { port: 0 }
  zmq-push: { port: 0, every: 10ms }
  zmq-pub: { port: 0, every: 50ms }
`);
  const services = lab.services.map((service) => ({
    service,
    role: service === "raw-echo" ? "echo" : service,
    host: "127.0.0.1",
    port: lab.port(service),
  }));
  return { lab, services };
}
