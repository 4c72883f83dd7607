import { describe, expect } from "bun:test";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { certificateName, type NameSource } from "../../../src/protocol/x509/certificate-name.ts";
import { Authority, openssl } from "../../support/certificates.ts";
import { testWith } from "../../support/needs.ts";

const testTls = testWith(openssl);
const authority = openssl.isThere() ? new Authority() : undefined;

/** @param subject as openssl takes it @param names the alternative names */
function nameIn(source: NameSource, subject: string, names = ""): string | undefined {
  const { cert } = authority!.issue("client", 60, { subject, names });
  return certificateName(new X509Certificate(readFileSync(cert)), source);
}

describe("the user name from a certificate", () => {
  for (const [subject, expected] of [
    ["/CN=ani", "ani"],
    ["/O=Lab/CN=ani/OU=kelas", "ani"],
    ["/CN=Bu Sri Rahayu", "Bu Sri Rahayu"],
    ["/CN=josé 你好", "josé 你好"],
    ["/CN=a\\+b\\/c, O=x", "a+b/c, O=x"],
  ] as const)
    testTls(`by cn is its common name: ${JSON.stringify(subject)}`, () => {
      expect(nameIn("cn", subject)).toBe(expected);
    });

  testTls("by cn is none without a common name, with two of them, or with a control character", () => {
    expect(nameIn("cn", "/O=Lab")).toBeUndefined();
    expect(nameIn("cn", "/CN=ani/CN=budi")).toBeUndefined();
    expect(nameIn("cn", "/CN=ani\nbudi")).toBeUndefined();
    expect(nameIn("cn", "/CN=ani\u{7f}")).toBeUndefined();
  });

  testTls("by san is its first alternative name that is text", () => {
    expect(nameIn("san", "/CN=x", "IP:127.0.0.1,email:ani@lab.example,DNS:other")).toBe("ani@lab.example");
    expect(nameIn("san", "/CN=x", "IP:127.0.0.1")).toBeUndefined();
    expect(nameIn("san", "/CN=x")).toBeUndefined();
  });

  for (const [subject, expected] of [
    ["/CN=ani", "CN=ani"],
    ["/C=ID/O=Lab/CN=ani", "CN=ani,O=Lab,C=ID"],
    ["/O=Lab/CN=ani+UID=7", "UID=7+CN=ani,O=Lab"],
    ["/O=Lab, Inc/CN=a \\+ b", "CN=a \\+ b,O=Lab\\, Inc"],
    ["/O=Lab/CN=ani/CN=budi", "CN=budi,CN=ani,O=Lab"],
    ["/CN=ani\nO=Lab", "CN=ani\\0AO=Lab"],
    ["/CN=josé", "CN=josé"],
  ] as const)
    testTls(`by dn is the whole subject by RFC 4514: ${JSON.stringify(subject)}`, () => {
      expect(nameIn("dn", subject)).toBe(expected);
    });

  testTls("by dn is none where the subject is empty", () => {
    expect(nameIn("dn", "/", "DNS:ani")).toBeUndefined();
  });
});
