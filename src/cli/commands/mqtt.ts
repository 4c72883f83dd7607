import { Command } from "@commander-js/extra-typings";
import type { CliCommand } from "../program/command.ts";
import { mqttPub } from "./mqtt-pub.ts";
import { mqttSub } from "./mqtt-sub.ts";
import { mqttVerifier } from "./mqtt-verifier.ts";

/** `distcli mqtt pub`, `distcli mqtt sub` and `distcli mqtt verifier`. */
export const mqtt: CliCommand = (cli) =>
  new Command("mqtt")
    .summary("Publish to and subscribe with an MQTT broker")
    .description("Publishes to and subscribes with an MQTT broker.")
    .addHelpText("after", "\nExamples:\n  distcli mqtt sub --help\n  distcli mqtt pub --help")
    .addCommand(mqttSub(cli))
    .addCommand(mqttPub(cli))
    .addCommand(mqttVerifier(cli));
