import { z } from "zod";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import { requestAdmin } from "./client.ts";
import type { AdminPeer } from "./options.ts";
import { listServices } from "./services.ts";

/** A broker of a running distsrv, with the views and actions that its admin service offers. */
export interface RunningBroker {
  readonly name: string;
  view<T>(view: string, query: Readonly<Record<string, string>>, schema: z.ZodType<T>): Promise<T>;
  act<T>(action: string, input: object, schema: z.ZodType<T>): Promise<T>;
}

/**
 * The broker of this name; absent: the only one.
 * @throws {PeerError} where there is none, or it has to be chosen
 */
export async function findBroker(
  context: CommandContext,
  peer: AdminPeer,
  wanted: string | undefined,
): Promise<RunningBroker> {
  const brokers = (await listServices(context, peer)).filter(({ role }) => role === "mqtt");
  const names = brokers.map(({ name }) => name);
  const [first] = names;
  if (first === undefined) throw new PeerError("no-broker", "This distsrv has no MQTT broker");
  if (wanted === undefined && names.length > 1)
    throw new PeerError(
      "no-broker",
      `There are several brokers: choose one of ${names.join(", ")} by --service`,
    );
  if (wanted !== undefined && !names.includes(wanted))
    throw new PeerError("no-broker", `There is no broker "${wanted}" here; there is ${names.join(", ")}`);
  const name = wanted ?? first;
  const path = `/api/services/${encodeURIComponent(name)}`;
  return {
    name,
    view: (view, query, schema) =>
      requestAdmin(context, peer, `${path}/views/${view}?${new URLSearchParams(query)}`, schema),
    async act(action, input, schema) {
      const init = {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(input),
      };
      const answer = z.object({ result: schema });
      return (await requestAdmin(context, peer, `${path}/actions/${action}`, answer, init)).result;
    },
  };
}
