import { type Command, InvalidArgumentError, type OptionValues } from "@commander-js/extra-typings";
import type {
  IConnectPacket,
  IDisconnectPacket,
  IPublishPacket,
  ISubscribePacket,
  UserProperties,
} from "mqtt-packet";
import { bytesOfText } from "../../protocol/text/byte-text.ts";

/** The properties of MQTT 5 that our packets carry, for the library. */
export interface PacketProperties {
  readonly connect?: NonNullable<IConnectPacket["properties"]>;
  readonly publish?: NonNullable<IPublishPacket["properties"]>;
  readonly subscribe?: NonNullable<ISubscribePacket["properties"]>;
  readonly disconnect?: NonNullable<IDisconnectPacket["properties"]>;
  readonly will?: NonNullable<NonNullable<IConnectPacket["will"]>["properties"]>;
}

/** What a property belongs to: a packet, or the will. */
export type PropertyOwner = keyof PacketProperties;

type PropertyValue = string | number | boolean | Buffer;

interface Property {
  /** The library's name. */
  readonly key: string;
  readonly owners: readonly PropertyOwner[];
  /** @throws {InvalidArgumentError} */
  parse(text: string): PropertyValue;
}

const text = (value: string): string => value;
const binary = (value: string): Buffer => Buffer.from(bytesOfText(value));

const whole =
  (min: number, max: number) =>
  (value: string): number => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}, and is "${value}".`);
  };

const flag = (value: string): boolean => whole(0, 1)(value) === 1;

const twoBytes = 0xffff;
const fourBytes = 0xffff_ffff;
/** The largest variable byte integer (MQTT 5.0, 1.5.5). */
const variable = 268_435_455;

/** By the names of mosquitto_pub; which packet may have which is table 2-4 of MQTT 5.0. */
const properties: ReadonlyMap<string, Property> = new Map(
  Object.entries({
    "payload-format-indicator": {
      key: "payloadFormatIndicator",
      owners: ["publish", "will"],
      parse: flag,
    },
    "message-expiry-interval": {
      key: "messageExpiryInterval",
      owners: ["publish", "will"],
      parse: whole(0, fourBytes),
    },
    "content-type": { key: "contentType", owners: ["publish", "will"], parse: text },
    "response-topic": { key: "responseTopic", owners: ["publish", "will"], parse: text },
    "correlation-data": { key: "correlationData", owners: ["publish", "will"], parse: binary },
    "topic-alias": { key: "topicAlias", owners: ["publish"], parse: whole(1, twoBytes) },
    "subscription-identifier": {
      key: "subscriptionIdentifier",
      owners: ["subscribe"],
      parse: whole(1, variable),
    },
    "session-expiry-interval": {
      key: "sessionExpiryInterval",
      owners: ["connect", "disconnect"],
      parse: whole(0, fourBytes),
    },
    "receive-maximum": { key: "receiveMaximum", owners: ["connect"], parse: whole(1, twoBytes) },
    "maximum-packet-size": { key: "maximumPacketSize", owners: ["connect"], parse: whole(1, fourBytes) },
    "topic-alias-maximum": { key: "topicAliasMaximum", owners: ["connect"], parse: whole(0, twoBytes) },
    "request-response-information": {
      key: "requestResponseInformation",
      owners: ["connect"],
      parse: flag,
    },
    "request-problem-information": { key: "requestProblemInformation", owners: ["connect"], parse: flag },
    "authentication-method": { key: "authenticationMethod", owners: ["connect"], parse: text },
    "authentication-data": { key: "authenticationData", owners: ["connect"], parse: binary },
    "will-delay-interval": { key: "willDelayInterval", owners: ["will"], parse: whole(0, fourBytes) },
    "reason-string": { key: "reasonString", owners: ["disconnect"], parse: text },
  } satisfies Record<string, Property>),
);

/** The one property that has a name besides its value, and that every packet may have several times. */
const userProperty = "user-property";

/** Adds `--property`, with as many words behind it as mosquitto_pub's. @param owners what this command sends */
export function withProperties<A extends unknown[], O extends OptionValues>(
  command: Command<A, O>,
  owners: readonly PropertyOwner[],
) {
  const extended = command.option(
    "-D, --property <words>",
    `a property of MQTT 5, as three words: ${owners.join("|")}, its name, its value; or four: .. user-property NAME VALUE`,
    propertyParser(owners),
  );
  const { parseOptions } = extended;
  extended.parseOptions = (args) => parseOptions.call(extended, joinWords(args, extended));
  return extended;
}

/** Commander knows options of one value, or of any number. So the words of a property become one. */
function joinWords(args: readonly string[], { options }: { readonly options: Command["options"] }): string[] {
  const takesValue = (word: string) =>
    options.some(({ required, short, long }) => required && (word === short || word === long));
  const joined: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? "";
    joined.push(word);
    if (word === "--") return [...joined, ...args.slice(at + 1)];
    if (!takesValue(word) || at + 1 === args.length) continue;
    const isProperty = word === "-D" || word === "--property";
    const count = isProperty ? (args[at + 2] === userProperty ? 4 : 3) : 1;
    const values = args.slice(at + 1, at + 1 + count);
    joined.push(isProperty ? JSON.stringify(values) : (values[0] ?? ""));
    at += values.length;
  }
  return joined;
}

/** A parser for one `--property` after another. */
const propertyParser =
  (owners: readonly PropertyOwner[]) =>
  (joined: string, before: PacketProperties = {}): PacketProperties => {
    const [owner = "", identifier = "", ...values] = wordsOf(joined);
    if (!isOneOf(owners, owner))
      throw new InvalidArgumentError(`It belongs to ${owners.join(", ")}, and not to "${owner}".`);
    return { ...before, [owner]: withValue(before[owner] ?? {}, owner, identifier, values) };
  };

const isOneOf = (owners: readonly PropertyOwner[], word: string): word is PropertyOwner =>
  owners.some((owner) => owner === word);

function wordsOf(joined: string): string[] {
  // Written as --property=.., or as the last word: not joined.
  return joined.startsWith('["') ? JSON.parse(joined) : [joined];
}

function withValue(
  before: object,
  owner: PropertyOwner,
  identifier: string,
  values: readonly string[],
): object {
  if (identifier === userProperty) return withUserProperty(before, owner, values);
  const property = properties.get(identifier);
  if (property?.owners.includes(owner) !== true) {
    const known = [...properties].flatMap(([name, { owners }]) => (owners.includes(owner) ? [name] : []));
    throw new InvalidArgumentError(
      `${owner} has the properties ${[...known, userProperty].join(", ")}, and not "${identifier}".`,
    );
  }
  const [value] = values;
  if (value === undefined)
    throw new InvalidArgumentError(`Its value is missing: -D ${owner} ${identifier} VALUE`);
  // [MQTT-3.1.2-23] and its like: a property that is there twice is a protocol error.
  if (property.key in before)
    throw new InvalidArgumentError(`${owner} has the property ${identifier} only once.`);
  return { ...before, [property.key]: property.parse(value) };
}

function withUserProperty(
  before: { readonly userProperties?: UserProperties },
  owner: PropertyOwner,
  [name, value]: readonly string[],
): object {
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError(`It has a name and a value: -D ${owner} ${userProperty} NAME VALUE`);
  const { userProperties = {} } = before;
  const same = Object.hasOwn(userProperties, name) ? [userProperties[name] ?? []].flat() : [];
  const entry = same.length === 0 ? value : [...same, value];
  // Not assigned, but spread as an own property: a name may be __proto__.
  return { ...before, userProperties: { ...userProperties, ...Object.fromEntries([[name, entry]]) } };
}

/** The properties of a message that has come, for `--json`, by the names of `--property`; undefined: there are none. */
export function propertyFields(of: IPublishPacket["properties"]): Record<string, unknown> | undefined {
  const known: Readonly<Record<string, unknown>> = { ...of };
  const fields = [...properties].flatMap(([name, { key }]) => {
    const value = known[key];
    return value === undefined ? [] : [[name, Buffer.isBuffer(value) ? binaryField(value) : value] as const];
  });
  const pairs = Object.entries(of?.userProperties ?? {}).flatMap(([name, value]) =>
    [value].flat().map((each) => ({ name, value: each })),
  );
  if (pairs.length > 0) fields.push([userProperty, pairs]);
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}

/** Text where it is some, and base64 else. */
function binaryField(bytes: Buffer): string | { readonly base64: string } {
  const asText = bytes.toString("utf8");
  return Buffer.from(asText).equals(bytes) ? asText : { base64: bytes.toString("base64") };
}
