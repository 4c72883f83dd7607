import type { StartError } from "../core/errors.ts";
import { type ListenTarget, listenError, probePort } from "./listen-port.ts";

/** The ports that other programs have, each with its error: a start reports all of them, not the first alone. */
export async function busyPorts(targets: readonly ListenTarget[]): Promise<StartError[]> {
  const errors: StartError[] = [];
  for (const target of targets) {
    try {
      await probe(target);
    } catch (cause) {
      const error = listenError(target, cause);
      if (error.code === "port-in-use") errors.push(error);
    }
  }
  return errors;
}

/** Binds the port for a moment. */
async function probe({ transport, host, port }: ListenTarget): Promise<void> {
  if (transport === "TCP") probePort(host, port);
  else (await Bun.udpSocket({ hostname: host, port })).close();
}
