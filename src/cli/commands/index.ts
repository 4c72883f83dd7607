import type { CliCommand } from "../program/command.ts";
import { ban, bans, unban } from "./bans.ts";
import { capture } from "./capture.ts";
import { doctor } from "./doctor.ts";
import { echo } from "./echo.ts";
import { expect } from "./expect.ts";
import { explain } from "./explain.ts";
import { info } from "./info.ts";
import { mqtt } from "./mqtt.ts";
import { oneway } from "./oneway.ts";
import { record } from "./record.ts";
import { report } from "./report.ts";
import { rest } from "./rest.ts";
import { rpc } from "./rpc.ts";
import { soap } from "./soap.ts";
import { status } from "./status.ts";
import { time } from "./time.ts";
import { udp } from "./udp.ts";
import { upcall } from "./upcall.ts";
import { watch } from "./watch.ts";
import { wireshark } from "./wireshark.ts";
import { zmq } from "./zmq.ts";

/** Every command of distcli, in the order the help shows them. */
export const commands: readonly CliCommand[] = [
  time,
  echo,
  upcall,
  oneway,
  udp,
  rest,
  soap,
  rpc,
  mqtt,
  zmq,
  info,
  expect,
  doctor,
  status,
  watch,
  record,
  capture,
  explain,
  report,
  wireshark,
  ban,
  unban,
  bans,
];
