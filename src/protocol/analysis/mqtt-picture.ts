import type { Conversation } from "../conversation/conversation.ts";
import type { Connect, MqttWitness, Publication } from "../conversation/dissector.ts";
import type { FindingList } from "../conversation/finding.ts";
import type { Place, Side } from "../conversation/place.ts";
import { Reason, reasonName } from "../mqtt/reason.ts";
import { innerFilter, isSystemTopic, topicMatches } from "../mqtt/topic.ts";
import { printable } from "../text/printable.ts";
import { type Will, Wills } from "./wills.ts";

/** Topics and filters of a broker that are remembered. */
const maxNames = 1000;
const maxClients = 10_000;

interface Named {
  readonly place: Place;
  readonly conversation: number;
}

interface Subscription extends Named {
  /** A message has come for it. */
  isServed: boolean;
}

interface Broker {
  readonly published: Map<string, Named>;
  readonly filters: Map<string, Subscription>;
  /** By client identifier: its last connection. */
  readonly clients: Map<string, { readonly conversation: Conversation; readonly place: Place }>;
  readonly wills: Wills;
}

/** A client's connection. */
interface Session {
  readonly conversation: Conversation;
  readonly broker: Broker;
  client: string;
  /** Nanoseconds; 0: none. */
  keepAlive: number;
  lastHeard: Place;
  readonly filters: Set<string>;
  will: Will | undefined;
  /** The broker has sent DISCONNECT. */
  isDismissed: boolean;
}

/** What only the conversations of a broker together show: who publishes what nobody asked for, and who is there twice. */
export class MqttPicture {
  readonly #brokers = new Map<string, Broker>();
  readonly #sessions: Session[] = [];
  readonly #findings: FindingList;

  constructor(findings: FindingList) {
    this.#findings = findings;
  }

  witness(conversation: Conversation): MqttWitness {
    const { address, port } = conversation.ends.server;
    const broker = this.#broker(`${address} ${port}`);
    const session: Session = {
      conversation,
      broker,
      client: "",
      keepAlive: 0,
      lastHeard: conversation.first,
      filters: new Set(),
      will: undefined,
      isDismissed: false,
    };
    if (this.#sessions.length < maxClients) this.#sessions.push(session);
    return {
      connect: (connect, place) => this.#connect(session, connect, place),
      accepted: () => {
        if (session.will !== undefined) session.will.isAccepted = true;
      },
      subscribe: (filter, place) => subscribe(session, filter, place),
      publish: (side, publication, place) => {
        publish(session, side, publication.topic, place);
        witnessWill(session, side, publication, place);
      },
      disconnect: (side, reasonCode, place) => {
        // The broker may say why it closes, or that somebody else has come by this name.
        if (side === "server") {
          this.#checkSilence(session, place);
          session.isDismissed = true;
          // They have crossed: either may be why the will is published.
          if (session.will?.disconnect !== undefined) session.will.isDoubtful = true;
        }
        session.keepAlive = 0;
        if (side === "client") leave(session, reasonCode, place);
      },
      packet: (side, place) => this.#heard(session, side, place),
    };
  }

  /** Names of the clients by the number of their conversation. */
  clientNames(): ReadonlyMap<number, string> {
    const named = this.#sessions.filter(({ client }) => client !== "");
    return new Map(named.map(({ conversation, client }) => [conversation.number, client]));
  }

  /** The capture is over. */
  end(place: Place): void {
    for (const session of this.#sessions) this.#checkSilence(session, session.conversation.over ?? place);
    for (const broker of this.#brokers.values()) {
      this.#compareTopics(broker);
      broker.wills.end(this.#findings);
    }
  }

  #broker(key: string): Broker {
    const known = this.#brokers.get(key);
    if (known !== undefined) return known;
    const broker: Broker = {
      published: new Map(),
      filters: new Map(),
      clients: new Map(),
      wills: new Wills(),
    };
    this.#brokers.set(key, broker);
    return broker;
  }

  #connect(session: Session, { clientId: client, keepAlive, will }: Connect, place: Place): void {
    session.client = printable(client, 60);
    session.keepAlive = keepAlive * 1e9;
    session.lastHeard = place;
    if (will !== undefined)
      session.will ??= session.broker.wills.add(session.client, session.conversation, will, place);
    // A broker gives each client that has no name one of its own.
    if (client === "") return;
    const { clients } = session.broker;
    const before = clients.get(client);
    if (before !== undefined && before.conversation !== session.conversation && !before.conversation.isOver) {
      const values = {
        client: session.client,
        first: before.place.packet,
        other: before.conversation.number,
      };
      this.#findings.add("client-id-twice", session.conversation.number, place, values);
    }
    if (clients.size < maxClients) clients.set(client, { conversation: session.conversation, place });
  }

  #heard(session: Session, side: Side, place: Place): void {
    if (side !== "client") return;
    this.#checkSilence(session, place);
    session.lastHeard = place;
  }

  // [MQTT-3.1.2-22] a server closes after one and a half times the keep-alive
  #checkSilence({ keepAlive, lastHeard, conversation }: Session, place: Place): void {
    const silence = place.time - lastHeard.time;
    if (keepAlive === 0 || silence <= keepAlive * 1.5) return;
    this.#findings.add("keep-alive-silence", conversation.number, lastHeard, {
      silence: silence / 1e9,
      keepAlive: keepAlive / 1e9,
    });
  }

  /** A topic that nobody subscribed to beside a filter that nothing was published for: one of them may be a slip. */
  #compareTopics({ published, filters }: Broker): void {
    const matches = (filter: string, topic: string) => topicMatches(innerFilter(filter), topic);
    const silent = [...filters].filter(
      ([filter, { isServed }]) => !isServed && ![...published.keys()].some((topic) => matches(filter, topic)),
    );
    const unheard = [...published].filter(
      ([topic]) => !isSystemTopic(topic) && ![...filters.keys()].some((filter) => matches(filter, topic)),
    );
    const asked = silent.map(([filter]) => printable(filter, 60));
    for (const [topic, { place, conversation }] of silent.length === 0 ? [] : unheard) {
      const values = { topic: printable(topic, 60), filters: asked.slice(0, 5).join(", ") };
      this.#findings.add("topic-mismatch", conversation, place, values, topic);
    }
    for (const [filter, { place, conversation }] of silent) {
      this.#findings.add(
        "silent-subscription",
        conversation,
        place,
        { filter: printable(filter, 60) },
        filter,
      );
    }
  }
}

function subscribe({ broker, conversation, filters }: Session, filter: string, place: Place): void {
  if (filters.size < maxNames) filters.add(filter);
  if (broker.filters.has(filter) || broker.filters.size >= maxNames) return;
  broker.filters.set(filter, { place, conversation: conversation.number, isServed: false });
}

/** Any reason but success leaves the will to be published. [MQTT-3.14.4-3] */
function leave(session: Session, reasonCode: number, { packet }: Place): void {
  const { will, broker, conversation } = session;
  if (will === undefined || will.disconnect !== undefined) return;
  if (reasonCode === Reason.Success) {
    broker.wills.withdraw(will);
    session.will = undefined;
    return;
  }
  // It has crossed the end by the broker, which publishes the will, too.
  if (conversation.isOver || session.isDismissed) will.isDoubtful = true;
  else will.disconnect = { packet, reason: reasonName(reasonCode) };
}

function witnessWill(
  { broker, conversation }: Session,
  side: Side,
  publication: Publication & { readonly retain?: boolean | undefined },
  place: Place,
): void {
  if (side === "client") broker.wills.sent(publication);
  // A retained message may be older than the end of any connection.
  else if (publication.retain !== true) broker.wills.delivered(publication, conversation, place);
}

function publish({ broker, conversation, filters }: Session, side: Side, topic: string, place: Place): void {
  if (side === "client") {
    if (broker.published.has(topic) || broker.published.size >= maxNames) return;
    broker.published.set(topic, { place, conversation: conversation.number });
    return;
  }
  for (const filter of filters) {
    const subscription = broker.filters.get(filter);
    if (subscription === undefined || subscription.isServed) continue;
    if (topicMatches(innerFilter(filter), topic)) subscription.isServed = true;
  }
}
