import { expect, test } from "bun:test";
import { golden } from "../support/golden.ts";
import { startLab } from "../support/lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { output, run } from "../support/program.ts";
import { pythonClient } from "../support/python.ts";

const lab = await startLab(`
services:
  rest: { port: 0 }
`);
const url = `http://127.0.0.1:${lab.port("rest")}`;
const testRequests = testWith(needs.requests);
const testCurl = testWith(needs.curl);

testRequests("a client that uses requests prints what it printed with the original server", async () => {
  const [both, mul] = golden("rest_client").clients;
  expect(await output(pythonClient("rest_client", url))).toBe(both?.stdout ?? "");
  const words = ["--op", "mul", "-a", "-7", "-b", "6"];
  expect(await output(pythonClient("rest_client", url, ...words))).toBe(mul?.stdout ?? "");
});

testRequests("a client that uses requests gets the error message", async () => {
  const outcome = await run(pythonClient("rest_client", url, "--op", "div", "-a", "1", "-b", "0"));
  expect(outcome.stdout).toBe("div failed: 400 Division by zero\n");
  expect(outcome.status).toBe(1);
});

/** Body and status as curl shows them. */
const curl = (path: string, ...options: string[]) =>
  output(["curl", "-s", "-g", "-w", " %{http_code} %{content_type}", ...options, `${url}${path}`]);
const json = "application/json";

const cases: readonly (readonly [string, string])[] = [
  ["/add?a=5&b=9", `{"result":14} 200 ${json}`],
  ["/sub?a=5&b=9", `{"result":-4} 200 ${json}`],
  [
    "/mul?a=99999999999999999999&b=99999999999999999999",
    `{"result":9999999999999999999800000000000000000001} 200 ${json}`,
  ],
  ["/div?a=10&b=2", `{"result":5.0} 200 ${json}`],
  ["/add?a=2.0&b=3", `{"result":5.0} 200 ${json}`],
  ["/div?a=1&b=0", `{"error":"Division by zero"} 400 ${json}`],
  ["/add?a=1", `{"error":"Invalid input"} 400 ${json}`],
  ["/add?a=&b=5", `{"error":"Invalid input"} 400 ${json}`],
  ["/add?a=x&b=5", `{"error":"Invalid input"} 400 ${json}`],
  ["/add?a=0x10&b=1", `{"error":"Invalid input"} 400 ${json}`],
  ["/add?a=nan&b=1", `{"error":"Invalid input"} 400 ${json}`],
  ["/add?a=inf&b=1", `{"error":"Invalid input"} 400 ${json}`],
  ["/add?a=1&a=2&b=5", `{"result":6} 200 ${json}`],
  ["/add?a=%207%20&b=5", `{"result":12} 200 ${json}`],
];

for (const [path, expected] of cases) {
  testCurl(`curl ${path} gets ${expected}`, async () => {
    expect(await curl(path)).toBe(expected);
  });
}

testCurl("curl posts JSON, and integers keep every digit", async () => {
  const body = '{"a":123456789012345678901234567890,"b":1}';
  const reply = await curl("/add", "-H", "content-type: application/json", "-d", body);
  expect(reply).toBe(`{"result":123456789012345678901234567891} 200 ${json}`);
});

testCurl(
  "curl gets the list, the OpenAPI description and the page, and JSON with 404 or 405 for other requests",
  async () => {
    const { openapi, paths } = JSON.parse(await output(["curl", "-sf", `${url}/openapi.json`]));
    expect(openapi).toStartWith("3.1");
    expect(Object.keys(paths)).toContain("/add");
    expect(await output(["curl", "-sf", `${url}/docs`])).toStartWith("<!doctype html>");
    expect(await output(["curl", "-sf", `${url}/`])).toContain('"add"');
    expect(await curl("/nope")).toMatch(/^\{"error":.* 404 application\/json$/);
    expect(await curl("/add?a=1&b=2", "-X", "DELETE")).toMatch(/^\{"error":.* 405 application\/json$/);
  },
);

testCurl("curl reuses its connection for several requests", async () => {
  const printed = await output(["curl", "-s", "-w", " %{num_connects}\n", `${url}/add?a=1&b=[1-3]`]);
  expect(printed).toBe('{"result":2} 1\n{"result":3} 0\n{"result":4} 0\n');
});

test("the server logged no warning or error", () => {
  expect(lab.complaints()).toEqual([]);
});
