import type { TryAddress, TryForm } from "../../api/types.ts";
import { hostPort } from "../http-request.ts";
import { shellCommand } from "./quote.ts";

type Values = Readonly<Record<string, string>>;
type Words = readonly (string | readonly string[])[];

/** The command that does what the form does; undefined: there is none that does just this. */
export function distcliOf({ role, address }: TryForm, values: Values): string | undefined {
  const words = commands[role]?.(address, values);
  return words && shellCommand(["distcli", ...words]);
}

const peer = ({ host, port }: TryAddress): Words => [host, ["-p", String(port)]];
const endpoint = ({ host, port }: TryAddress): string => `tcp://${hostPort(host, port)}`;

/** A message that begins with a dash would be an option; one with a line end, or none, is not sent as it is. */
function said(command: string): (address: TryAddress, values: Values) => Words | undefined {
  return (address, { message = "" }) =>
    isOneWord(message) ? [command, ...peer(address), ...afterOptions(message)] : undefined;
}

const isOneWord = (text: string): boolean => text !== "" && text.trim() === text && !/[\r\n\0]/.test(text);
const afterOptions = (...texts: string[]): Words =>
  texts.some((text) => text.startsWith("-")) ? [["--", ...texts]] : texts;

type Command = (address: TryAddress, values: Values) => Words | undefined;

const commands: Readonly<Record<string, Command>> = {
  echo: said("echo"),
  udp: said("udp"),
  oneway: said("oneway"),
  // There a comma separates messages.
  upcall: (address, values) => (values.message?.includes(",") ? undefined : said("upcall")(address, values)),
  time: (address, { request }) => (request?.startsWith("TIME") ? ["time", ...peer(address)] : undefined),
  rest: (address, { operation = "", a = "", b = "" }) => [
    ["rest", ...peer(address).flat()],
    ["--op", operation],
    [`-a${dashed(a)}`, ...undashed(a)],
    [`-b${dashed(b)}`, ...undashed(b)],
  ],
  jsonrpc: (address, { operation = "", a = "", b = "" }) => [
    ["rpc", ...peer(address).flat()],
    ...afterOptions(operation, a, b),
  ],
  soap: (address, { operation = "", a = "", b = "" }) => [
    ["soap", ...peer(address).flat()],
    ...afterOptions(operation, a, b),
  ],
  mqtt: mqttWords,
  "zmq-rep": (address, { message = "" }) =>
    isOneWord(message) ? ["zmq", "req", endpoint(address), ...afterOptions(message)] : undefined,
  "zmq-push": (address) => ["zmq", "pull", endpoint(address)],
  "zmq-pub": (address) => ["zmq", "sub", endpoint(address)],
};

// `-a -7` and `-a-7` are the same to the command; the first reads better, and only a text may need the second.
const dashed = (value: string): string => (/^-[^\d]/.test(value) ? value : "");
const undashed = (value: string): string[] => (dashed(value) === "" ? [value] : []);

function mqttWords(address: TryAddress, values: Values): Words {
  const { topic = "", message = "", qos = "0", retain = "no", user = "" } = values;
  return [
    ["mqtt", "pub", ...peer(address).flat()],
    ["-t", topic],
    message === "" ? "-n" : ["-m", message],
    ...(qos === "0" ? [] : [["-q", qos]]),
    ...(retain === "yes" ? ["-r"] : []),
    ...(user === "" ? [] : [["-u", user]]),
  ];
}
