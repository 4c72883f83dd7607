import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Packet, Version } from "../../../../src/protocol/mqtt/packet.ts";
import { topicMatches } from "../../../../src/protocol/mqtt/topic.ts";
import type { Identity } from "../../../../src/roles/mqtt/ports/access.ts";
import { everything } from "../../../../src/roles/mqtt/ports/access.ts";
import { AccessRules } from "../../../../src/roles/mqtt/rules/access-rules.ts";
import type { Rule } from "../../../../src/roles/mqtt/rules/config.ts";
import { explain } from "../../../../src/roles/mqtt/rules/explain.ts";
import { subscribeTo } from "../conformance/kit.ts";
import { TestBroker, type TestClient } from "../support/test-broker.ts";
import { filters, groupsOf, ruleLists, topics } from "./arbitrary.ts";

/*
 * Whatever the rules are, whatever clients subscribe to, leave behind, take over and share, nobody receives what the
 * explanation denies; and what it allows arrives.
 */

interface Reader {
  readonly identity: Identity;
  client: TestClient;
  /** Its own filters, not the shared ones. */
  readonly filters: Set<string>;
  isHere: boolean;
}

/** May write everything. */
const writerId = "writer";

class Scene {
  readonly broker: TestBroker;
  writer: TestClient;
  readonly readers: Reader[];
  #rules: readonly Rule[];
  #access: AccessRules;

  constructor(
    rules: readonly Rule[],
    readonly isAllowed: boolean,
    readonly version: Version,
  ) {
    this.#rules = rules;
    this.#access = new AccessRules(rules, isAllowed, groupsOf);
    const permissionsOf = (identity: Identity) =>
      identity.clientId === writerId ? everything : this.#access.permissionsOf(identity);
    this.broker = new TestBroker({ sysInterval: 0 }, { access: { permissionsOf } });
    this.writer = this.broker.connect(writerId, 5);
    this.readers = ["ani", "tono", undefined].map((username, index) => {
      const identity = { clientId: `c${index + 1}`, username };
      return { identity, client: this.#connect(identity), filters: new Set(), isHere: true };
    });
  }

  #connect({ clientId, username }: Identity): TestClient {
    const client = this.broker.open(this.version);
    const lasting = { cleanStart: false, properties: { sessionExpiryInterval: 100 } };
    client.connect(clientId, { ...lasting, ...(username === undefined ? {} : { username }) });
    return client;
  }

  subscribe(reader: Reader, filter: string, isShared: boolean): void {
    if (!reader.isHere) return;
    this.check(reader);
    const text = isShared ? `$share/g/${filter}` : filter;
    reader.client.send(subscribeTo(this.version, [text], 1));
    const isTaken = this.check(reader).some(
      (packet) => packet.type === "suback" && packet.reasonCodes[0]! < 0x80,
    );
    if (isTaken && !isShared) reader.filters.add(filter);
  }

  comeBack(reader: Reader): void {
    reader.client = this.#connect(reader.identity);
    reader.isHere = true;
  }

  leave(reader: Reader): void {
    if (reader.isHere) reader.client.cut();
    reader.isHere = false;
  }

  change(rules: readonly Rule[]): void {
    this.#rules = rules;
    this.#access = new AccessRules(rules, this.isAllowed, groupsOf);
    this.broker.broker.permissionsChanged();
  }

  publish(topic: string, retain: boolean): void {
    this.writer.publish(topic, "x", { retain, qos: 1 });
    for (const reader of this.readers) {
      const received = this.check(reader).some(
        (packet) => packet.type === "publish" && packet.topic === topic,
      );
      const wants = [...reader.filters].some((filter) => topicMatches(filter, topic));
      if (reader.isHere && wants && this.#may(reader, topic))
        expect([topic, received]).toEqual([topic, true]);
    }
  }

  /** The last words of a client that may write everything. */
  will(topic: string): void {
    const will = { topic, payload: new Uint8Array(1), qos: 0, retain: true, properties: {} } as const;
    this.broker.connect(writerId, 5, { will }).cut();
    this.writer = this.broker.connect(writerId, 5);
  }

  /** What the reader has received since; all of it was allowed. */
  check(reader: Reader): Packet[] {
    const packets = reader.client.take();
    for (const packet of packets) {
      // Sent again: it had been received before the rules changed.
      if (packet.type !== "publish" || packet.dup) continue;
      const seen = [reader.identity, packet.topic];
      expect([...seen, this.#may(reader, packet.topic)]).toEqual([...seen, true]);
    }
    return packets;
  }

  #may({ identity }: Reader, topic: string): boolean {
    const groups = identity.username === undefined ? [] : groupsOf(identity.username);
    const question = { identity, groups, action: "subscribe", filter: topic } as const;
    return explain(this.#rules, this.isAllowed, question).reach === "all";
  }
}

const who = fc.nat({ max: 2 });
const wide = fc.oneof(fc.constantFrom("#", "a/#", "+/+"), filters);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ what: fc.constant("publish" as const), topic: topics, retain: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      ...{ what: fc.constant("subscribe" as const), who, filter: wide },
      isShared: fc.constantFrom(false, false, true),
    }),
  },
  fc.record({ what: fc.constant("will" as const), topic: topics }),
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constantFrom("leave" as const, "come back" as const), who }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("change" as const), rules: ruleLists }) },
);

test("no client receives what the rules deny, and each receives what they allow", () => {
  fc.assert(
    fc.property(
      ...[ruleLists, fc.boolean(), fc.constantFrom<Version>(4, 5)],
      fc.array(step, { minLength: 10, maxLength: 40, size: "max" }),
      (rules, isAllowed, version, steps) => {
        const scene = new Scene(rules, isAllowed, version);
        for (const each of steps) {
          const reader = "who" in each ? scene.readers[each.who]! : undefined;
          if (each.what === "publish") scene.publish(each.topic, each.retain);
          else if (each.what === "will") scene.will(each.topic);
          else if (each.what === "change") scene.change(each.rules);
          else if (reader === undefined) continue;
          else if (each.what === "subscribe") scene.subscribe(reader, each.filter, each.isShared);
          else if (each.what === "leave") scene.leave(reader);
          else scene.comeBack(reader);
          for (const each of scene.readers) scene.check(each);
        }
      },
    ),
    { numRuns: 300 },
  );
}, 60_000);
