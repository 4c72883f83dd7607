import { tryCommand } from "../../core/example.ts";
import { labPorts } from "../../core/ports.ts";
import type { Role } from "../../core/role.ts";
import { replyServer } from "../../net/tcp/reply-server.ts";
import { compileReply } from "../../protocol/text/reply.ts";
import { type EchoConfig, echoConfig } from "./config.ts";

export const echo: Role<EchoConfig> = {
  name: "echo",
  summary: "TCP: sends each chunk back, with a prefix or untouched",
  config: echoConfig,
  example: (_, [address]) => tryCommand("echo", address, labPorts.echo, "halo"),
  async start(context, config) {
    return await replyServer(context, config, compileReply(config.reply));
  },
};
