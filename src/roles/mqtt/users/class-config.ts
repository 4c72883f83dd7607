import { z } from "zod";

/** So many users with made-up passwords, which stand in a file to hand out. */
export const userClass = z.strictObject({
  count: z.int().min(1).max(10_000).describe("How many users."),
  prefix: z
    .string()
    .regex(
      /^[\p{L}\p{N}._-]{1,50}$/u,
      "must be of letters, digits, dots, dashes and underscores, as in mahasiswa",
    )
    .describe("Their names begin with it: mahasiswa makes mahasiswa01, mahasiswa02 and so on."),
  list: z
    .string()
    .min(1)
    .optional()
    .describe(
      "The file with their names and passwords, made at the first start; absent: the prefix with .yaml. Names that it lacks are added.",
    ),
  groups: z.array(z.string().min(1)).optional().describe("Names that access rules have for all of them."),
});

export type UserClass = z.infer<typeof userClass>;

export const isClass = (entry: object): entry is UserClass => "count" in entry;

/** Always of two digits at least: the names stay when a class grows. */
export const namesIn = ({ count, prefix }: UserClass): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${String(index + 1).padStart(2, "0")}`);

export const listOf = ({ list, prefix }: UserClass): string => list ?? `${prefix}.yaml`;
