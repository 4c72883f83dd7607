import { z } from "zod";
import type { CommandContext } from "../program/command-context.ts";
import { requestAdmin } from "./client.ts";
import type { AdminPeer } from "./options.ts";

const services = z.array(
  z.object({
    name: z.string(),
    role: z.string(),
    state: z.string(),
    transport: z.string(),
    addresses: z.array(z.string()),
    /** That of each address; an older distsrv has one for all. */
    transports: z.array(z.string()).optional(),
    uptime: z.number().nullable(),
    restarts: z.number(),
    error: z.string().nullable(),
    clients: z.number().nullable(),
    problems: z.array(z.string()),
  }),
);

/** A service of a running distsrv, as its admin service lists it. */
export type ListedService = z.infer<typeof services>[number];

/** All services of a running distsrv, in the order of its configuration. @throws {PeerError} without an answer */
export const listServices = (context: CommandContext, peer: AdminPeer): Promise<ListedService[]> =>
  requestAdmin(context, peer, "/api/services", services);
