import type { StartError } from "../core/errors.ts";
import { type ListenTarget, listenError, probePort } from "./listen-port.ts";

export interface BusyPort {
  readonly target: ListenTarget;
  readonly error: StartError;
}

/** The ports that other programs have, each with its error: a start reports all of them, not the first alone. */
export async function busyPorts(targets: readonly ListenTarget[]): Promise<BusyPort[]> {
  const busy: BusyPort[] = [];
  // Each is offered another port that no other of them wants or was offered.
  const taken = new Set(targets.map(({ port }) => port));
  for (const target of targets) {
    try {
      await probe(target);
    } catch (cause) {
      const error = listenError(target, cause, taken);
      if (error.code === "port-in-use") busy.push({ target, error });
    }
  }
  return busy;
}

/** Binds the port for a moment. */
async function probe({ transport, host, port }: ListenTarget): Promise<void> {
  if (transport === "TCP") probePort(host, port);
  else (await Bun.udpSocket({ hostname: host, port })).close();
}
