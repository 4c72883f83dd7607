import { describe, expect, test } from "bun:test";
import { pbkdf2Sync } from "node:crypto";
import { join } from "node:path";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import { hashOf, writeHash } from "../../../../src/protocol/mqtt/password-hash.ts";
import { verifierOf, writeVerifier } from "../../../../src/protocol/scram/verifier.ts";
import { mqtt } from "../../../../src/roles/mqtt/index.ts";
import { openListener, unknownArrival } from "../../../../src/roles/mqtt/ports/access.ts";
import type { AuthenticationMethod, Step } from "../../../../src/roles/mqtt/ports/authentication.ts";
import { accessOf } from "../../../../src/roles/mqtt/users/access.ts";
import type { UserConfig } from "../../../../src/roles/mqtt/users/config.ts";
import { chosenFor, decoyVerifiers } from "../../../../src/roles/mqtt/users/decoy-verifiers.ts";
import { reloadableAccess } from "../../../../src/roles/mqtt/users/reloadable-access.ts";
import { Users } from "../../../../src/roles/mqtt/users/users.ts";
import { RawClient } from "../../../support/raw-client.ts";
import { ScramClient } from "../../../support/scram-client.ts";
import { scratchFolder } from "../../../support/scratch.ts";
import { startRole } from "../../../support/start-role.ts";
import { until } from "../../../support/until.ts";

const applicant = { clientId: "a", remote: "203.0.113.7:4711", isGone: () => false };
const salt = Buffer.from("0123456789");
const stored = writeVerifier(
  verifierOf(pbkdf2Sync("pencil", salt, 5000, 32, "sha256"), new Uint8Array(salt), 5000),
);
const once = { iterations: 0, salt };
const hashed = writeHash({ ...once, hash: await hashOf("pencil", once) });

/** How often others have their turn before the answer comes. Only for what needs no other thread. */
async function turnsUntil(answer: unknown): Promise<number> {
  let isKnown = false;
  Promise.resolve(answer).then(() => {
    isKnown = true;
  });
  let turns = 0;
  for (; !isKnown; turns++) {
    if (turns > 1000) throw new Error("the answer needs another thread");
    await undefined;
  }
  return turns;
}

/** A whole exchange with a wrong password. @returns the turns that each of its steps takes */
async function exchangeTurns(method: AuthenticationMethod, name: string): Promise<number[]> {
  const exchange = method.begin(applicant);
  const client = new ScramClient(name, "wrong");
  const asked = exchange.next(client.first);
  const first = await turnsUntil(asked);
  const { data } = (await asked) as Step & { kind: "continue" };
  return [first, await turnsUntil(exchange.next(client.answer(data!)))];
}

const names = ["plain", "stored", "hashed", "nobody", "no one", ""];

describe("a name that nobody has", () => {
  test("takes as many turns of SCRAM as one of a user, however the password is kept", async () => {
    const users: UserConfig[] = [
      { name: "plain", password: "pencil" },
      { name: "stored", password: stored },
      { name: "hashed", password: hashed },
    ];
    const [method] = accessOf({ users }).methods;
    if (method === undefined) throw new Error("there is no SCRAM");
    // The first one of all waits until the verifiers have been made.
    await method.begin(applicant).next(new ScramClient("anybody", "").first);
    const turns = await Promise.all(names.slice(0, -1).map((name) => exchangeTurns(method, name)));
    expect(new Set(turns.map(String)).size).toBe(1);
  });

  test("is answered in its turn while the verifiers are made", async () => {
    const [method] = accessOf({ users: [{ name: "plain", password: "pencil" }] }).methods;
    const order: string[] = [];
    const asked = ["plain", "nobody", "plain", "no one"].map(async (name) => {
      await method?.begin(applicant).next(new ScramClient(name, "").first);
      order.push(name);
    });
    await Promise.all(asked);
    expect(order).toEqual(["plain", "nobody", "plain", "no one"]);
  });

  test("takes as many turns of a password check as one of a user", async () => {
    const access = accessOf({ users: [{ name: "hashed", password: hashed }] });
    const credentials = { ...applicant, password: Buffer.from("wrong"), version: 5, arrival: unknownArrival };
    const turns: number[] = [];
    for (const username of names)
      turns.push(
        await turnsUntil(
          access.authenticate({ ...credentials, version: 5, username, listener: openListener }),
        ),
      );
    expect(new Set(turns).size).toBe(1);
  });

  test("has a salt that does not come from the passwords, which could be tried out at home otherwise", async () => {
    const list = [{ name: "stored", password: stored }];
    const [one, other] = [new Users(list), new Users(list)];
    expect((await one.verifierOf("stored")).salt).toEqual((await other.verifierOf("stored")).salt);
    expect((await one.verifierOf("nobody")).salt).not.toEqual((await other.verifierOf("nobody")).salt);
  });

  test("looks the same after a reload, when somebody else has come or it has become a user", async () => {
    const before: UserConfig[] = [
      { name: "plain", password: "pencil" },
      { name: "stored", password: stored },
    ];
    const access = reloadableAccess({ users: before });
    const challengeOf = async (name: string) => {
      const step = await access.methods[0]?.begin(applicant).next(new ScramClient(name, "", "n").first);
      if (step?.kind !== "continue" || step.data === undefined) throw new Error("there is no challenge");
      return Buffer.from(step.data)
        .toString()
        .replace(/^r=[^,]+/, "");
    };
    const asked = ["plain", ...Array.from({ length: 20 }, (_, i) => `nobody ${i}`)];
    const challenges = () => Promise.all(asked.map(challengeOf));
    const seen = await challenges();
    const ofShape = asked[seen.findIndex((text, i) => i > 0 && text.endsWith("i=4096"))]!;
    access.change({
      users: [...before, { name: "new", password: "x" }, { name: ofShape, password: "y" }],
    });
    expect(await challenges()).toEqual(seen);
  });
});

/** What a broker answers to a name that nobody has. It keeps a session, so that its store has something to keep. */
async function challengeAfterStart(config: Record<string, unknown>): Promise<string> {
  const list = [{ name: "stored", password: stored }];
  const started = await startRole(mqtt, { users: list, anonymous: true, ...config });
  const connect = { type: "connect", version: 5, cleanStart: false, keepAlive: 0 } as const;
  const keeper = await RawClient.connect(started.port);
  const lasting = { sessionExpiryInterval: 1000 };
  keeper.write(encode({ ...connect, clientId: "keeper", properties: lasting }));
  await keeper.bytes(2);
  const client = await RawClient.connect(started.port);
  const authenticationData = new ScramClient("nobody", "", "nonce").first;
  const properties = { authenticationMethod: "SCRAM-SHA-256", authenticationData };
  client.write(encode({ ...connect, clientId: "asks", properties }));
  await until(() => /,i=\d+$/.test(client.received.toString("latin1")));
  const [challenge = ""] = /s=.*$/.exec(client.received.toString("latin1")) ?? [];
  await started.service.stop(AbortSignal.abort());
  return challenge;
}

test("a name that nobody has looks the same after a restart where something outlives it, and only there", async () => {
  const directory = join(scratchFolder("unknown-names"), "data");
  const durable = { persistence: { directory, segmentSize: "1MiB" } };
  const before = await challengeAfterStart(durable);
  expect(before).toMatch(/^s=[A-Za-z0-9+/]+=*,i=5000$/);
  expect(await challengeAfterStart(durable)).toBe(before);
  expect(await challengeAfterStart({})).not.toBe(before);
  expect(await challengeAfterStart({})).not.toBe(await challengeAfterStart({}));
});

test("names choose among the kinds that there are, and keep to them when another is no more", () => {
  const secret = new Uint8Array(32).fill(7);
  const many = Array.from({ length: 200 }, (_, i) => `name ${i}`);
  const chosen = many.map((name) => chosenFor(name, ["a", "b", "a", "c"], secret));
  expect(new Set(chosen)).toEqual(new Set(["a", "b", "c"]));
  const later = many.map((name) => chosenFor(name, ["b", "a"], secret));
  expect(later.filter((kind, i) => kind !== chosen[i] && chosen[i] !== "c")).toEqual([]);
});

test("a decoy verifier is the same each time, and another one with another secret", () => {
  const models = [{ iterations: 4096, salt: new Uint8Array(16) }];
  const decoy = (byte: number, name: string) => decoyVerifiers(models, new Uint8Array(32).fill(byte))(name);
  expect(decoy(1, "eve")).toEqual(decoy(1, "eve"));
  expect(decoy(2, "eve").salt).not.toEqual(decoy(1, "eve").salt);
  expect(decoy(1, "mallory").storedKey).not.toEqual(decoy(1, "eve").storedKey);
});
