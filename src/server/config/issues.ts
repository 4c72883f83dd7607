import type { z } from "zod";
import { nearest } from "../../core/nearest.ts";
import { redactedJson } from "./redact.ts";

/** A zod issue as a message for people: which value is there, and what would be right. */
export interface IssueMessage {
  /** Ends with the key itself when that key must not be there. */
  readonly path: (string | number)[];
  readonly message: string;
  /** The key is wrong, not its value. */
  readonly isKey: boolean;
  /** The message quotes no value. */
  readonly isDiscreet?: boolean;
}

type Issue = z.core.$ZodIssue;

export function describeIssue(
  issue: Issue,
  root: unknown,
  knownKeys: (path: Issue["path"]) => readonly string[],
): IssueMessage[] {
  const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  const value = valueAt(root, path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: unknownKey(key, knownKeys(issue.path)),
        isKey: true,
      }));
    case "invalid_type":
      if (value === undefined)
        return [{ path, message: `must be set: ${withArticle(issue.expected)}`, isKey: true }];
      return [
        { path, message: `must be ${withArticle(issue.expected)}, and is ${show(value)}`, isKey: false },
      ];
    case "invalid_value":
      return [{ path, message: wrongChoice(issue.values, value), isKey: false }];
    case "too_small":
    case "too_big":
      return [{ path, message: `must be ${limit(issue)}, and is ${show(value)}`, isKey: false }];
    case "invalid_union":
      return closestUnionMember(issue, root, path, knownKeys, value);
    case "custom":
      return [{ path, message: issue.message, isKey: false, isDiscreet: issue.params?.isSecret === true }];
    default: {
      const expected = issue.message.startsWith("must ") ? issue.message : `is not valid (${issue.message})`;
      return [{ path, message: `${expected}, and is ${show(value)}`, isKey: false }];
    }
  }
}

/** Describes the alternative that comes closest to the value. */
function closestUnionMember(
  issue: Extract<Issue, { code: "invalid_union" }>,
  root: unknown,
  path: (string | number)[],
  knownKeys: (path: Issue["path"]) => readonly string[],
  value: unknown,
): IssueMessage[] {
  const inner = issue.errors.filter(
    (issues) => !issues.some(({ code, path }) => code === "invalid_type" && path.length === 0),
  );
  const choices = inner.flatMap(([one, ...more]) =>
    one?.code === "invalid_value" && one.path.length === 0 && more.length === 0 ? one.values : [],
  );
  if (choices.length > 1) return [{ path, message: wrongChoice(choices, value), isKey: false }];
  const [closest] = inner;
  if (closest === undefined) {
    const expected = issue.errors.flatMap((issues) =>
      issues.flatMap((one) => (one.code === "invalid_type" ? [withArticle(one.expected)] : [])),
    );
    return [
      {
        path,
        message: `must be ${[...new Set(expected)].join(" or ")}, and is ${show(value)}`,
        isKey: false,
      },
    ];
  }
  return closest.flatMap((one) =>
    describeIssue({ ...one, path: [...issue.path, ...one.path] }, root, knownKeys),
  );
}

/** @param all the settings that there are; in a union also those of the other kinds */
export function unknownKey(key: string, all: readonly string[]): string {
  const known = all.filter((one) => one !== key);
  const guess = nearest(key, known);
  if (guess !== undefined) return `there is no setting "${key}". Did you mean "${guess}"?`;
  return `there is no setting "${key}". There are ${known.join(", ")}`;
}

function wrongChoice(values: readonly unknown[], value: unknown): string {
  const choices = values.map(String);
  const guess = typeof value === "string" ? nearest(value, choices) : undefined;
  const suggestion = guess === undefined ? "" : `. Did you mean "${guess}"?`;
  return `must be ${oneOf(choices)}, and is ${show(value)}${suggestion}`;
}

/** `a, b or c` */
function oneOf(choices: readonly string[]): string {
  return choices.length < 3
    ? choices.join(" or ")
    : `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
}

function limit(issue: Extract<Issue, { code: "too_small" | "too_big" }>): string {
  const amount = issue.code === "too_small" ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
  switch (issue.origin) {
    case "string":
      return issue.code === "too_small" && Number(issue.minimum) === 1
        ? "text, not empty"
        : `${amount} characters long`;
    case "array":
      return `a list of ${amount}`;
    default:
      return amount;
  }
}

function withArticle(type: string): string {
  const names: Readonly<Record<string, string>> = {
    string: "text",
    number: "a number",
    int: "a whole number",
    boolean: "true or false",
    object: "a map of settings",
    array: "a list",
  };
  return names[type] ?? type;
}

function show(value: unknown): string {
  const text = redactedJson(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function valueAt(root: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    root,
  );
}
