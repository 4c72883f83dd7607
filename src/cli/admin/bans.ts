import { z } from "zod";
import type { CommandContext } from "../program/command-context.ts";
import { requestAdmin } from "./client.ts";
import type { AdminPeer } from "./options.ts";

const ban = z.object({
  address: z.string(),
  reason: z.string(),
  by: z.string(),
  since: z.number(),
  within: z.string().optional(),
  until: z.number().nullable(),
});

/** An address that a distsrv keeps out. */
export type ListedBan = z.infer<typeof ban>;

export interface NewBan {
  readonly address: string;
  /** Seconds; absent: for ever. */
  readonly for?: string;
  readonly reason?: string;
  /** Whether its clients that are connected stay. */
  readonly disconnect: boolean;
}

export const listBans = (context: CommandContext, peer: AdminPeer): Promise<ListedBan[]> =>
  requestAdmin(context, peer, "/api/bans", z.array(ban));

export const addBan = (context: CommandContext, peer: AdminPeer, wanted: NewBan): Promise<ListedBan> =>
  requestAdmin(context, peer, "/api/bans", ban, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(wanted),
  });

export const removeBan = (context: CommandContext, peer: AdminPeer, address: string): Promise<ListedBan> =>
  requestAdmin(context, peer, `/api/bans?address=${encodeURIComponent(address)}`, ban, { method: "DELETE" });
