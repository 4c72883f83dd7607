import { z } from "zod";
import { topicFilterMistake } from "../../../protocol/mqtt/topic.ts";

/** A topic filter that may begin with `!` and hold %c and %u. */
const pattern = z.string().check((context) => {
  const mistake = patternMistake(context.value);
  if (mistake === undefined) return;
  context.issues.push({ code: "custom", input: context.value, message: mistake });
});

/** What is wrong with a pattern; undefined: nothing. */
export function patternMistake(text: string): string | undefined {
  const filter = text.startsWith("!") ? text.slice(1) : text;
  const mistake = topicFilterMistake(filter);
  if (mistake !== undefined)
    return `must be a topic filter such as kelas/+/suhu or kelas/#; "${text}" ${mistake}`;
  if (!filter.startsWith("$share/")) return undefined;
  return `must be the filter inside of a shared subscription: "${text}" has $share/NAME/ before it`;
}

const patterns = z
  .union([pattern, z.array(pattern)])
  .transform((value): readonly string[] => (typeof value === "string" ? [value] : value));

export const names = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((value): readonly string[] => (typeof value === "string" ? [value] : value));

/** What a rule gives and takes away. */
const filters = {
  publish: patterns
    .default([])
    .describe(
      "The topics that they may publish to: topic filters, in which %u is the user name and %c the client identifier. Those with ! before them are taken away.",
    ),
  subscribe: patterns.default([]).describe("The topics that they may receive, written in the same way."),
};

const saysSomething: z.core.CheckFn<z.infer<z.ZodObject<typeof filters>>> = ({ value, issues }) => {
  if (value.publish.length > 0 || value.subscribe.length > 0) return;
  const message = "says nothing: publish, subscribe or both are missing";
  issues.push({ code: "custom", input: value, path: [], message });
};

/** A rule for one client, which needs not say for whom it is. */
export const ownRule = z.strictObject(filters).check(saysSomething);

export const rule = z
  .strictObject({
    user: names.optional().describe("Whom it is for: a user name, or a list of them."),
    group: names.optional().describe("For the users that have this group, or one of these."),
    anonymous: z.literal(true).optional().describe("For clients without a user name."),
    ...filters,
  })
  .check(saysSomething);

export type Rule = z.infer<typeof rule>;

/** What clients may do. */
export const ruleFields = {
  access: z
    .union([z.array(rule), z.string().min(1)])
    .default([])
    .describe(
      "Who may publish and receive what. Rules that name somebody come first; where none of them matches a topic, those for everybody decide. Or the path of a file with such a list (.yaml, .yml, .json), or of an acl_file of Mosquitto.",
    ),
  accessDefault: z
    .enum(["allow", "deny"])
    .optional()
    .describe("What holds where no rule matches; absent: deny, or allow while there are no rules."),
};

/** The settings that say what clients may do. */
export interface RulesConfig {
  /** A path: of a file that could not be read. */
  readonly access?: readonly Rule[] | string | undefined;
  readonly accessDefault?: "allow" | "deny" | undefined;
}

/** Those that are listed. @throws {Error} when their file could not be read: without rules everybody might do everything */
export function rulesIn({ access = [] }: RulesConfig): readonly Rule[] {
  if (typeof access === "string") throw new Error(`the rules in ${access} have not been read`);
  return access;
}

/** What holds where no rule matches. */
export const isAllowedByDefault = (config: RulesConfig): boolean =>
  config.accessDefault === "allow" || (config.accessDefault === undefined && rulesIn(config).length === 0);
