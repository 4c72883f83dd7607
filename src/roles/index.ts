import type { Role } from "../core/role.ts";
import { echo } from "./echo/index.ts";
import { jsonrpc } from "./jsonrpc/index.ts";
import { mqtt } from "./mqtt/index.ts";
import { oneway } from "./oneway/index.ts";
import { rest } from "./rest/index.ts";
import { soap } from "./soap/index.ts";
import { time } from "./time/index.ts";
import { udp } from "./udp/index.ts";
import { upcall } from "./upcall/index.ts";
import { zmqPub, zmqPush, zmqRep } from "./zmq/index.ts";

/** All roles. A new one is a folder, an import and an entry here. */
export const roles: readonly Role[] = Object.values({
  mqtt,
  echo,
  rest,
  soap,
  jsonrpc,
  zmqRep,
  zmqPush,
  zmqPub,
  upcall,
  time,
  udp,
  oneway,
});
