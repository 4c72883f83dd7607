import { z } from "zod";
import { runTrial, trialForm, trialTransport } from "./cli/try/run-trial.ts";
import type { Tries, TryTarget } from "./core/try.ts";

/** A broker that asks who its clients are, whatever else is in its configuration. */
const withUsers = z.object({ users: z.array(z.unknown()).min(1) });

/** The dashboard tries services with distcli's own clients. */
export const tries: Tries = {
  form(target) {
    const { service, role } = target;
    const form = trialForm(role, surroundingsOf(target));
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
      surroundingsOf(target),
      signal,
    );
    return { ...result, request: request ?? null, reply: reply ?? null };
  },
};

/** The first that is spoken to plainly: a broker's other listeners may want TLS or WebSocket. */
function addressOf({ role, addresses }: TryTarget) {
  const wanted = trialTransport(role);
  return addresses.find(({ transport }) => transport === wanted);
}

const surroundingsOf = ({ operations, config }: TryTarget) => ({
  operations,
  hasUsers: withUsers.safeParse(config).success,
});
