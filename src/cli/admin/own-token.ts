import { readFileSync, statSync } from "node:fs";
import { isLoopback } from "../../core/address.ts";
import { tokenFile, tokenVariables } from "../../core/token-file.ts";
import { listenerOwners } from "../../net/listener-owners.ts";

/** As the Debian package's unit has it. */
const ofService = { DISTSRV_STATE_DIR: "/var/lib/distsrv" };

const root = 0;

type Environment = Readonly<Record<string, string | undefined>>;

/** A token of this machine, and where it was. */
interface Found {
  readonly token: string;
  readonly source: string;
  /** Whose the file is that it was in: who runs a server with it can read that. */
  readonly owner?: number;
  /** It was made by a server for as long as it runs. */
  readonly isMade?: boolean;
}

/** The token for a server on this machine. */
export interface OwnToken {
  /** Undefined: there is none that this user may read, or it may not be sent. */
  readonly token: string | undefined;
  /** Why one that there is may not be sent. */
  readonly withheld?: string;
}

/** Whom the token may be sent to. */
export interface Recipient {
  readonly host: string;
  readonly port: number;
  /** It proves who it is by a certificate, which is checked. */
  readonly isProved: boolean;
}

/** What the system says; a test says it instead. */
export interface OwnTokenSystem {
  readonly user: number | undefined;
  owners(host: string, port: number): ReadonlySet<number> | undefined;
}

const system: OwnTokenSystem = { user: process.getuid?.(), owners: listenerOwners };

/**
 * The token of a distsrv on this machine, as it was given to it or as it made it itself. Another machine never gets to see
 * it, nor does whoever else of this machine listens on the port while distsrv does not: the listener has to be a
 * program of this user, of root, or of the owner of the token's file. Where the system does not say whose it is, only
 * a token that was made by a server for as long as it runs is sent.
 */
export function ownToken(
  environment: Environment,
  { host, port, isProved }: Recipient,
  { user, owners }: OwnTokenSystem = system,
): OwnToken {
  if (!isLoopback(host)) return { token: undefined };
  const found = tokensOf(environment, port);
  if (found.length === 0) return { token: undefined };
  const listeners = isProved ? new Set<number>() : owners(host, port);
  const sent = found.find((one) => isProved || mayBeSent(one, user, listeners));
  return sent === undefined
    ? { token: undefined, withheld: whyWithheld(found, listeners, { user, port }) }
    : { token: sent.token };
}

function tokensOf(environment: Environment, port: number): Found[] {
  const { token: source } = tokenVariables;
  const token = environment[source];
  return [
    ...(token ? [{ token, source }] : []),
    ...inFile(environment[tokenVariables.file], tokenVariables.file),
    ...[tokenFile(environment, port), tokenFile(ofService, port)].flatMap((file) =>
      inFile(file, file).map((found) => ({ ...found, isMade: true })),
    ),
  ];
}

function inFile(file: string | undefined, source = ""): Found[] {
  if (!file) return [];
  try {
    const token = readFileSync(file, "utf8").trim();
    return token === "" ? [] : [{ token, source, owner: statSync(file).uid }];
  } catch {
    // Most servers have no token: then there is no file.
    return [];
  }
}

function mayBeSent(
  { owner, isMade = false }: Found,
  user: number | undefined,
  listeners: ReadonlySet<number> | undefined,
): boolean {
  if (listeners === undefined) return isMade;
  const trusted = [root, user, owner];
  return listeners.size > 0 && [...listeners].every((uid) => trusted.includes(uid));
}

function whyWithheld(
  [first]: readonly Found[],
  listeners: ReadonlySet<number> | undefined,
  { user, port }: { readonly user: number | undefined; readonly port: number },
): string | undefined {
  if (first === undefined || listeners?.size === 0) return undefined;
  const stranger = [...(listeners ?? [])].find((uid) => ![root, user, first.owner].includes(uid));
  const why =
    stranger === undefined
      ? "this system does not say whose program listens there"
      : `the program that listens on port ${port} is another user's (id ${stranger})`;
  return `The token of ${first.source} was not sent, because ${why}: if it is yours, give the token by --token`;
}
