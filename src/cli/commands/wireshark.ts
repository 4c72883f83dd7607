import { checkScriptFile, signed, writeScriptFile } from "../capture/script-file.ts";
import { knownServices } from "../capture/services.ts";
import { wiresharkScript } from "../capture/wireshark-lua.ts";
import { baseCommand, type CliCommand } from "../program/command.ts";

/** `distcli wireshark`: the script that makes Wireshark know the lab, without a capture. */
export const wireshark: CliCommand = (cli) =>
  baseCommand({
    name: "wireshark",
    summary: "Write a script by which Wireshark and tshark know the lab's services",
    description:
      "Writes a Lua script for Wireshark and tshark. It gives the lab's ports to MQTT, HTTP and ZeroMQ, where Wireshark takes " +
      "some of them for something else, and shows TIME, upcall, echo, one-way and the UDP service with their texts. " +
      "Load it with -X lua_script:FILE, or put it into the folder of the personal Lua plugins (tshark -G folders prints it). " +
      "distcli capture and distcli record write it beside a capture with --lua.",
    examples: [
      "distcli wireshark -o lab.lua",
      "distcli wireshark --config lab.yaml -o ~/.local/lib/wireshark/plugins/lab.lua",
      "tshark -X lua_script:lab.lua -r lab.pcapng",
    ],
  })
    .option("-o, --output <file>", "write to this file (default: the standard output)")
    .option("--config <file>", "the services and their ports, from a configuration of distsrv")
    .action(({ output, config, ...options }) =>
      cli.run(options, async (context) => {
        if (output !== undefined && output !== "-") checkScriptFile(output);
        const script = wiresharkScript(await knownServices(cli, config));
        if (output === undefined || output === "-") {
          context.result(signed(script).trimEnd(), { script: signed(script) });
          return;
        }
        writeScriptFile(output, script);
        context.result(`Written to ${output}; load it by wireshark -X lua_script:${output}`, {
          file: output,
        });
      }),
    );
