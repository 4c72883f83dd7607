import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/** One address of a name: an A record is IPv4, an AAAA record IPv6; /etc/hosts counts as well. */
export interface NameAddress {
  readonly address: string;
  readonly record: "A" | "AAAA";
}

/** The addresses of a name in one family, as the system's resolver finds them. */
export type Lookup = (name: string, family: 4 | 6) => Promise<readonly string[]>;

/**
 * Every address of a name, IPv4 first, without duplicates; an IP address gives itself. Empty: the name has none.
 * @throws when nothing is found because the name server does not answer
 */
export async function resolveName(name: string, lookUp: Lookup = systemLookup): Promise<NameAddress[]> {
  const family = isIP(name);
  if (family !== 0) return [{ address: name, record: family === 4 ? "A" : "AAAA" }];
  const [v4, v6] = await Promise.allSettled([lookupFamily(name, 4, lookUp), lookupFamily(name, 6, lookUp)]);
  const found = [...recordsOf(v4, "A"), ...recordsOf(v6, "AAAA")];
  if (found.length > 0) return found; // localhost is found in /etc/hosts even without a name server
  const failed = [v4, v6].find((outcome) => outcome.status === "rejected");
  if (failed === undefined) return [];
  throw new Error(`Cannot resolve "${name}": the name server does not answer`, { cause: failed.reason });
}

function recordsOf(
  outcome: PromiseSettledResult<ReadonlySet<string>>,
  record: NameAddress["record"],
): NameAddress[] {
  return outcome.status === "rejected" ? [] : [...outcome.value].map((address) => ({ address, record }));
}

const noAddressCodes = new Set(["ENOTFOUND", "ENODATA", "ESERVFAIL", "EADDRFAMILY"]);

// One family per query: a query for both may leave out the family that this machine has no route for.
async function lookupFamily(name: string, family: 4 | 6, lookUp: Lookup): Promise<Set<string>> {
  try {
    return new Set(await lookUp(name, family));
  } catch (error) {
    if (error instanceof Error && "code" in error && noAddressCodes.has(String(error.code))) return new Set();
    throw error;
  }
}

async function systemLookup(name: string, family: 4 | 6): Promise<string[]> {
  return (await lookup(name, { all: true, family })).map(({ address }) => address);
}
