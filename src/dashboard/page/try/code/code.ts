import type { TryForm } from "../../api/types.ts";
import { isHttpRole, presetOf } from "../http-request.ts";
import { rawBytes, type TryRequest, type Values } from "../request.ts";
import { distcliOf } from "./distcli.ts";
import { curlOf, pythonHttpOf, scriptHttpOf } from "./http.ts";
import { mqttPrograms, zmqPrograms } from "./messaging.ts";
import { pythonSocketOf, scriptSocketOf } from "./sockets.ts";

/** A request in another language, to be pasted and run. */
export interface Code {
  readonly language: "distcli" | "curl" | "Python" | "JavaScript";
  readonly text: string;
}

/** The request as code, in the languages that can say just this. Empty where what was typed makes no request. */
export function codeFor(form: TryForm, request: TryRequest): readonly Code[] {
  try {
    return codes(form, request);
  } catch {
    return [];
  }
}

function codes(form: TryForm, request: TryRequest): readonly Code[] {
  const { address, role } = form;
  if (request.kind === "raw") {
    const exchange = { bytes: rawBytes(request), finish: request.finish };
    return present({
      python: pythonSocketOf(exchange, address),
      script: scriptSocketOf(exchange, address),
    });
  }
  if (request.kind === "http") return present(httpCodes(form, request.http));
  const distcli = distcliOf(form, request.values);
  if (isHttpRole(role)) return present({ distcli, ...httpCodes(form, presetOf(role, request.values)) });
  if (role === "mqtt") return present({ distcli, ...mqttPrograms(request.values, address) });
  if (role.startsWith("zmq-")) return present({ distcli, ...zmqPrograms(role, request.values, address) });
  const exchange = { bytes: textBytes(role, request.values), finish: role === "oneway" };
  const [python, script] = [pythonSocketOf(exchange, address), scriptSocketOf(exchange, address)];
  return present({ distcli, python, script });
}

function httpCodes({ address }: TryForm, request: Parameters<typeof curlOf>[0]) {
  return {
    curl: curlOf(request, address),
    python: pythonHttpOf(request, address),
    script: scriptHttpOf(request, address),
  };
}

/** What the forms of the text protocols send. */
function textBytes(role: string, { message = "", request = "" }: Values): Uint8Array {
  const text = role === "time" ? (timeRequests[request] ?? request) : message;
  return new TextEncoder().encode(text);
}

const timeRequests: Readonly<Record<string, string>> = {
  "TIME and a line end": "TIME\r\n",
  "something else": "JAM BERAPA",
};

interface Texts {
  readonly distcli?: string | undefined;
  readonly curl?: string | undefined;
  readonly python?: string | undefined;
  readonly script?: string | undefined;
}

function present({ distcli, curl, python, script }: Texts): readonly Code[] {
  const all = [
    { language: "distcli", text: distcli },
    { language: "curl", text: curl },
    { language: "Python", text: python },
    { language: "JavaScript", text: script },
  ] as const;
  return all.flatMap(({ language, text }) => (text === undefined ? [] : [{ language, text }]));
}
