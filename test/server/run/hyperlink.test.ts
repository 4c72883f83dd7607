import { expect, test } from "bun:test";
import { hyperlink, understandsLinks } from "../../../src/server/run/hyperlink.ts";

test("a terminal gets a link where it is known to understand OSC 8", () => {
  for (const environment of [
    { TERM: "xterm-256color", VTE_VERSION: "7006" },
    { TERM: "xterm-256color", WT_SESSION: "b4f0" },
    { TERM: "xterm-256color", KONSOLE_VERSION: "221203" },
    { TERM: "xterm-256color", TERM_PROGRAM: "vscode" },
    { TERM: "xterm-kitty" },
    { TERM: "alacritty" },
    { TERM: "foot" },
  ]) {
    expect({ environment, isUnderstood: understandsLinks(environment) }).toEqual({
      environment,
      isUnderstood: true,
    });
  }
});

test("every other terminal gets the plain address", () => {
  for (const environment of [
    {},
    { TERM: "xterm-256color" },
    { TERM: "linux", TERM_PROGRAM: "vscode" },
    { TERM: "dumb", WT_SESSION: "b4f0" },
    { TERM: "xterm-256color", VTE_VERSION: "4002" },
    { TERM: "xterm-256color", TERM_PROGRAM: "Apple_Terminal" },
    { TERM: "xterm-kitty", CI: "true" },
  ]) {
    expect({ environment, isUnderstood: understandsLinks(environment) }).toEqual({
      environment,
      isUnderstood: false,
    });
  }
});

test("a link holds the address twice: as its target and as its text", () => {
  const url = "http://127.0.0.1:8088";
  expect(hyperlink(url, true)).toBe(`\x1b]8;;${url}\x1b\\${url}\x1b]8;;\x1b\\`);
  expect(hyperlink(url, false)).toBe(url);
});
