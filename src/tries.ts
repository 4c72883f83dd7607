import { z } from "zod";
import { runTrial, trialForm, trialTransport } from "./cli/try/run-trial.ts";
import type { Tries, TryTarget } from "./core/try.ts";

/** The configuration of a broker that asks for a name and a password. */
const withUsers = z.object({ users: z.array(z.unknown()).min(1) });

/** The dashboard tries services with distcli's own clients. */
export const tries: Tries = {
  form(target) {
    const { service, role } = target;
    const form = trialForm(role, trialContextOf(target));
    return form === undefined || addressOf(target) === undefined ? undefined : { service, role, ...form };
  },

  async run(target, values, signal = new AbortController().signal) {
    const { service, role } = target;
    const address = addressOf(target);
    if (address === undefined) throw new Error(`"${service}" listens on no port that could be tried`);
    const { request, reply, ...result } = await runTrial(
      role,
      address,
      values,
      trialContextOf(target),
      signal,
    );
    return { ...result, request: request ?? null, reply: reply ?? null };
  },
};

/** The first address without TLS or WebSocket, which a broker's other listeners may need. */
function addressOf({ role, addresses }: TryTarget) {
  const wanted = trialTransport(role);
  return addresses.find(({ transport }) => transport === wanted);
}

const trialContextOf = ({ operations, config }: TryTarget) => ({
  operations,
  hasUsers: withUsers.safeParse(config).success,
});
