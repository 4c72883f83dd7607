import { z } from "zod";
import { labPorts } from "../../core/ports.ts";
import type { Role } from "../../core/role.ts";
import { duration, host, port } from "../../core/schema.ts";
import { zmqFields } from "../../net/zmq/config.ts";
import { exampleEndpoint, template, zone } from "./fields.ts";
import { replyFields, startRep } from "./rep-service.ts";

export const zmqRepConfig = z.strictObject({
  host,
  port: port(labPorts["zmq-rep"]),
  reply: template("World", replyFields).describe(
    'What goes back: text with {message}, {count} and {time} in it; "{message}" alone sends the request\'s own bytes.',
  ),
  delay: duration("0s", { max: "1h" }).describe(
    "Pause before each reply. A REP socket answers one request at a time, so the others wait.",
  ),
  zone,
  ...zmqFields,
});

export type ZmqRepConfig = z.infer<typeof zmqRepConfig>;

export const zmqRep: Role<ZmqRepConfig> = {
  name: "zmq-rep",
  summary: "ZeroMQ REP: answers each request",
  config: zmqRepConfig,
  example: (_, addresses) => `distcli zmq req ${exampleEndpoint(addresses)} Hello`,
  threads: () => 1,
  start: startRep,
};
