import { type Command, InvalidArgumentError, Option, type OptionValues } from "@commander-js/extra-typings";
import { baseCommand, type CommandHelp } from "../program/command.ts";
import { portNumber, wholeNumber } from "../program/options.ts";
import { type Broker, brokerAt, brokerName } from "./broker-address.ts";
import type { MqttIdentity, MqttVersion } from "./client.ts";

export type QoS = 0 | 1 | 2;

/**
 * A command with the options that mosquitto_pub and mosquitto_sub share, with the same letters. So `-h` is the host
 * here, and help is `--help` alone.
 */
export function mqttCommand(help: CommandHelp) {
  return withBrokerOptions(baseCommand(help).helpOption("--help", "show this help"));
}

const withBrokerOptions = <A extends unknown[], O extends OptionValues>(command: Command<A, O>) =>
  command
    .argument(
      "[host]",
      "the broker: a name, an address, or a URL (mqtt://, mqtts://, ws://, wss://)",
      brokerName,
      "127.0.0.1",
    )
    .option("-h, --host <host>", "the broker, as Mosquitto's clients want it", brokerName)
    .option("-p, --port <port>", "port of the broker (default: 1883; with TLS 8883)", portNumber)
    .option("--cafile <file>", "authorities to trust, in PEM; without a URL it means TLS")
    .option("--insecure", "with TLS: take any certificate, of anybody")
    .option("-q, --qos <level>", "quality of service: 0, 1 or 2", qosLevel, 0 as QoS)
    .option("-i, --id <id>", "client id (default: distcli- and something random)")
    .option("-u, --username <name>", "user name")
    .option("-P, --password <password>", "password")
    .option("-k, --keepalive <seconds>", "seconds between signs of life", wholeNumber(0, 65_535), 60)
    .addOption(
      new Option("-V, --mqtt-version <version>", "31, 311 or 5")
        .argParser(mqttVersion)
        .default(4 as MqttVersion, "311"),
    );

interface MqttOptions {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly cafile?: string | undefined;
  readonly insecure?: true | undefined;
  readonly id?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly keepalive: number;
  readonly mqttVersion: MqttVersion;
}

/** The broker: `-h`, if given, replaces the first argument. */
export const brokerOf = (host: string, options: MqttOptions): Broker =>
  brokerAt(options.host ?? host, options);

export const identityOf = (options: MqttOptions): MqttIdentity => ({
  id: options.id,
  username: options.username,
  password: options.password,
  keepalive: options.keepalive,
  version: options.mqttVersion,
});

function qosLevel(value: string): QoS {
  if (value === "0") return 0;
  if (value === "1") return 1;
  if (value === "2") return 2;
  throw new InvalidArgumentError("The quality of service is 0, 1 or 2.");
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

/** Parses a topic to publish to: no wildcards [MQTT-3.3.2-2], not empty [MQTT-4.7.3-1]. */
export function topicName(value: string): string {
  if (value !== "" && !/[+#\u0000]/.test(value)) return value;
  throw new InvalidArgumentError("A topic to publish to is not empty and has no + or #.");
}

/** Parses an option that may be repeated. @returns all filters, in order */
export function topicFilters(value: string, before: string[] | undefined): string[] {
  const levels = value.split("/");
  const isValid = levels.every(
    (level, index) =>
      level === "+" || (level === "#" && index === levels.length - 1) || !/[+#\u0000]/.test(level),
  );
  if (value !== "" && isValid) return [...(before ?? []), value];
  throw new InvalidArgumentError("In a filter, + stands for one whole level and # for all at the end.");
}
