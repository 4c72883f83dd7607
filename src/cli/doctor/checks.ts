import type { Check } from "./check.ts";
import { checkJsonrpc, checkRest, checkSoap } from "./http-checks.ts";
import { checkMqtt } from "./mqtt-check.ts";
import { checkEcho, checkOneway, checkTime, checkUdp, checkUpcall } from "./text-checks.ts";
import { checkPub, checkPush, checkRep } from "./zmq-checks.ts";

/** How each role proves that it works. */
export const checks: Readonly<Record<string, Check>> = {
  mqtt: checkMqtt,
  echo: checkEcho,
  oneway: checkOneway,
  jsonrpc: checkJsonrpc,
  upcall: checkUpcall,
  rest: checkRest,
  "zmq-rep": checkRep,
  "zmq-push": checkPush,
  "zmq-pub": checkPub,
  soap: checkSoap,
  udp: checkUdp,
  time: checkTime,
};
