import { type FieldReader, shownText } from "./byte-field.ts";

type Kind = "byte" | "two" | "four" | "variable" | "text" | "binary" | "pair";

/** MQTT 5.0, table 2-4. */
const properties: Readonly<Record<number, readonly [name: string, kind: Kind]>> = {
  1: ["payload format indicator", "byte"],
  2: ["message expiry interval", "four"],
  3: ["content type", "text"],
  8: ["response topic", "text"],
  9: ["correlation data", "binary"],
  11: ["subscription identifier", "variable"],
  17: ["session expiry interval", "four"],
  18: ["assigned client identifier", "text"],
  19: ["server keep alive", "two"],
  21: ["authentication method", "text"],
  22: ["authentication data", "binary"],
  23: ["request problem information", "byte"],
  24: ["will delay interval", "four"],
  25: ["request response information", "byte"],
  26: ["response information", "text"],
  28: ["server reference", "text"],
  31: ["reason string", "text"],
  33: ["receive maximum", "two"],
  34: ["topic alias maximum", "two"],
  35: ["topic alias", "two"],
  36: ["maximum qos", "byte"],
  37: ["retain available", "byte"],
  38: ["user property", "pair"],
  39: ["maximum packet size", "four"],
  40: ["wildcard subscription available", "byte"],
  41: ["subscription identifier available", "byte"],
  42: ["shared subscription available", "byte"],
};

/** MQTT 5.0, section 2.2.2: a length, then identifiers and values. */
export function readProperties(reader: FieldReader, name = "properties"): void {
  const from = reader.at;
  const end = readVariable(reader) + reader.at;
  reader.name(`${name} length`, String(end - reader.at), from);
  while (reader.at < end) readProperty(reader);
  if (reader.at > end) throw new RangeError("a property goes beyond their length");
}

/** A variable byte integer. */
export function readVariable(reader: FieldReader): number {
  let value = 0;
  for (let place = 0; place < 4; place++) {
    const byte = reader.number(1);
    value += (byte & 0x7f) * 128 ** place;
    if (byte < 0x80) return value;
  }
  throw new RangeError("a variable byte integer has more than four bytes");
}

function readProperty(reader: FieldReader): void {
  const from = reader.at;
  const id = reader.number(1);
  const known = properties[id];
  if (known === undefined) throw new RangeError(`there is no property ${id}`);
  const value = readValue(reader, known[1]);
  reader.name(known[0], value, from);
}

function readValue(reader: FieldReader, kind: Kind): string {
  const prefixed = () => shownText(reader.take(reader.number(2)));
  switch (kind) {
    case "byte":
      return String(reader.number(1));
    case "two":
      return String(reader.number(2));
    case "four":
      return String(reader.number(4));
    case "variable":
      return String(readVariable(reader));
    case "text":
    case "binary":
      return prefixed();
    case "pair":
      return `${prefixed()} = ${prefixed()}`;
  }
}
