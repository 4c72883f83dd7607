import { labPorts } from "../../core/ports.ts";
import { JsonError, readJson } from "../../protocol/json/read.ts";
import { isJsonObject, type JsonValue } from "../../protocol/json/value.ts";
import { writeJson } from "../../protocol/json/write.ts";
import { callText, showCalculation } from "../http/calculation.ts";
import { hasFiniteNumbers, type JsonResponse, requestJson } from "../http/client.ts";
import { type CliCommand, peerCommand } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError, UsageError } from "../program/errors.ts";
import { type Peer, peerName } from "../program/peer.ts";
import { tlsOf, withTls } from "../program/peer-tls.ts";

/** `distcli rpc`: calls a method of a JSON-RPC 2.0 server. */
export const rpc: CliCommand = (cli) =>
  withTls(
    peerCommand({
      name: "rpc",
      summary: "Call a method of the JSON-RPC server",
      description:
        "Calls a method of a JSON-RPC 2.0 server. A parameter that is JSON is sent as it is typed, anything else as a text.",
      port: labPorts.jsonrpc,
      examples: [
        "distcli rpc 172.16.16.101 add 10 2",
        "distcli rpc 172.16.16.101 subtract 10 -- -5",
        "distcli rpc 172.16.16.101 div a=10 b=4 --named",
        "distcli rpc 172.16.16.101 add 1 2 --notify",
      ],
    }),
  )
    .argument("<method>", "what to call")
    .argument("[params...]", "its parameters, in their order")
    .option("--named", "the parameters are written name=value and sent by name")
    .option("--notify", "send a notification, which is never answered")
    .option("--path <path>", "where the server takes calls", "/")
    .action((host, method, params, options) =>
      cli.run(options, async (context) => {
        const peer = { host, port: options.port, ...tlsOf(options) };
        const sent = options.named ? namedParams(params) : params.map(jsonOrText);
        const id = options.notify ? undefined : 1n;
        const body = writeJson({ jsonrpc: "2.0", method, params: sent, id });
        const answer = await requestJson(context, peer, options.path, { method: "POST", body });
        if (options.notify) expectSilence(context, peer, answer);
        else showResult(context, peer, { method, params, answer });
      }),
    );

function jsonOrText(typed: string): JsonValue {
  const value = asJson(typed);
  if (hasFiniteNumbers(value)) return value;
  throw new UsageError(`A parameter has a number too large to hold: ${typed}`);
}

function asJson(typed: string): JsonValue {
  try {
    return readJson(typed);
  } catch (error) {
    if (error instanceof JsonError) return typed;
    throw error;
  }
}

function namedParams(typed: readonly string[]): JsonValue {
  return Object.fromEntries(
    typed.map((text) => {
      const equals = text.indexOf("=");
      if (equals < 1)
        throw new UsageError(`With --named a parameter is written name=value, and one is "${text}"`);
      return [text.slice(0, equals), jsonOrText(text.slice(equals + 1))];
    }),
  );
}

interface Call {
  readonly method: string;
  readonly params: readonly string[];
  readonly answer: JsonResponse;
}

function showResult(context: CommandContext, peer: Peer, { method, params, answer }: Call): void {
  const { status, value, ms } = answer;
  if (!isJsonObject(value) || value.jsonrpc !== "2.0") {
    throw new PeerError("bad-answer", `${peerName(peer)} answers ${status}, and not in JSON-RPC 2.0`);
  }
  if (value.error !== undefined)
    throw new PeerError("rpc-error", `${callText(method, params)}: ${errorText(value.error)}`);
  if (value.id !== 1n || value.result === undefined) {
    throw new PeerError(
      "bad-answer",
      `${peerName(peer)} answers another call than ours: ${writeJson(value)}`,
    );
  }
  showCalculation(context, { operation: method, operands: params, result: value.result, ms });
}

/** `Invalid params (-32602): parameter b is missing` */
function errorText(error: JsonValue): string {
  if (!isJsonObject(error)) return `an error that is no object: ${writeJson(error)}`;
  const { code, message, data } = error;
  const reason = data === undefined ? "" : `: ${typeof data === "string" ? data : writeJson(data)}`;
  return `${typeof message === "string" ? message : "error"} (${writeJson(code ?? null)})${reason}`;
}

function expectSilence(context: CommandContext, peer: Peer, { status, value }: JsonResponse): void {
  if (value !== undefined || status >= 300) {
    throw new PeerError(
      "bad-answer",
      `${peerName(peer)} answers a notification: ${status} ${writeJson(value ?? null)}`,
    );
  }
  context.note(`Sent; a notification is not answered (HTTP ${status})`);
}
