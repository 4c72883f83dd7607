import { describe, expect, onTestFinished, test } from "bun:test";
import { soap as command } from "../../../src/cli/commands/soap.ts";
import { soap } from "../../../src/roles/soap/index.ts";
import { operations } from "../../roles/soap/support.ts";
import { golden } from "../../support/golden.ts";
import { startRole } from "../../support/start-role.ts";
import { echoing, fakeServer } from "../support/fake-server.ts";
import { runCli } from "../support/run-cli.ts";

async function distcli(...words: string[]) {
  const { port } = await startRole(soap, {}, { operations });
  return runCli(command, ["soap", "127.0.0.1", "-p", String(port), ...words]);
}

/** A peer that answers every request with this. */
function serve(answer: () => Response | Promise<Response>): string {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer });
  onTestFinished(() => server.stop(true));
  return String(server.port);
}

describe("calling an operation", () => {
  test("add prints what the original client prints", async () => {
    const { exit, stdout } = await distcli("add", "10", "5");
    expect(stdout).toBe(golden("soap_client").clients[0]?.stdout ?? "");
    expect(exit).toBe(0);
  });

  test("other operations print a line of their own, --quiet only the result", async () => {
    expect((await distcli("subtract", "10", "-5")).stdout).toBe("Hasil pengurangan dari server SOAP: 15\n");
    expect((await distcli("pow", "2", "10")).stdout).toBe("Hasil pow dari server SOAP: 1024\n");
    expect((await distcli("div", "10", "4", "--quiet")).stdout).toBe("2.5\n");
  });

  test("no digit is lost, in text and in JSON", async () => {
    const nines = "9".repeat(40);
    const sum = `1${"0".repeat(40)}`;
    expect((await distcli("add", nines, "1", "--quiet")).stdout).toBe(`${sum}\n`);
    const { stdout } = await distcli("add", nines, "1", "--json", "--soap-version", "1.2");
    expect(stdout).toMatch(
      new RegExp(`^{"operation":"add","operands":\\[${nines},1\\],"result":${sum},"ms":[0-9.]+}\n$`),
    );
  });

  test("a fault is the peer's failure, in both versions", async () => {
    const first = await distcli("add", "abc", "1");
    expect(first.exit).toBe(1);
    expect(first.stderr).toContain(
      "SOAP fault soap11env:Client.ValidationError: Could not cast 'abc' to integer",
    );
    const second = await distcli("div", "1", "0", "--soap-version", "1.2", "--json");
    expect(second.exit).toBe(1);
    expect(JSON.parse(second.stderr)).toMatchObject({ error: { code: "soap-fault", exit: 1 } });
    expect(second.stdout).toBe("");
  });

  test("the number of operands is checked before anything is called", async () => {
    const { exit, stderr } = await distcli("add", "1");
    expect(exit).toBe(2);
    expect(stderr).toContain("add takes 2 operands (a, b), and is given 1");
  });

  test("an unknown operation is an error that lists the known ones", async () => {
    const { exit, stderr } = await distcli("toString", "1", "2");
    expect(exit).toBe(1);
    expect(stderr).toContain('no operation "toString"; it has add, sub, subtract, div, divide, pow');
  });
});

test("without an operation, those of the WSDL are listed", async () => {
  const { stdout, stderr, exit } = await distcli();
  expect(exit).toBe(0);
  expect(stderr).toBe("CalculatorService offers:\n");
  const lines = stdout.split("\n");
  expect(lines[0]).toBe("add(a: integer, b: integer): integer");
  expect(lines).toContain("divide(a: decimal, b: decimal): decimal");
  expect(lines.length).toBe(7);
});

describe("a peer that is no SOAP service", () => {
  const answers: Readonly<Record<string, string>> = {
    "plain text": "hello",
    HTML: "<html><body>hello</body></html>",
    "other XML": "<a/>",
    "a WSDL without a service": `<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>`,
    nothing: "",
  };
  for (const [what, answer] of Object.entries(answers)) {
    test(`${what} is reported in one line`, async () => {
      const port = serve(() => new Response(answer));
      const { exit, stdout, stderr } = await runCli(command, [
        "soap",
        "127.0.0.1",
        "-p",
        port,
        "add",
        "1",
        "2",
      ]);
      expect(exit).toBe(1);
      expect(stdout).toBe("");
      expect(stderr).toStartWith("distcli: ");
      expect(stderr.split("\n").length).toBe(2);
    });
  }

  test("a refused connection says which service usually listens there", async () => {
    const { exit, stderr } = await runCli(command, ["soap", "127.0.0.1", "-p", "1"]);
    expect(exit).toBe(1);
    expect(stderr).toContain("connection refused");
  });

  test("silence ends with --timeout and status 124", async () => {
    const port = serve(() => new Promise(() => {}));
    const { exit, stderr } = await runCli(command, ["soap", "127.0.0.1", "-p", port, "--timeout", "300ms"]);
    expect(exit).toBe(124);
    expect(stderr).toContain(`No answer from 127.0.0.1:${port} within 300 ms`);
  });
});

describe("a peer that misbehaves", () => {
  const call = (port: string) => runCli(command, ["soap", "127.0.0.1", "-p", port, "add", "1", "2"]);

  test("a redirect is not followed", async () => {
    let asked = 0;
    const elsewhere = serve(() => {
      asked++;
      return new Response("");
    });
    const { exit } = await call(serve(() => Response.redirect(`http://127.0.0.1:${elsewhere}/`)));
    expect({ exit, asked }).toEqual({ exit: 1, asked: 0 });
  });

  test("a response without end is given up", async () => {
    const endless = () =>
      new Response(new ReadableStream({ pull: (sink) => sink.enqueue(new Uint8Array(65_536).fill(0x20)) }));
    const { exit, stderr } = await call(serve(endless));
    expect(stderr).toContain("answers more than 4194304 bytes");
    expect(exit).toBe(1);
  });

  test("one that does not speak HTTP is reported as such", async () => {
    const { port } = fakeServer(echoing("Echo: "));
    const { exit, stderr } = await call(`${port}`);
    expect(stderr).toBe(`distcli: 127.0.0.1:${port} does not speak HTTP. Is the port right?\n`);
    expect(exit).toBe(1);
  });
});
