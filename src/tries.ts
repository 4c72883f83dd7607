import { runTrial, trialForm } from "./cli/try/index.ts";
import type { Tries, TryTarget } from "./core/try.ts";

/** The dashboard tries services with distcli's own clients. */
export const tries: Tries = {
  form({ service, role, operations }) {
    const form = trialForm(role, { operations });
    return form === undefined ? undefined : { service, role, ...form };
  },

  async run(target, values) {
    const { role, operations } = target;
    const { request, reply, ...result } = await runTrial(role, peerOf(target), values, { operations });
    return { ...result, request: request ?? null, reply: reply ?? null };
  },
};

function peerOf({ service, addresses }: TryTarget) {
  const address = addresses.find(({ transport }) => transport !== "ipc");
  if (address === undefined) throw new Error(`"${service}" listens on no port that could be tried`);
  return address;
}
