import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { report } from "../../../src/cli/commands/report.ts";
import { TcpFlag } from "../../../src/protocol/packet/tcp-header.ts";
import { connack, connect, publish } from "../../support/mqtt-packets.ts";
import { ethernet, ipv4, pcap, TcpTalk, tcp } from "../../support/packets.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { type RunCliOptions, runCli } from "../support/run-cli.ts";
import { checkXml } from "./check-xml.ts";
import { unzip } from "./unzip.ts";

const lab = fileURLToPath(new URL("../../captures/lab.pcap", import.meta.url));

async function write(ending: string, args: readonly string[], options: RunCliOptions = {}) {
  const folder = scratchFolder("report");
  const file = join(folder, `laporan${ending}`);
  const { exit, stdout, stderr } = await runCli(report, ["report", ...args, "-o", file], options);
  return { exit, stdout, stderr, folder, file, bytes: () => readFileSync(file) };
}

const synOnly = Uint8Array.from(
  pcap([{ bytes: ethernet(ipv4(tcp({ flags: TcpFlag.Syn, sequence: 7, targetPort: 2222 }))) }]),
);

const answerOnly = Uint8Array.from(pcap([new TcpTalk().handshake().packets[1]!]));

const hostile = "<script>alert(1)</script>](x) `a` | \u001b[2J";
const attack = Uint8Array.from(
  pcap(
    new TcpTalk()
      .handshake()
      .send("client", connect("ani"))
      .send("server", connack)
      .send("client", publish(hostile, "28"))
      .close("client").packets,
  ),
);

describe("a report", () => {
  test("has a section for each service: diagram, packets, sums, explanation and the place for the analysis", async () => {
    const { exit, bytes, stdout, file } = await write(".md", [lab, "--name", "Ani", "--date", "1 May"]);
    expect(exit).toBe(0);
    expect(stdout.split("\n")[0]).toBe(file);
    const text = bytes().toString();
    const sections = text.split("\n## ").slice(1);
    const services = sections.filter((section) => section.startsWith("Service "));
    expect(services.map((section) => section.split("\n")[0])).toContain("Service echo");
    for (const section of services)
      for (const title of ["Sequence diagram", "Packets", "Sums", "Explanation", "Analysis"])
        expect(section).toContain(`\n### ${title}\n`);
    expect(text).toContain("| Name | Ani |");
    expect(text).toContain("| Date | 1 May |");
    // The sentences are about the packets of the table above them.
    const echo = services.find((section) => section.startsWith("Service echo"))!;
    expect(echo).toContain("Packet 64 answers packet 62, 1.8 ms after it.");
    expect(echo).toContain("the client sent its FIN first, in packet 66");
    expect(echo).toContain(
      "Packet 63 is TCP's ACK of packet 62: the server's operating system has the bytes.",
    );
  });

  test("has its pictures beside the Markdown, each of them well-formed", async () => {
    const { folder, bytes, stdout } = await write(".md", [lab]);
    const named = [
      ...bytes()
        .toString()
        .matchAll(/\]\(<(.+?)>\)/g),
    ].map(([, name]) => name!);
    expect(named.length).toBeGreaterThan(5);
    expect(readdirSync(folder).toSorted()).toEqual([...named, "laporan.md"].toSorted());
    expect(stdout.trim().split("\n")).toHaveLength(named.length + 1);
    for (const name of named) checkXml(readFileSync(join(folder, name), "utf8"));
  });

  test("claims nothing but the SYN of a capture that has nothing else", async () => {
    const { bytes } = await write(".md", ["-"], { stdin: synOnly });
    const text = bytes().toString();
    const explanation = /### Explanation\n\n(.+?)\n\n###/s.exec(text)?.[1];
    expect(explanation).toBe(
      "- Conversation 1, 10.0.0.1:50000 with 10.0.0.2:2222 over TCP. Packet 1 asks for a connection (SYN); the capture has no answer to it.",
    );
    for (const word of ["three-way", "after packet", "FIN", "RST", "TCP's ACK", "message"])
      expect(text).not.toContain(word);
  });

  test("says of a SYN, ACK without its SYN that the SYN is not there", async () => {
    const { bytes } = await write(".md", ["-"], { stdin: answerOnly });
    expect(bytes().toString()).toContain(
      "Packet 1 accepts a connection (SYN, ACK); the SYN that asked for it is not in the capture.",
    );
  });

  test("of a capture without packets says so, and nothing else", async () => {
    const { bytes } = await write(".md", ["-"], { stdin: Uint8Array.from(pcap([])) });
    const text = bytes().toString();
    expect(text).toContain("The capture has no packets.");
    expect(text).not.toContain("###");
  });

  test("says in Indonesian what it says in English", async () => {
    const { bytes } = await write(".html", [lab, "--lang", "id"]);
    const text = bytes().toString();
    expect(text).toContain('<html lang="id">');
    expect(text).toContain("<h1>Laporan praktikum</h1>");
    for (const title of ["Diagram urutan", "Penjelasan", "Analisis"])
      expect(text).toContain(`<h3>${title}</h3>`);
    for (const english of ["The client", "Packet 64", "Analysis"]) expect(text).not.toContain(english);
  });
});

describe("what came from the network", () => {
  test("is text in HTML, which is well-formed and loads nothing", async () => {
    const { bytes } = await write(".html", ["-", "--title", "<b>&"], { stdin: attack });
    const text = bytes().toString();
    expect(text).not.toContain("<script");
    expect(text).toContain("&lt;script&gt;");
    expect(text).toContain("<h1>&lt;b&gt;&amp;</h1>");
    expect(text).not.toContain("\u001b");
    expect(text).not.toMatch(/(src|href)=|url\((?!#)|@import/);
    checkXml(
      text
        .replace("<!doctype html>", "")
        .replace(/<meta ([^>]*)>/g, "<meta $1/>")
        .replaceAll("&nbsp;", " "),
    );
  });

  test("is text in Markdown and in its pictures", async () => {
    const { bytes, folder } = await write(".md", ["-"], { stdin: attack });
    const text = bytes().toString();
    expect(text).not.toMatch(/(?<!\\)<script/);
    expect(text).not.toMatch(/(?<!\\)\]\(x\)/);
    const picture = readFileSync(join(folder, "laporan-1.svg"), "utf8");
    checkXml(picture);
    expect(picture).toContain("&lt;script&gt;");
  });

  test("is text in DOCX, all parts of which are well-formed", async () => {
    const { bytes } = await write(".docx", ["-"], { stdin: attack });
    const files = unzip(bytes());
    const parts = [...files].filter(([name]) => /\.(xml|rels)$/.test(name));
    expect(parts.length).toBeGreaterThan(5);
    for (const [, content] of parts) checkXml(content.toString());
    const text = files.get("word/document.xml")!.toString();
    expect(text).toContain("&lt;script&gt;");
    expect(text).toContain("Your own thoughts go here.");
  });
});

describe("wrong use", () => {
  test.each([
    [["report", lab], "-o report.html"],
    [["report", "-o", "a.html"], "There is no capture"],
    [["report", lab, "-o", "a.pdf"], "must end with .html, .md or .docx"],
    [["report", lab, "-o", "/nowhere/a.html"], "Cannot write /nowhere/a.html"],
    [["report", "/nowhere.pcap", "-o", "a.html"], "Cannot read /nowhere.pcap"],
  ])("%j is an error that says what is wrong", async (args, message) => {
    const { exit, stderr } = await runCli(report, args);
    expect(exit).toBe(2);
    expect(stderr).toContain(message);
  });
});
