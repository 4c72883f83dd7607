import { z } from "zod";
import { runRaw } from "./cli/try/raw-trial.ts";
import { runTrial, type TrialResult, trialForm, trialTransport } from "./cli/try/run-trial.ts";
import type { Address } from "./core/address.ts";
import type { Tries, TryResult, TryTarget } from "./core/try.ts";

/** The configuration of a broker that asks for a name and a password. */
const withUsers = z.object({ users: z.array(z.unknown()).min(1) });

/** The dashboard tries services with distcli's own clients. */
export const tries: Tries = {
  form(target) {
    const { service, role } = target;
    const form = trialForm(role, trialContextOf(target));
    const address = addressOf(target);
    if (form === undefined || address === undefined) return undefined;
    const { transport, host, port } = address;
    return { service, role, ...form, address: { transport, host, port } };
  },

  async run(target, values, signal = new AbortController().signal) {
    const address = addressToTry(target);
    return shown(await runTrial(target.role, address, values, trialContextOf(target), signal));
  },

  async sendRaw(target, request, signal = new AbortController().signal) {
    const transport = trialTransport(target.role) ?? "tcp";
    return shown(await runRaw(transport, addressToTry(target), request, signal));
  },
};

const shown = ({ request, reply, ...result }: TrialResult): TryResult => ({
  ...result,
  request: request ?? null,
  reply: reply ?? null,
});

/** @throws {Error} when there is none */
function addressToTry(target: TryTarget): Address {
  const address = addressOf(target);
  if (address === undefined) throw new Error(`"${target.service}" listens on no port that could be tried`);
  return address;
}

/** The first address without TLS or WebSocket, which a broker's other listeners may need. */
function addressOf({ role, addresses }: TryTarget) {
  const wanted = trialTransport(role);
  return addresses.find(({ transport }) => transport === wanted);
}

const trialContextOf = ({ operations, config }: TryTarget) => ({
  operations,
  hasUsers: withUsers.safeParse(config).success,
});
