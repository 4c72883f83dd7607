import { type Case, throughput } from "../case.ts";
import { ours } from "../distsrv.ts";
import { type Exchange, http } from "../loads.ts";
import { bareServe, python } from "../peers.ts";

const operands = Array.from({ length: 64 }, (_, i) => ({ a: i * 37 + 1, b: i * 101 + 2 }));

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n`;

const post = (type: string, body: string, more = "") =>
  `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n${more}Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

const additions: readonly Exchange[] = operands.map(({ a, b }) => ({
  request: get(`/add?a=${a}&b=${b}`),
  expected: `"result":${a + b}}`,
}));

const calls: readonly Exchange[] = operands.map(({ a, b }, id) => ({
  request: post("application/json", JSON.stringify({ jsonrpc: "2.0", method: "add", params: [a, b], id })),
  expected: `"result":${a + b}`,
}));

const envelope = (a: number, b: number) =>
  '<?xml version="1.0" encoding="utf-8"?>\n' +
  '<soap-env:Envelope xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/"><soap-env:Body>' +
  `<ns0:add xmlns:ns0="spyne.examples.calculator"><ns0:a>${a}</ns0:a><ns0:b>${b}</ns0:b></ns0:add>` +
  "</soap-env:Body></soap-env:Envelope>";

const envelopes: readonly Exchange[] = operands.map(({ a, b }) => ({
  request: post("text/xml; charset=utf-8", envelope(a, b), 'SOAPAction: "add"\r\n'),
  expected: `addResult>${a + b}</`,
}));

const unit = "requests/s";
const flask = python("Flask", "flask-rest.py", "flask", "python3-flask");
const spyne = python("spyne", "spyne-soap.py", "spyne", "python3-spyne");

export const httpCases: readonly Case[] = [
  {
    group: "rest",
    title: "GET /add, 20 connections",
    metrics: throughput(unit),
    ours: ours("rest"),
    rivals: [
      { ...bareServe("rest"), goal: 1.3 },
      { ...flask, goal: 60 },
    ],
    load: http(20, additions),
  },
  {
    group: "soap",
    title: "add, 20 connections",
    metrics: throughput(unit),
    ours: ours("soap"),
    rivals: [{ ...spyne, goal: 12 }],
    load: http(20, envelopes),
  },
  {
    group: "jsonrpc",
    title: "add, 20 connections",
    metrics: throughput(unit),
    ours: ours("jsonrpc"),
    rivals: [{ ...bareServe("jsonrpc"), goal: 1.3 }],
    load: http(20, calls),
  },
];
