import { z } from "zod";
import { byteSize, duration, hostText } from "../../core/schema.ts";

export const connectTimeout = duration("10s", { min: "10ms" });
export const maxPacketSize = byteSize("16MiB");

const file = z.string().min(1);

const tls = z
  .strictObject({
    cert: file.describe("The server's certificate in PEM, followed by those of intermediate authorities."),
    key: file.describe("Its private key in PEM."),
    ca: file.optional().describe("Authorities in PEM whose certificates clients may show."),
    requestClientCertificate: z
      .boolean()
      .default(false)
      .describe("Accept only clients with a certificate of one of the authorities in ca."),
  })
  .check(({ value, issues }) => {
    const { ca, requestClientCertificate } = value;
    if (requestClientCertificate && ca === undefined) {
      const message = "needs ca: a file with the authorities whose certificates are taken";
      issues.push({ code: "custom", input: value, path: ["requestClientCertificate"], message });
    } else if (!requestClientCertificate && ca !== undefined) {
      // Whoever writes it means that others stay outside.
      const message = "keeps nobody out without requestClientCertificate: true beside it";
      issues.push({ code: "custom", input: ca, path: ["ca"], message });
    }
  });

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
  tls: tls
    .optional()
    .describe(
      "Speak TLS. The files' paths start at the folder of this file; they are read when the service starts.",
    ),
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
    .describe("Port to listen on; 0 lets the operating system choose a free one."),
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
