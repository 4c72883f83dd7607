/** What an interface says of itself whose packets have real payloads, and headers that whoever wrote them has made up. */
export const madeUpHeaders = "made-up headers";
