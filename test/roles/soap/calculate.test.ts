import { expect, test } from "bun:test";
import { type Operation, OperationError, operationTable } from "../../../src/core/operation.ts";
import { soap11 } from "../../../src/protocol/soap/version.ts";
import { calculate } from "../../../src/roles/soap/calculate.ts";
import { soap } from "../../../src/roles/soap/index.ts";
import { startRole } from "../../support/start-role.ts";
import { call, envelope, faultOf, namespace, post } from "./support.ts";

function operation(evaluate: Operation["evaluate"], integer = true): Operation {
  return { name: "f", aliases: ["g"], expression: "f", integer, evaluate };
}

function request(name: string, a: string, b: string) {
  const parameter = (called: string, text: string) => ({ name: called, text, nil: false, nested: false });
  return {
    version: soap11,
    operation: { namespace, local: name },
    parameters: [parameter("b", b), parameter("unknown", "x"), parameter("a", a)],
  };
}

test("operands are found by name, in any order and among others", () => {
  const operations = operationTable([operation((a, b) => BigInt(a) * 10n + BigInt(b))]);
  expect(calculate(operations, namespace, request("f", "1", "2"))).toBe("12");
  expect(calculate(operations, namespace, request("g", "3", "4"))).toBe("34");
});

test("a decimal operation gets an integer where one is written, and a decimal where there is a point", () => {
  const operations = operationTable([
    operation((a, b) => (typeof a === "bigint" && typeof b === "number" ? 1 : 0), false),
  ]);
  expect(calculate(operations, namespace, request("f", "1", "2.0"))).toBe("1.0");
});

test("each reason why there is no result has its fault code", () => {
  const codes = {
    "division-by-zero": "Client.DivisionByZero",
    "not-finite": "Client.NotFinite",
    "too-large": "Client.ResultTooLarge",
    "bad-operand": "Client.ValidationError",
  } as const;
  for (const code of Object.keys(codes) as (keyof typeof codes)[]) {
    const failing = operation(() => {
      throw new OperationError(code, "so it is");
    });
    const calling = () => calculate(operationTable([failing]), namespace, request("f", "1", "2"));
    expect(calling).toThrow(expect.objectContaining({ code: codes[code], message: "so it is" }));
  }
});

test("what goes wrong on our side is logged, and is only an internal error for the client", async () => {
  const broken = operation(() => {
    throw new Error("secret reason");
  });
  const { port, log } = await startRole(soap, {}, { operations: [broken], expectLog: ["error"] });
  const answer = await post(port, envelope(call("f", 1, 2)));
  expect(answer.status).toBe(500);
  expect(faultOf(answer)).toEqual(["soap11env:Server", "Internal Error"]);
  expect(log.join()).toContain("secret reason");
});
