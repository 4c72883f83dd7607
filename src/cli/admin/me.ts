import { z } from "zod";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import { requestAdmin } from "./client.ts";
import type { AdminPeer } from "./options.ts";

const me = z.object({ name: z.string(), role: z.string() });

/** Who this is to a running distsrv, and what it may do. */
export type Me = z.infer<typeof me>;

/** @returns undefined where distsrv is too old to say */
export async function whoAmI(context: CommandContext, peer: AdminPeer): Promise<Me | undefined> {
  try {
    return await requestAdmin(context, peer, "/api/me", me);
  } catch (error) {
    if (error instanceof PeerError && error.code === "not-found") return undefined;
    throw error;
  }
}
