import { type Command, InvalidArgumentError, type OptionValues } from "@commander-js/extra-typings";
import { baseCommand, type CommandHelp } from "../program/command.ts";
import { UsageError } from "../program/errors.ts";
import { portNumber, wholeNumber } from "../program/options.ts";
import type { TlsFileOptions } from "../program/peer-tls.ts";
import { type Broker, brokerAt, brokerName } from "./broker-address.ts";
import type { MqttIdentity, MqttVersion } from "./client.ts";
import { type PropertyOwner, withProperties } from "./properties.ts";
import { type QoS, qosLevel } from "./topics.ts";
import { type WillOptions, willOf, withWill } from "./will.ts";

/**
 * A command with the options that mosquitto_pub, mosquitto_sub and mosquitto_rr share, with the same letters. So `-h` is the
 * host here, and help is `--help` alone.
 * @param sends the packets besides CONNECT and DISCONNECT whose properties can be set
 */
export function mqttCommand(help: CommandHelp, sends: readonly PropertyOwner[]) {
  const command = withWill(withBrokerOptions(baseCommand(help).helpOption("--help", "show this help")));
  return withProperties(command, ["connect", ...sends, "disconnect", "will"]);
}

/** The options of every client of a broker. */
export const withBrokerOptions = <A extends unknown[], O extends OptionValues>(command: Command<A, O>) =>
  command
    .argument(
      "[host]",
      "the broker: a name, an address, or a URL (mqtt://, mqtts://, ws://, wss://, unix://)",
      brokerName,
      "127.0.0.1",
    )
    .option("-h, --host <host>", "the broker, as Mosquitto's clients want it", brokerName)
    .option("-p, --port <port>", "port of the broker (default: 1883; with TLS 8883)", portNumber)
    .option("--cafile <file>", "authorities to trust, in PEM; without a URL it means TLS")
    .option(
      "--cert <file>",
      "our own certificate in PEM, for a broker that asks for one; without a URL it means TLS",
    )
    .option("--key <file>", "its private key in PEM")
    .option("--insecure", "with TLS: take any certificate, of anybody")
    .option("-q, --qos <level>", "quality of service: 0, 1 or 2", qosLevel, 0 as QoS)
    .option("-i, --id <id>", "client id (default: distcli- and something random)")
    .option("-u, --username <name>", "user name")
    .option("-P, --password <password>", "password")
    .option("-k, --keepalive <seconds>", "seconds between signs of life", wholeNumber(0, 65_535), 60)
    .option(
      "-V, --mqtt-version <version>",
      "31, 311 or 5 (default: 311, or 5 where it is needed)",
      mqttVersion,
    );

interface MqttOptions extends TlsFileOptions, WillOptions {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly id?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly keepalive: number;
  readonly mqttVersion?: MqttVersion | undefined;
}

/** The broker: `-h`, if given, replaces the first argument. */
export const brokerOf = (host: string, options: MqttOptions): Broker =>
  brokerAt(options.host ?? host, options);

/**
 * Who we are. Properties need MQTT 5, and as with Mosquitto's clients it is spoken for their sake.
 * @param usual the version without `--mqtt-version`
 * @throws {UsageError}
 */
export function identityOf(options: MqttOptions, usual: MqttVersion = 4): MqttIdentity {
  const { id, username, password, keepalive, mqttVersion, property } = options;
  if (property !== undefined && mqttVersion !== undefined && mqttVersion !== 5)
    throw new UsageError("Properties are of MQTT 5: give --mqtt-version 5 with --property, or leave it out");
  return {
    id,
    username,
    password,
    keepalive,
    version: mqttVersion ?? (property === undefined ? usual : 5),
    will: willOf(options),
    properties: property,
  };
}

const versions: Readonly<Record<string, MqttVersion>> = {
  "31": 3,
  "3.1": 3,
  "311": 4,
  "3.1.1": 4,
  "5": 5,
  "5.0": 5,
};

/** Mosquitto's spelling `mqttv311` is accepted, too. */
function mqttVersion(value: string): MqttVersion {
  const version = versions[value.toLowerCase().replace(/^mqttv/, "")];
  if (version !== undefined) return version;
  throw new InvalidArgumentError("The versions of MQTT are 31, 311 and 5.");
}
