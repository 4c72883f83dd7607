import { describe, expect, test } from "bun:test";
import type { CaptureInterface } from "../../../src/protocol/capture/frame.ts";
import { describeMadeUp, hasMadeUpHeaders } from "../../../src/protocol/capture/synthetic/made-up.ts";
import { english } from "../../../src/report/explain/english.ts";
import { indonesian } from "../../../src/report/explain/indonesian.ts";
import { summary } from "../../../src/report/explain/report.ts";
import type { ExplainWords } from "../../../src/report/explain/words.ts";
import { analyse } from "../../support/analyse.ts";
import { TcpTalk } from "../../support/packets.ts";

const report = analyse(new TcpTalk().handshake().packets);

const recorded = (name: string, role?: string): CaptureInterface => ({
  name,
  description: describeMadeUp(role),
  linkType: 101,
  snapLength: 65_536,
});
const real = (name: string, description?: string): CaptureInterface => ({
  name,
  ...(description !== undefined && { description }),
  linkType: 1,
  snapLength: 65_536,
});

/** What the summary says after its figures. */
function sources(interfaces: readonly CaptureInterface[], words: ExplainWords): string {
  const all = {
    ...report,
    about: undefined,
    interfaces,
    hasMadeUpHeaders: interfaces.every(hasMadeUpHeaders),
  };
  return summary(all, words).replace(/^.*?(?:conversation|percakapan)\. /, "");
}

const roles = ["time", "echo", "upcall", "oneway", "udp", "rest", "soap"];

describe("the summary of a capture by the server", () => {
  test("names its services in one sentence, and says once that the headers are made up", () => {
    const services = roles.map((role) => recorded(role, role));
    expect(sources(services, english)).toBe(
      `It has what the services time, echo, upcall, oneway, udp and 2 more received and sent. ${english.madeUpHeaders}`,
    );
    expect(sources(services, indonesian)).toBe(
      `Isinya adalah yang diterima dan dikirim layanan time, echo, upcall, oneway, udp, dan 2 lainnya. ${indonesian.madeUpHeaders}`,
    );
  });

  test("has the role of a service whose name does not tell it, and a service once", () => {
    const file = [recorded("gema", "echo"), recorded("mqtt"), recorded("gema", "echo")];
    expect(sources(file, english)).toStartWith(
      "It has what the services gema (echo) and mqtt received and sent. ",
    );
    expect(sources(file, indonesian)).toStartWith(
      "Isinya adalah yang diterima dan dikirim layanan gema (echo) dan mqtt. ",
    );
    expect(sources([recorded("echo", "echo")], english)).toStartWith("It has what the service echo received");
  });

  test("joined to packets of a network says which of them have made-up headers", () => {
    const both = [real("eth0"), recorded("echo", "echo")];
    expect(sources(both, english)).toBe(
      `Captured on eth0. It has what the service echo received and sent. ${english.recordedHeaders}`,
    );
    expect(sources(both, indonesian)).toBe(
      `Ditangkap pada eth0. Isinya adalah yang diterima dan dikirim layanan echo. ${indonesian.recordedHeaders}`,
    );
  });
});

test("interfaces of a network are named with what they say of themselves", () => {
  const many = [real("lo", "loopback"), ...["a", "b", "c", "d", "e"].map((name) => real(name))];
  expect(sources(many, english)).toBe("Captured on lo (loopback), a, b, c, d, … (6).");
});
