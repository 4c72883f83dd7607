// What `distsrv access` does: it says what the rules of a broker allow, and which of them say so.
import { dirname, resolve } from "node:path";
import { nearest } from "./core/nearest.ts";
import { innerFilter, topicFilterMistake, topicNameMistake } from "./protocol/mqtt/topic.ts";
import { saslPrep } from "./protocol/scram/sasl-prep.ts";
import { shownUrl } from "./roles/mqtt/auth/url.ts";
import type { MqttConfig } from "./roles/mqtt/config.ts";
import { mqtt } from "./roles/mqtt/index.ts";
import { isAllowedByDefault, type Rule, rulesIn } from "./roles/mqtt/rules/config.ts";
import { type Explanation, explain, type Say } from "./roles/mqtt/rules/explain.ts";
import { hasPlaceholder } from "./roles/mqtt/rules/placeholders.ts";
import { readRuleFile } from "./roles/mqtt/rules/rule-file.ts";
import { type KnownUser, knownUsers } from "./roles/mqtt/users/config.ts";
import { otherNames } from "./roles/mqtt/users/rule-mistakes.ts";
import { type PlanOptions, planOf } from "./server/commands/plan-of.ts";
import { ConfigError } from "./server/config/diagnostic.ts";
import { ConfigDocument } from "./server/config/document.ts";
import type { PlannedService, Registry } from "./server/config/plan.ts";
import { readText } from "./server/config/read-file.ts";
import { SecretFiles } from "./server/config/secret-files.ts";
import { exitStatus, type ServerIo } from "./server/io.ts";

/** What is asked, as the command line has it. */
export interface AccessQuestion {
  /** Absent: a client without a user name. */
  readonly user?: string | undefined;
  readonly client?: string | undefined;
  readonly publish?: string | undefined;
  readonly subscribe?: string | undefined;
  /** The broker; absent: the only one. */
  readonly service?: string | undefined;
}

/** What is wrong with a question. */
class QuestionError extends Error {}

/** @returns the exit status: 0 allowed, at least in part; 1 denied */
export function explainAccess(
  options: PlanOptions,
  question: AccessQuestion,
  registry: Registry,
  io: ServerIo,
): number {
  try {
    const asked = whatIsAsked(question);
    const plan = planOf(options, registry, io);
    const service = brokerOf(plan.services, question.service);
    const config = service.config as MqttConfig;
    const answer = answerTo(question, asked, config, () => placesOf(options.config, service.name, io));
    io.stdout.write(`${answer.lines.join("\n")}\n`);
    return answer.isAllowed ? exitStatus.ok : exitStatus.failed;
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof QuestionError)) throw error;
    io.err(error instanceof ConfigError ? `${error.report()}\n` : `${error.message}\n`);
    return exitStatus.usage;
  }
}

interface Asked {
  readonly action: "publish" | "subscribe";
  /** As it was typed. */
  readonly text: string;
  readonly filter: string;
}

function whatIsAsked({ publish, subscribe }: AccessQuestion): Asked {
  if (publish !== undefined && subscribe === undefined) {
    const mistake = topicNameMistake(publish);
    if (mistake === undefined) return { action: "publish", text: publish, filter: publish };
    throw new QuestionError(`--publish must be a topic such as kelas/suhu: "${publish}" ${mistake}`);
  }
  if (subscribe !== undefined && publish === undefined) {
    const mistake = topicFilterMistake(subscribe);
    if (mistake === undefined)
      return { action: "subscribe", text: subscribe, filter: innerFilter(subscribe) };
    throw new QuestionError(`--subscribe must be a topic filter such as kelas/#: "${subscribe}" ${mistake}`);
  }
  throw new QuestionError("Give either --publish TOPIC or --subscribe FILTER");
}

function brokerOf(services: readonly PlannedService[], wanted: string | undefined): PlannedService {
  const brokers = services.filter(({ role }) => role.name === mqtt.name);
  const names = brokers.map(({ name }) => name).join(", ");
  const found = wanted === undefined ? brokers : brokers.filter(({ name }) => name === wanted);
  const [broker, ...others] = found;
  if (broker !== undefined && others.length === 0) return broker;
  if (brokers.length === 0) throw new QuestionError("The file has no MQTT broker");
  throw new QuestionError(
    wanted === undefined
      ? `Say which broker is meant by --service: ${names}`
      : `There is no MQTT broker "${wanted}"; there is ${names}`,
  );
}

interface Answer {
  readonly isAllowed: boolean;
  readonly lines: readonly string[];
}

function answerTo(
  question: AccessQuestion,
  asked: Asked,
  config: MqttConfig,
  places: () => (rule: number) => string,
): Answer {
  const users = usersOf(config);
  const absence = whyNotLetIn(question, config);
  if (absence !== undefined) return { isAllowed: false, lines: [absence] };
  // Without users, certificates and others who decide nobody can prove a name.
  const user = users.find(({ name }) => question.user !== undefined && sameName(name, question.user));
  const proved = user?.name ?? (provesOthers(config) ? question.user : undefined);
  const username = proved === undefined ? undefined : saslPrep(proved);
  const { rules, isAllowed } = rulesOf(config);
  const identity = { clientId: question.client ?? "", username };
  const { action, filter } = asked;
  const explanation = explain(rules, isAllowed, { identity, groups: user?.groups ?? [], action, filter });
  const who = question.user ?? "A client without a user name";
  return {
    isAllowed: explanation.reach !== "none",
    lines: [
      verdict(who, asked, explanation),
      ...reasons({ rules, isAllowed }, explanation, places).map((line) => `  ${line}`),
      ...remarks(question, asked, config, explanation).map((line) => `  ${line}`),
    ],
  };
}

interface Rules {
  readonly rules: readonly Rule[];
  /** What holds where no rule matches. */
  readonly isAllowed: boolean;
}

const rulesOf = (config: MqttConfig): Rules => ({
  rules: rulesIn(config),
  isAllowed: isAllowedByDefault(config),
});

const usersOf = ({ users }: MqttConfig): KnownUser[] => (typeof users === "string" ? [] : knownUsers(users));

/** Whether somebody may have a name that no list has. */
const provesOthers = (config: MqttConfig): boolean => otherNames(config).includes("user");

const sameName = (one: string, other: string): boolean => saslPrep(one) === saslPrep(other);

/** Why nobody can connect like this; undefined: one can. */
function whyNotLetIn({ user }: AccessQuestion, config: MqttConfig): string | undefined {
  const users = usersOf(config);
  if (user === undefined) {
    if (config.anonymous ?? (users.length === 0 || config.auth !== undefined)) return undefined;
    const why = users.length === 0 ? "anonymous is false" : "users are listed, and anonymous is not true";
    return `A client without a user name cannot connect: ${why}`;
  }
  if (users.length === 0 || provesOthers(config)) return undefined;
  const names = users.map(({ name }) => name);
  if (names.some((name) => sameName(name, user))) return undefined;
  const meant = nearest(user, names);
  return `${user} cannot connect: there is no such user${meant === undefined ? "" : `; did you mean "${meant}"?`}`;
}

function verdict(
  who: string,
  { action, text, filter }: Asked,
  { reach, byDefault, says }: Explanation,
): string {
  if (action === "publish") {
    const system = reach === "none" && says.length === 0 && !byDefault;
    const may = reach === "none" ? "may not" : "may";
    return `${who} ${may} publish to ${filter}${system ? ": it is the server's own" : ""}`;
  }
  if (reach === "none") return `${who} may not subscribe to ${text}`;
  return `${who} may subscribe to ${text}, and receives ${reach === "all" ? "all" : "a part"} of it`;
}

function reasons(
  { rules, isAllowed }: Rules,
  { says, byDefault }: Explanation,
  places: () => (rule: number) => string,
): string[] {
  if (rules.length === 0 && isAllowed) return ["there are no rules: everybody may do everything"];
  const placeOf = says.length > 0 ? places() : String;
  const lines = says.map((say) => `${placeOf(say.rule)}: ${describe(say, rules[say.rule])}`);
  if (!byDefault) return lines;
  const verb = isAllowed ? "allows" : "denies";
  const rest = `accessDefault ${verb} what no rule matches`;
  return says.length > 0 ? [...lines, rest] : [`no rule matches it, and accessDefault ${verb} that`];
}

function describe({ gives, pattern, filter }: Say, rule: Rule | undefined): string {
  const meant = filter === pattern ? pattern : `${pattern}, which is ${filter} here,`;
  return gives ? `gives ${meant} to ${whom(rule)}` : `takes ${meant} from ${whom(rule)}`;
}

function whom({ user, group, anonymous }: Partial<Rule> = {}): string {
  const all = [
    ...(user ?? []).map((name) => `user ${name}`),
    ...(group ?? []).map((name) => `group ${name}`),
    ...(anonymous === true ? ["clients without a user name"] : []),
  ];
  return all.length === 0 ? "everybody" : all.join(", ");
}

function remarks(
  { user, client }: AccessQuestion,
  { action }: Asked,
  config: MqttConfig,
  { byDefault }: Explanation,
): string[] {
  const rules = rulesIn(config);
  const needsClient = rules.some((rule) =>
    rule[action].some((text) => hasPlaceholder(text) && text.includes("%c")),
  );
  const takes = rules.some((rule) =>
    rule[action].some((text) => text.startsWith("!") && text.includes("%c")),
  );
  return [
    ...(user !== undefined && usersOf(config).length === 0 && rules.length > 0 && !provesOthers(config)
      ? [`no users are listed, so the name ${user} proves nothing and counts for nothing`]
      : []),
    ...(client === undefined && (byDefault || takes) && needsClient
      ? ["patterns with %c count only with --client ID"]
      : []),
    ...othersSay(user, config),
  ];
}

/** Who else has a say, whose words are in no file. */
function othersSay(user: string | undefined, config: MqttConfig): string[] {
  const { auth } = config;
  const isListed = user !== undefined && usersOf(config).some(({ name }) => sameName(name, user));
  const isSettled = isListed || (user === undefined && config.anonymous !== undefined);
  if (auth === undefined || isSettled) return [];
  const who = [
    ...(auth.jwt === undefined ? [] : ["a token"]),
    ...(auth.http === undefined ? [] : [`the service ${shownUrl(auth.http)}`]),
  ].join(" or ");
  const whom = user === undefined ? "it" : user;
  return [
    `auth: ${who} decides whether ${whom} may connect, and may give groups and rules that are not in this file`,
  ];
}

/** Where each rule stands: `lab.yaml:12:9`. */
function placesOf(file: string | undefined, service: string, io: ServerIo): (rule: number) => string {
  const setting = `services.${service}.access`;
  if (file === undefined) return (rule) => `${setting}[${rule}]`;
  const document = new ConfigDocument(readText(file), {
    environment: io.environment,
    files: new SecretFiles(dirname(resolve(file)), true),
  });
  const access: unknown = Object(Object(Object(document.values()).services)[service]).access;
  if (typeof access === "string") return placesInFile(resolve(dirname(resolve(file)), access), access);
  return (rule) => {
    const position = Array.isArray(access)
      ? document.positionOf(["services", service, "access", rule])
      : undefined;
    return position === undefined ? `${setting}[${rule}]` : `${file}:${position.line}:${position.column}`;
  };
}

function placesInFile(path: string, shown: string): (rule: number) => string {
  const { lines } = readRuleFile(path);
  return (rule) => `${shown}:${lines[rule]}`;
}
