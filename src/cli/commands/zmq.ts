import { Command } from "@commander-js/extra-typings";
import type { CliCommand } from "../program/command.ts";
import { zmqPub } from "./zmq-pub.ts";
import { zmqPull } from "./zmq-pull.ts";
import { zmqPush } from "./zmq-push.ts";
import { zmqRep } from "./zmq-rep.ts";
import { zmqReq } from "./zmq-req.ts";
import { zmqSub } from "./zmq-sub.ts";

/** `distcli zmq req|rep|push|pull|pub|sub`. */
export const zmq: CliCommand = (cli) =>
  new Command("zmq")
    .summary("Be any end of ZeroMQ's three patterns")
    .description("Plays one socket of ZeroMQ: REQ or REP, PUSH or PULL, PUB or SUB.")
    .addHelpText(
      "after",
      "\nExamples:\n  distcli zmq req --help\n  distcli zmq sub tcp://172.16.16.101:12345",
    )
    .addCommand(zmqReq(cli))
    .addCommand(zmqRep(cli))
    .addCommand(zmqPush(cli))
    .addCommand(zmqPull(cli))
    .addCommand(zmqPub(cli))
    .addCommand(zmqSub(cli));
