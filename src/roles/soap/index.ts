import { exampleCommand, labPorts } from "../../core/ports.ts";
import type { Role } from "../../core/role.ts";
import { serveHttp } from "../../net/http/server.ts";
import { runningServer } from "../../net/tcp/running-server.ts";
import { tlsRole } from "../../net/tcp/tls-role.ts";
import { type SoapConfig, soapConfig } from "./config.ts";
import { SoapEndpoint } from "./endpoint.ts";

export const soap: Role<SoapConfig> = {
  name: "soap",
  summary: "SOAP 1.1 and 1.2: the operations as a web service, with its WSDL at /?wsdl",
  usesOperations: true,
  config: soapConfig,
  example: (_, [address]) => exampleCommand("soap", address, labPorts.soap, "add 10 5"),
  ...tlsRole,
  async start(context, config) {
    const endpoint = new SoapEndpoint(context, config);
    const server = await serveHttp(context, config, endpoint);
    return {
      ...runningServer(server, config),
      stats: () => ({ ...server.stats(), ...endpoint.stats() }),
    };
  },
};
