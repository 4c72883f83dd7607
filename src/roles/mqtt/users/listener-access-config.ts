import { z } from "zod";
import type { Version } from "../../../protocol/mqtt/packet.ts";
import { topicNameMistake } from "../../../protocol/mqtt/topic.ts";
import { names } from "../rules/config.ts";

/** The versions by their names, each with its protocol level in CONNECT. */
const levels: Readonly<Record<string, Version>> = { "3.1": 3, "3.1.1": 4, "5": 5, "5.0": 5 };

const version = z
  .literal([3.1, 5, "3.1", "3.1.1", "5", "5.0"], "must be 3.1, 3.1.1 or 5")
  .transform((name): Version => levels[name] ?? 5);

const versions = z
  .array(version)
  .min(1)
  .transform((list): readonly Version[] => [...new Set(list)]);

const somebody = z
  .strictObject({
    user: names.optional().describe("A user name, or a list of them."),
    group: names.optional().describe("All users that have this group, or one of these."),
  })
  .check(({ value, issues }) => {
    if (value.user !== undefined || value.group !== undefined) return;
    issues.push({ code: "custom", input: value, path: [], message: "must name a user or a group" });
  });

export type Somebody = z.infer<typeof somebody>;

const onlyFor = z.array(somebody);

/** What the topics of a listener's clients begin with; "" is nothing. */
const topicPrefix = z.string().check(({ value, issues }) => {
  const mistake = value === "" ? undefined : prefixMistake(value);
  if (mistake === undefined) return;
  const message = `must begin topics, such as kelas/%u/; "${value}" ${mistake}`;
  issues.push({ code: "custom", input: value, message });
});

function prefixMistake(prefix: string): string | undefined {
  if (prefix.startsWith("$")) return "begins with $, which is for the broker's own topics";
  return topicNameMistake(prefix) ?? (prefix.endsWith("/") ? undefined : "does not end with /");
}

/** Who may use the service's own port, in which versions; the further listeners take it over. */
export const ownAccessFields = {
  versions: versions
    .prefault([3.1, "3.1.1", 5])
    .describe(
      "The versions of MQTT that clients may speak: 3.1, 3.1.1 and 5. Others are refused, 0x84 in 5 and 0x01 before.",
    ),
  onlyFor: onlyFor
    .default([])
    .describe(
      "The users that may come in here, such as { user: ani } or { group: dosen }, and nobody else; clients without a name then only with anonymous: true. None: all users.",
    ),
  topicPrefix: topicPrefix
    .default("")
    .describe(
      "What the topics of all clients begin with, unseen by them: with kelas/%u/ what ani calls suhu is kelas/ani/suhu, and she reaches nothing else. %u is the user name, %c the client identifier. Access rules are about the whole topic.",
    ),
};

/** The same of a further listener. */
export const furtherAccessFields = {
  anonymous: z
    .boolean()
    .optional()
    .describe(
      "Let clients without a user name connect here; absent: as with the service, or not with onlyFor.",
    ),
  versions: versions.optional().describe("As with the service, for this listener."),
  onlyFor: onlyFor.optional().describe("As with the service, for this listener; []: all users."),
  topicPrefix: topicPrefix.optional().describe('As with the service, for this listener; "": none.'),
};
