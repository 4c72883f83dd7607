import { Command } from "@commander-js/extra-typings";
import type { CliCommand } from "../program/command.ts";
import { mqttBackup } from "./mqtt-backup.ts";
import { mqttKick } from "./mqtt-kick.ts";
import { mqttPasswd } from "./mqtt-passwd.ts";
import { mqttPub } from "./mqtt-pub.ts";
import { mqttRetained } from "./mqtt-retained.ts";
import { mqttRr } from "./mqtt-rr.ts";
import { mqttSessions } from "./mqtt-sessions.ts";
import { mqttSub } from "./mqtt-sub.ts";
import { mqttVerifier } from "./mqtt-verifier.ts";

/** `distcli mqtt pub`, `sub`, `rr`, `sessions`, `kick`, `retained`, `backup`, `verifier` and `passwd`. */
export const mqtt: CliCommand = (cli) =>
  new Command("mqtt")
    .summary("Publish to and subscribe with an MQTT broker, or look after one")
    .description("Publishes to and subscribes with an MQTT broker, and looks after one of a running distsrv.")
    .addHelpText(
      "after",
      "\nExamples:\n  distcli mqtt sub --help\n  distcli mqtt pub --help\n  distcli mqtt rr --help",
    )
    .addCommand(mqttSub(cli))
    .addCommand(mqttPub(cli))
    .addCommand(mqttRr(cli))
    .addCommand(mqttSessions(cli))
    .addCommand(mqttKick(cli))
    .addCommand(mqttRetained(cli))
    .addCommand(mqttBackup(cli))
    .addCommand(mqttVerifier(cli))
    .addCommand(mqttPasswd(cli));
