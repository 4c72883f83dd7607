import { compileOperation } from "../../src/protocol/calculator/compile.ts";

/** The operations of the lab profile, and a few that reach the calculator's edges. */
export const labOperations = [
  { name: "add", expression: "a + b", aliases: [] },
  { name: "sub", expression: "a - b", aliases: ["subtract"] },
  { name: "mul", expression: "a * b", aliases: ["multiply"] },
  { name: "div", expression: "a / b", aliases: ["divide"] },
  { name: "difference_of_squares", expression: "a^2 - b^2", aliases: ["selisih_kuadrat"] },
  { name: "power", expression: "a^b", aliases: [] },
  { name: "gcd", expression: "gcd(a, b)", aliases: [] },
].map(compileOperation);
