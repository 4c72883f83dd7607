import { labPorts } from "../../core/ports.ts";
import { isJsonObject, type JsonValue } from "../../protocol/json/value.ts";
import { writeJson } from "../../protocol/json/write.ts";
import { callText, showCalculation } from "../http/calculation.ts";
import { type JsonResponse, requestJson } from "../http/client.ts";
import { type CliCommand, peerCommand } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import { type Peer, peerName } from "../program/peer.ts";
import { tlsOf, withTls } from "../program/peer-tls.ts";

/** `distcli rest`: calculates on the REST server. */
export const rest: CliCommand = (cli) =>
  withTls(
    peerCommand({
      name: "rest",
      summary: "Calculate on the REST server",
      description:
        "Calculates on the REST server with GET /NAME?a=..&b=..: one operation by its name, both (add and mul), or all that the server offers.",
      port: labPorts.rest,
      examples: [
        "distcli rest 172.16.16.101",
        "distcli rest 172.16.16.101 --op add -a 2.0 -b 3.0",
        "distcli rest 172.16.16.101 --op mul -a -7 -b 6",
        "distcli rest 172.16.16.101 --op all -a 20 -b 30",
      ],
    }),
  )
    .option("--op <name>", "add, sub, ... or any other operation of the server; both; all", "both")
    .option("-a <number>", "the first operand, sent as it is typed", "10")
    .option("-b <number>", "the second operand, sent as it is typed", "5")
    .action((host, options) =>
      cli.run(options, async (context) => {
        const peer = { host, port: options.port, ...tlsOf(options) };
        await calculateAll(context, peer, await operationNames(context, peer, options.op), options);
      }),
    );

interface Operands {
  readonly a: string;
  readonly b: string;
}

async function operationNames(context: CommandContext, peer: Peer, op: string): Promise<readonly string[]> {
  if (op === "both") return ["add", "mul"];
  if (op !== "all") return [op];
  const known = await listedOperations(context, peer);
  if (known.length > 0) return known;
  context.note(`${peerName(peer)} lists no operations; trying ${usualOperations.join(", ")}`);
  return usualOperations;
}

/** Those that the original client tries. */
const usualOperations = ["add", "sub", "mul", "div"];

/** What the server answers to GET /. The original server has nothing there, and answers in HTML. */
async function listedOperations(context: CommandContext, peer: Peer): Promise<readonly string[]> {
  try {
    const { value } = await requestJson(context, peer, "/");
    const list = isJsonObject(value) && Array.isArray(value.operations) ? value.operations : [];
    const names = list.map((item: JsonValue) => (isJsonObject(item) ? item.name : undefined));
    return names.filter((name) => typeof name === "string");
  } catch (error) {
    if (error instanceof PeerError && error.code === "bad-answer") return [];
    throw error;
  }
}

/** Tries every operation. The failures are thrown together, after all results. */
async function calculateAll(
  context: CommandContext,
  peer: Peer,
  names: readonly string[],
  operands: Operands,
): Promise<void> {
  const failures: string[] = [];
  for (const name of names) {
    const answer = await calculate(context, peer, name, operands);
    const result = resultOf(answer);
    const typed = [operands.a, operands.b];
    if (result === undefined) failures.push(`${callText(name, typed)}: ${failureOf(answer)}`);
    else showCalculation(context, { operation: name, operands: typed, result, ms: answer.ms });
  }
  if (failures.length > 0) throw new PeerError("refused-by-server", failures.join("\n"));
}

function calculate(
  context: CommandContext,
  peer: Peer,
  name: string,
  { a, b }: Operands,
): Promise<JsonResponse> {
  return requestJson(context, peer, `/${encodeURIComponent(name)}?${new URLSearchParams({ a, b })}`);
}

function resultOf({ status, value }: JsonResponse): JsonValue | undefined {
  return status === 200 && isJsonObject(value) ? value.result : undefined;
}

/** `Division by zero (HTTP 400)` */
function failureOf({ status, value }: JsonResponse): string {
  if (!isJsonObject(value))
    return `unexpected answer (HTTP ${status}) ${value === undefined ? "" : writeJson(value)}`;
  const { error, detail } = value;
  const words = [error, detail].filter((text) => typeof text === "string" || text === undefined);
  const said = words.filter((text) => text !== undefined).join(": ");
  return `${said === "" ? "unexpected answer" : said} (HTTP ${status})`;
}
