import { Command } from "@commander-js/extra-typings";
import type { CliCommand } from "../program/command.ts";
import { expectEcho } from "./expect-echo.ts";
import { expectHttp } from "./expect-http.ts";
import { expectMqtt } from "./expect-mqtt.ts";
import { expectUdp } from "./expect-udp.ts";
import { expectZmq } from "./expect-zmq.ts";

/** `distcli expect mqtt|http|echo|udp|zmq`. */
export const expect: CliCommand = (cli) =>
  new Command("expect")
    .summary("Check in a script that what should come does come, and show what came instead")
    .description(
      "Waits until what is expected comes: status 0. When it does not, status 1, with what came instead. A text is compared " +
        "exactly, and one between slashes is a regular expression.",
    )
    .addHelpText(
      "after",
      [
        "\nExamples:",
        "  distcli expect mqtt 172.16.16.101 -t sister/temp --payload '/^Suhu/' --within 2s",
        "  distcli expect http 'http://172.16.16.101:5151/add?a=5&b=9' --field result=14",
        "  distcli expect echo 172.16.16.101 halo --reply 'Echo: halo'",
        "  distcli expect zmq sub 172.16.16.101 --message '/^WAKTU/'",
      ].join("\n"),
    )
    .addCommand(expectMqtt(cli))
    .addCommand(expectHttp(cli))
    .addCommand(expectEcho(cli))
    .addCommand(expectUdp(cli))
    .addCommand(expectZmq(cli));
