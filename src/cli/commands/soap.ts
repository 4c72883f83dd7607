import { Option } from "@commander-js/extra-typings";
import { labPorts } from "../../core/ports.ts";
import { calculationFields, exactNumber } from "../http/calculation.ts";
import { openSoap, type SoapOperation, type SoapPeer, type SoapService } from "../http/soap-client.ts";
import { type CliCommand, peerCommand } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError, UsageError } from "../program/errors.ts";
import { peerName, withPeerErrors } from "../program/peer.ts";
import { tlsOf, withTls } from "../program/peer-tls.ts";

/** `distcli soap`: calls an operation of a SOAP service, or lists its operations. */
export const soap: CliCommand = (cli) =>
  withTls(
    peerCommand({
      name: "soap",
      summary: "Call an operation of a SOAP service",
      description: "Calls an operation of a SOAP service, or lists the operations that its WSDL describes.",
      port: labPorts.soap,
      examples: [
        "distcli soap 172.16.16.101",
        "distcli soap 172.16.16.101 add 10 5",
        "distcli soap 172.16.16.101 subtract 10 -5",
        "distcli soap 172.16.16.101 div 10 4 --soap-version 1.2",
      ],
    }),
  )
    .argument("[operation]", "what to call; without it, the operations are listed")
    .argument("[operands...]", "the numbers it is given, in the order of the list")
    .option("--wsdl <path>", "where the server keeps its description", "/?wsdl")
    .addOption(
      new Option("--soap-version <version>", "the version to speak")
        .choices(["1.1", "1.2"] as const)
        .default("1.1" as const),
    )
    .action((host, operation, operands, options) =>
      cli.run(options, (context) => {
        const peer = {
          host,
          port: options.port,
          ...tlsOf(options),
          wsdl: options.wsdl,
          version: options.soapVersion,
        };
        return context.within(`No answer from ${peerName(peer)}`, (signal) =>
          withPeerErrors(peer, async () => {
            const service = await openSoap(peer, signal);
            if (operation === undefined) list(context, service);
            else await call(context, peer, service, operation, operands);
          }),
        );
      }),
    );

function list(context: CommandContext, service: SoapService): void {
  context.note(`${service.name} offers:`);
  for (const { name, parameters, results } of service.operations) {
    const operands = parameters.map((parameter) => `${parameter.name}: ${parameter.type}`).join(", ");
    const result = results.map(({ type }) => type).join(", ");
    context.result(`${name}(${operands}): ${result}`, { operation: name, parameters, results });
  }
}

async function call(
  context: CommandContext,
  peer: SoapPeer,
  service: SoapService,
  name: string,
  operands: readonly string[],
): Promise<void> {
  const operation = findOperation(service, peer, name);
  const expected = operation.parameters.map((parameter) => parameter.name);
  if (operands.length !== expected.length) {
    const wanted = `${expected.length} operands (${expected.join(", ")})`;
    throw new UsageError(`${name} takes ${wanted}, and is given ${operands.length}`);
  }
  const start = performance.now();
  const result = await service.call(operation, operands);
  const ms = performance.now() - start;
  const text = context.quiet ? result : `Hasil ${indonesianName(name)} dari server SOAP: ${result}`;
  context.result(text, calculationFields({ operation: name, operands, ms }, exactNumber(result)));
}

function findOperation(service: SoapService, peer: SoapPeer, name: string): SoapOperation {
  const operation = service.operations.find((offered) => offered.name === name);
  if (operation !== undefined) return operation;
  const offered = service.operations.map((one) => one.name).join(", ");
  throw new PeerError("unknown-operation", `${peerName(peer)} has no operation "${name}"; it has ${offered}`);
}

/** The original client prints in Indonesian; it only had `add`. */
const indonesian: Readonly<Record<string, string>> = {
  add: "penjumlahan",
  sub: "pengurangan",
  subtract: "pengurangan",
  mul: "perkalian",
  multiply: "perkalian",
  div: "pembagian",
  divide: "pembagian",
};

function indonesianName(name: string): string {
  return Object.hasOwn(indonesian, name) ? (indonesian[name] ?? name) : name;
}
