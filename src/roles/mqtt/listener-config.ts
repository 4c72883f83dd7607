import { z } from "zod";
import { byteSize, duration, hostText } from "../../core/schema.ts";
import { checkTls, settleTls, tlsDescription, tlsObject } from "../../core/tls-setting.ts";
import { admissionFields, proxyProtocolField } from "../../net/tcp/admission-config.ts";
import { nameSources } from "../../protocol/x509/certificate-name.ts";

export const connectTimeout = duration("10s", { min: "10ms" });
export const maxPacketSize = byteSize("16MiB");

const tls = tlsObject
  .extend({
    usernameFrom: z
      .enum(nameSources)
      .optional()
      .describe(
        "With requireClientCert: a client's user name is what its certificate says, and it needs no password. cn: the " +
          "common name; san: the first e-mail address, DNS name or URI of the alternative names; dn: the whole subject, " +
          "such as CN=ani,O=Lab. A client that gives another user name in CONNECT is refused.",
      ),
  })
  .check(checkTls)
  .check(({ value, issues }) => {
    if (value.usernameFrom === undefined || (value.requireClientCert ?? value.requestClientCertificate))
      return;
    const message =
      "needs requireClientCert: true beside it, or there is no certificate to take the name from";
    issues.push({ code: "custom", input: undefined, path: ["usernameFrom"], message });
  })
  .transform(settleTls);

/** What a listener's clients may publish together. */
const limits = z
  .strictObject({
    maxPublishRate: z.number().min(0).default(0).describe("Messages a second; 0 is no limit."),
    maxPublishBytesRate: byteSize("0").describe("Bytes of PUBLISH packets a second; 0 is no limit."),
  })
  .describe(
    "What all clients of this listener together may publish. Whoever publishes past it is not read for a while, as with maxPublishRate: nothing is lost.",
  );

const anyPath = ["/mqtt", "/"];

/** How a listener is spoken to. */
export const listenerFields = {
  transport: z
    .enum(["tcp", "ws"])
    .default("tcp")
    .describe("ws: MQTT in WebSocket frames, with the subprotocol mqtt or mqttv3.1; for browsers."),
  paths: z
    .array(z.string().regex(/^\/[^?#\s]*$/, "must be a path such as /mqtt"))
    .min(1)
    .default(anyPath)
    .describe("With transport ws: the paths of the URL under which clients may connect."),
  origins: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "With transport ws: the web pages that may connect, by their origin, such as https://lab.example. None: all.",
    ),
  proxyProtocol: proxyProtocolField,
  maxConnectRate: admissionFields.maxConnectRate,
  limits: limits.prefault({}),
  tls: tls.optional().describe(tlsDescription),
};

/** Settings of WebSocket that are given without transport: ws. */
export function listenerMistakes({ transport, paths, origins }: ListenerFields): ListenerMistake[] {
  if (transport === "ws") return [];
  const message = "is of use with transport: ws only";
  const isSaid = { paths: paths.join() !== anyPath.join(), origins: origins.length > 0 };
  return (["paths", "origins"] as const)
    .filter((name) => isSaid[name])
    .map((name) => ({ path: [name], message }));
}

/** A listener has a port or a path, and not what goes with the other one. */
export function placeMistakes({ port, path, host, mode, tls, proxyProtocol }: Place): ListenerMistake[] {
  if (path === undefined) {
    const missing = {
      path: ["port"],
      message: "is missing: a listener has a port, or the path of a Unix socket",
    };
    const message = "is of use with path only";
    return [
      ...(port === undefined ? [missing] : []),
      ...(mode === 0o660 ? [] : [{ path: ["mode"], message }]),
    ];
  }
  const message = "is of no use beside path: a Unix socket has none";
  const isSaid = { port: port !== undefined, host: host !== undefined, tls: tls !== undefined };
  const beside = (["port", "host", "tls"] as const).filter((name) => isSaid[name]);
  const nameless = {
    path: ["proxyProtocol"],
    message: "must be true or false beside path: who connects has no address",
  };
  return [
    ...beside.map((name) => ({ path: [name], message })),
    ...(typeof proxyProtocol === "object" ? [nameless] : []),
  ];
}

interface Place {
  readonly port?: number | undefined;
  readonly path?: string | undefined;
  readonly host?: string | undefined;
  readonly mode: number;
  readonly tls?: object | undefined;
  readonly proxyProtocol: boolean | readonly string[];
}

interface ListenerFields {
  readonly transport: "tcp" | "ws";
  readonly paths: readonly string[];
  readonly origins: readonly string[];
}

interface ListenerMistake {
  readonly path: (string | number)[];
  readonly message: string;
}

/** A setting of the service that a listener may have for itself. */
const ownOr = <T>(setting: z.ZodType<T>) =>
  z
    .union([z.string(), z.number()])
    .optional()
    .transform((value, context) => {
      if (value === undefined) return undefined;
      const read = setting.safeParse(value);
      if (read.success) return read.data;
      for (const { message } of read.error.issues) context.addIssue({ code: "custom", message });
      return z.NEVER;
    });

/** A further listener. What it leaves out is as with the service. */
export const listener = z.strictObject({
  ...listenerFields,
  host: hostText.optional().describe("Address to listen on; that of the service if there is none."),
  port: z
    .int()
    .min(0)
    .max(65535)
    .optional()
    .describe("Port to listen on; 0 lets the operating system choose a free one."),
  path: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Instead of a port: the path of a Unix socket, for programs of this machine, such as /run/distsrv/mqtt.sock. It is made at the start, and removed at the stop.",
    ),
  mode: z
    .string('must be octal digits in quotes, such as "0660"')
    .regex(/^0?[0-7]{3}$/, "must be octal digits such as 0660")
    .prefault("0660")
    .transform((digits) => Number.parseInt(digits, 8))
    .describe("With path: who may connect, as the permissions of the socket."),
  maxConnections: z
    .int()
    .min(1)
    .optional()
    .describe(
      "Clients at once on this listener; the service's maxConnections limits all listeners together.",
    ),
  connectTimeout: ownOr(connectTimeout).describe("As with the service, for this listener."),
  maxPacketSize: ownOr(maxPacketSize).describe("As with the service, for this listener."),
});
