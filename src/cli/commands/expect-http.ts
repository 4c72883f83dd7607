import { InvalidArgumentError } from "@commander-js/extra-typings";
import { replyText } from "../exchange/exchange.ts";
import { expectAnswer } from "../expect/ask.ts";
import type { Came, ExpectedPart } from "../expect/expectation.ts";
import { fieldsOf } from "../expect/json-field.ts";
import { partOf, patternHelp, withEvery } from "../expect/options.ts";
import { type Pattern, pattern } from "../expect/pattern.ts";
import { fetchWhole } from "../http/client.ts";
import { baseCommand, type CliCommand } from "../program/command.ts";
import { UsageError } from "../program/errors.ts";
import { type Peer, withPeerErrors } from "../program/peer.ts";
import { readTlsFiles, type TlsFileOptions } from "../program/peer-tls.ts";

/** `distcli expect http`: sends a request and checks the response. */
export const expectHttp: CliCommand = (cli) =>
  withEvery(
    baseCommand({
      name: "http",
      summary: "Expect a response of an HTTP server",
      description:
        "Sends a request, and checks status, header fields, body and the fields of a body in JSON. Redirects are not followed.",
      examples: [
        "distcli expect http 'http://172.16.16.101:5151/add?a=5&b=9' --field result=14",
        "distcli expect http http://172.16.16.101:5151/nowhere --status 404 --field 'error=/./'",
        "distcli expect http http://172.16.16.101:8088/readyz --every 500ms --within 30s",
        `distcli expect http http://172.16.16.101:4000 -d '{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}' --send-header 'Content-Type: application/json' --field result=3`,
      ],
    }),
  )
    .argument("<url>", "where the request goes; without a scheme it is http", webAddress)
    .option("--status <pattern>", "the status: 200, 4xx, or a regular expression between slashes", status)
    .option("--header <name:pattern>", `a field of the head: ${patternHelp}; may be given again`, headers)
    .option("--body <pattern>", `the body, without a line end: ${patternHelp}`, pattern)
    .option(
      "--field <path=pattern>",
      `a value in a JSON body, such as result or items.0.name: ${patternHelp}; may be given again`,
      jsonFields,
    )
    .option("-X, --request <method>", "the method (default: GET, with -d POST)", method)
    .option("-d, --data <text>", "the body of the request")
    .option(
      "-H, --send-header <name:value>",
      "a field of the request's head; may be given again",
      sentHeaders,
    )
    .option("--cafile <file>", "with https: authorities to trust instead of the system's, in PEM")
    .option("--cert <file>", "with https: our own certificate in PEM, for a server that asks for one")
    .option("--key <file>", "its private key in PEM")
    .option("--insecure", "with https: take any certificate, of anybody")
    .action((url, { within, every, ...options }) => {
      const peer = peerOf(url, options);
      const verb = options.request ?? (options.data === undefined ? "GET" : "POST");
      const parts = [
        { name: "status", pattern: options.status ?? anySuccess },
        ...(options.header ?? []),
        ...(options.field ?? []),
        ...partOf("body", options.body),
      ];
      return cli.run(options, (context) =>
        expectAnswer(context, {
          where: `${verb} ${url.href}`,
          parts,
          within,
          every,
          ask: (limited, signal) =>
            withPeerErrors(peer, () =>
              limited.within(`No answer from ${url.host}`, async () => {
                const init = { method: verb, headers: options.sendHeader, body: options.data, signal };
                const { response, body } = await fetchWhole(peer, url.href, init);
                return cameOf(parts, response, body);
              }),
            ),
        }),
      );
    });

/** What the response has of what is expected, and always its body: it says most about what went wrong. */
function cameOf(parts: readonly ExpectedPart[], response: Response, body: Uint8Array): Came {
  const names = parts.map(({ name }) => name);
  const field = fieldsOf(body);
  return {
    ...Object.fromEntries(
      names.flatMap((name) => {
        const [kind, key] = [name.slice(0, name.indexOf(" ")), name.slice(name.indexOf(" ") + 1)];
        if (kind === "header") return [[name, response.headers.get(key) ?? undefined]];
        return kind === "field" ? [[name, field(key)]] : [];
      }),
    ),
    status: `${response.status}`,
    body: replyText(body),
  };
}

function webAddress(value: string): URL {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === "") return url;
  throw new InvalidArgumentError(
    "It is written http://HOST[:PORT][/PATH], or with https; a user name goes into --send-header 'Authorization: ...'.",
  );
}

function peerOf(url: URL, files: TlsFileOptions): Peer {
  const isSecure = url.protocol === "https:";
  const given = (["cafile", "cert", "key", "insecure"] as const).find((name) => files[name] !== undefined);
  if (!isSecure && given !== undefined)
    throw new UsageError(`--${given} needs https, and the address is ${url.href}`);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? (isSecure ? 443 : 80) : Number(url.port),
    ...(isSecure && { tls: readTlsFiles(files) }),
  };
}

const anySuccess: Pattern = { ...pattern("/^2..$/"), shown: "2xx" };

/** `4xx` is what everybody calls the whole class. */
function status(value: string): Pattern {
  if (/^[1-5]xx$/i.test(value)) return { ...pattern(`/^${value[0]}..$/`), shown: value };
  if (/^[1-9]\d\d$/.test(value) || /^\/.+\/\w*$/.test(value)) return pattern(value);
  throw new InvalidArgumentError("A status is written 200, 4xx or /^20[01]$/.");
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

function method(value: string): string {
  if (token.test(value)) return value;
  throw new InvalidArgumentError("A method is a word such as GET or DELETE.");
}

/** The name and the rest of `name: rest`. */
function headerField(value: string, example: string): [string, string] {
  const [, name = "", rest = ""] = /^([^:]*):[ \t]*(.*?)[ \t]*$/s.exec(value) ?? [];
  if (token.test(name) && !/[\r\n\0]/.test(rest)) return [name, rest];
  throw new InvalidArgumentError(`A field is written as in ${example}.`);
}

function headers(value: string, before: readonly ExpectedPart[] = []): ExpectedPart[] {
  const [name, wanted] = headerField(value, "'Content-Type: /json/'");
  return [...before, { name: `header ${name.toLowerCase()}`, pattern: pattern(wanted) }];
}

function sentHeaders(value: string, before: readonly [string, string][] = []): [string, string][] {
  return [...before, headerField(value, "'Accept: application/json'")];
}

function jsonFields(value: string, before: readonly ExpectedPart[] = []): ExpectedPart[] {
  const [, path, wanted = ""] = /^([^=]+)=(.*)$/s.exec(value) ?? [];
  if (path !== undefined) return [...before, { name: `field ${path}`, pattern: pattern(wanted) }];
  throw new InvalidArgumentError("A field is written as in result=14 or items.0.name=/^a/.");
}
