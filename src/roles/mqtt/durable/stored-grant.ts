import { z } from "zod";
import type { Grant } from "../ports/access.ts";

const filters = z.array(z.string());

/** A grant as it is kept with its session. When it ends does not count: the connection that it was for has ended. */
export const storedGrant = z
  .object({
    by: z.enum(["service", "token"]),
    isUnproved: z.literal(true).optional(),
    groups: filters,
    rules: z.array(z.object({ publish: filters, subscribe: filters })).optional(),
  })
  .transform((kept): Grant => ({ ...kept, rules: kept.rules }));

export const lastingGrant = ({ by, isUnproved, groups, rules }: Grant) => ({
  by,
  ...(isUnproved && { isUnproved }),
  groups,
  ...(rules !== undefined && { rules }),
});

export const grantText = (grant: Grant): string => JSON.stringify(lastingGrant(grant));

/** @throws {Error} when the text is none */
export function grantIn(text: string): Grant {
  return storedGrant.parse(JSON.parse(text));
}
