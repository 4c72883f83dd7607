import type { Asker, Audit } from "../../core/audit.ts";
import { describeError } from "../../core/errors.ts";
import { interrupts } from "../../core/interrupts.ts";
import type { Logger } from "../../core/log.ts";
import { exitStatus, type ServerIo } from "../io.ts";
import type { Supervisor } from "../run/supervisor.ts";

export interface Stop {
  /** Resolves when everything has stopped: true if without errors. */
  readonly stopped: Promise<boolean>;
  /** @param reason the first words of the log line */
  readonly drain: (reason: string, asker?: Asker) => void;
}

/** The first request to stop drains, also while services still start; a second signal ends at once. */
export function stopOnce(io: ServerIo, supervisor: Supervisor, own: Logger, audit: Audit | undefined): Stop {
  const { promise: stopped, resolve } = Promise.withResolvers<boolean>();
  let isDraining = false;
  const drain = (reason: string, asker: Asker = { by: reason }) => {
    if (isDraining) return;
    isDraining = true;
    audit?.("stopping", { ...asker });
    const { grace } = supervisor.plan.settings;
    own.info(`${reason}: unfinished replies have ${grace / 1000} s; a second signal ends at once`);
    supervisor.stop(AbortSignal.timeout(grace)).then(
      () => {
        own.info("Stopped");
        resolve(true);
      },
      (error: unknown) => {
        io.err(`${describeError(error)}\n`);
        resolve(false);
      },
    );
  };
  const atOnce = () => io.exit(exitStatus.failed);
  const onSignal = interrupts<string>({
    // Somebody else may have asked for the end already.
    first: (signal) => (isDraining ? atOnce() : drain(signal)),
    again: atOnce,
    now: () => performance.now(),
  });
  io.onSignal("stop", onSignal);
  return { stopped, drain };
}
