import { expect, onTestFinished } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Download, Page } from "playwright-core";
import { CaptureReader } from "../../src/protocol/capture/capture-reader.ts";
import { addressOf, testDashboard } from "../support/dashboard-browser.ts";
import { type Lab, startLab, startServer } from "../support/lab.ts";
import { RawClient } from "../support/raw-client.ts";
import { scratchFolder } from "../support/scratch.ts";

const tokens = { operate: "operate-0123456789abcdef", admin: "admin-0123456789abcdef" };

const file = join(scratchFolder("record"), "lab.yaml");
writeFileSync(
  file,
  `admin:
  port: 0
  users:
    - { name: budi, token: ${tokens.operate}, role: operate }
    - { name: bu-sri, token: ${tokens.admin}, role: admin }
services:
  echo: { port: 0 }
  time: { port: 0 }
`,
);
const lab = await startServer(["--config", file]);
const testPage = testDashboard(() => lab);

const at = "#/wire";
/** Until there is a token, the server asks for one. */
const asked = { at, mayComplain: /401 \(Unauthorized\)/ };
const record = (page: Page) => page.getByRole("button", { name: "Record", exact: true });
const stop = (page: Page) => page.getByRole("button", { name: "Stop", exact: true });
const said = (page: Page, text: string | RegExp) => page.getByRole("status").filter({ hasText: text });

async function enter(page: Page, token: string): Promise<void> {
  await page.getByRole("textbox", { name: "Token" }).fill(token);
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.getByRole("textbox", { name: "Token" }).waitFor({ state: "detached" });
}

/** Starts a recording by its button. */
async function startRecording(page: Page, what = "all services"): Promise<void> {
  await record(page).click();
  await said(page, `Recording ${what}`).waitFor();
  // The file's beginning has come, so that what is sent from now on is in it.
  await page.getByText(/ · 0 packets · [1-9]\d* B/).waitFor();
}

/** Has a service answer a line. */
async function send(port: number, line: string, answer: string): Promise<void> {
  const client = await RawClient.connect(port);
  client.write(line);
  expect(await client.text(answer.length)).toBe(answer);
  client.end();
  await client.closed;
}

/** Each has a handshake of three packets, a request and a reply, and an end of four. */
const hasRecorded = (page: Page, conversations: number) =>
  page.getByText(new RegExp(` · ${9 * conversations} (packets|paket) · `)).waitFor();

const sendToEcho = (of: Lab, text: string) => send(of.port("echo"), `${text}\n`, `Echo: ${text}\n`);

/** What a click of `press` has the browser save. @throws {CaptureError} when the file is not whole */
async function savedBy(page: Page, press: () => Promise<unknown>) {
  const [saved] = (await Promise.all([page.waitForEvent("download"), press()])) as [Download, unknown];
  const interfaces: (string | undefined)[] = [];
  let packets = "";
  const reader = new CaptureReader({
    interface: (found) => void interfaces.push(found.name),
    frame: ({ bytes }) => {
      packets += bytes.toString("latin1");
    },
  });
  reader.read(readFileSync(await saved.path()));
  reader.end();
  return { name: saved.suggestedFilename(), packets, count: reader.frames, interfaces };
}

const usual = /^lab-\d{4}-\d\d-\d\dT\d\d-\d\d\.pcapng$/;

testPage(
  "packets are recorded, also while another page is open, and saved when it stops",
  asked,
  async (page) => {
    await enter(page, tokens.admin);
    await startRecording(page);
    await sendToEcho(lab, "the first");
    await hasRecorded(page, 1);
    await page.getByRole("link", { name: "Learn" }).click();
    await page.getByRole("link", { name: "Wire a recording runs" }).waitFor();
    await sendToEcho(lab, "the second");
    await send(lab.port("time"), "TIME\r\n", "JAM ");
    await page.getByRole("link", { name: /^Wire/ }).click();
    await hasRecorded(page, 3);

    const { name, packets, count, interfaces } = await savedBy(page, () => page.keyboard.press("r"));
    expect(name).toMatch(usual);
    for (const text of ["the first", "Echo: the first", "the second", "JAM "])
      expect(packets).toContain(text);
    expect(interfaces.toSorted()).toEqual(["echo", "time"]);
    await said(page, `${count} packets`).waitFor();
    await said(page, `Your browser saves ${name}.`).waitFor();
    await page.getByText(`distcli explain ${name}`).waitFor();
    await page.getByText(`distcli report ${name} -o report.html`).waitFor();
    await page.getByText("passwords are asterisks").waitFor();
    expect(await page.getByRole("link", { name: "Wire", exact: true }).count()).toBe(1);

    const again = await savedBy(page, () => page.getByRole("button", { name: "Save again" }).click());
    expect(again).toEqual({ name, packets, count, interfaces });
    await page.getByRole("button", { name: "Close", exact: true }).click();
    await page.getByText("What to do with it").waitFor({ state: "detached" });
  },
);

testPage(
  "only the services of the filter are recorded, and the page says so in both languages",
  { ...asked, at: "#/wire?service=echo" },
  async (page) => {
    await enter(page, tokens.admin);
    await page.getByTitle("Record the packets of echo, for Wireshark or distcli (r)").waitFor();
    await startRecording(page, "echo");
    await page.locator("main").press("l");
    await said(page, "Merekam echo").waitFor();
    await send(lab.port("time"), "TIME\r\n", "JAM ");
    await sendToEcho(lab, "alone");
    await hasRecorded(page, 1);
    const halt = page.getByRole("button", { name: "Hentikan", exact: true });
    const { packets, interfaces } = await savedBy(page, () => halt.press("Enter"));
    expect(packets).toContain("alone");
    expect(interfaces).toEqual(["echo"]);
  },
);

testPage("who may not record sees why", asked, async (page) => {
  await enter(page, tokens.operate);
  await page.getByText("Recording takes the role admin, and yours is operate.").waitFor();
  expect(await record(page).isDisabled()).toBe(true);
  await page.locator("main").press("r");
  expect(await page.getByText("Recording all services").count()).toBe(0);
});

testPage("the browser asks before it closes the window with a recording in it", asked, async (page) => {
  await enter(page, tokens.admin);
  const questions: string[] = [];
  page.on("dialog", (dialog) => {
    questions.push(dialog.type());
    void dialog.dismiss();
  });
  const leave = async () => {
    const answered = page.waitForEvent("dialog");
    await page.close({ runBeforeUnload: true });
    await answered;
  };
  await startRecording(page);
  await leave();
  expect(questions).toEqual(["beforeunload"]);
  await sendToEcho(lab, "still here");
  await hasRecorded(page, 1);
  const { packets } = await savedBy(page, () => stop(page).click());
  expect(packets).toContain("still here");
  // Nothing is lost any more, so nobody is asked.
  await page.reload();
  await record(page).waitFor();
  expect(questions).toEqual(["beforeunload"]);
  page.removeAllListeners("dialog");
});

testPage("what the server ends is kept, to be saved or discarded", asked, async (page) => {
  await enter(page, tokens.admin);
  let others = 0;
  /** Each change of the users ends what is recorded. */
  const changeUsers = async () => {
    const before = readFileSync(file, "utf8");
    const more = `    - { name: extra-${++others}, token: extra-${others}-0123456789abcdef }\n`;
    writeFileSync(file, before.replace("services:", `${more}services:`));
    const headers = { authorization: `Bearer ${tokens.admin}` };
    const { status } = await fetch(addressOf(lab, "api/reload"), { method: "POST", headers });
    expect(status).toBe(200);
  };
  const ended = "The server has ended the recording: it stops, or its users have changed.";
  await startRecording(page);
  await sendToEcho(lab, "kept");
  await hasRecorded(page, 1);
  await page.getByRole("link", { name: "MQTT" }).click();
  await changeUsers();
  await said(page, ended).getByRole("link", { name: "To the recording" }).click();
  await said(page, "It is kept here until you save it or close the window.").waitFor();
  const { packets } = await savedBy(page, () =>
    page.getByRole("button", { name: "Save", exact: true }).click(),
  );
  expect(packets).toContain("kept");

  await startRecording(page);
  await changeUsers();
  await said(page, ended).waitFor();
  const discard = page.getByRole("button", { name: "Discard", exact: true });
  const question = page.getByRole("dialog", { name: "Discard the recording?" });
  await discard.click();
  await question.getByRole("button", { name: "Cancel" }).click();
  await question.waitFor({ state: "detached" });
  await discard.click();
  await question.getByRole("button", { name: "Discard" }).click();
  await said(page, ended).waitFor({ state: "detached" });
  await record(page).waitFor();
});

testPage(
  "what has come before the connection breaks is a whole file",
  { at, mayComplain: /ERR_|Failed to load resource/ },
  async (page) => {
    const own = await startLab("admin: { port: 0 }\nservices: { echo: { port: 0 } }", {
      cleanUp: onTestFinished,
    });
    await page.goto(addressOf(own, at));
    await startRecording(page);
    await sendToEcho(own, "before");
    await hasRecorded(page, 1);
    own.program.signal("SIGKILL");
    await said(
      page,
      /^The connection to the server is broken \(.+\)\. Recorded: .* · 9 packets · /,
    ).waitFor();
    const save = page.getByRole("button", { name: "Save", exact: true });
    expect((await savedBy(page, () => save.click())).packets).toContain("before");
    // Now there is nobody to be recorded.
    await record(page).click();
    await said(page, /is broken \(.+\)\. Nothing was recorded\./).waitFor();
  },
);

// The last one: the server may notice a little later that the four have gone.
testPage(
  "while four record already, the page says what has to be done",
  { at, mayComplain: /401 \(Unauthorized\)|503 \(Service Unavailable\)/ },
  async (page) => {
    await enter(page, tokens.admin);
    const end = new AbortController();
    // An answer that nobody has any more is collected, and its connection with it.
    const answers: Response[] = [];
    onTestFinished(() => {
      end.abort();
      answers.length = 0;
    });
    for (let count = 0; count < 4; count++) {
      const headers = { authorization: `Bearer ${tokens.admin}` };
      answers.push(await fetch(addressOf(lab, "api/record"), { headers, signal: end.signal }));
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await record(page).click();
    await said(page, "one of them has to end first. Nothing was recorded.").waitFor();
    expect(await page.getByRole("button", { name: /^Save/ }).count()).toBe(0);
    await page.getByRole("button", { name: "Close", exact: true }).click();
  },
);
