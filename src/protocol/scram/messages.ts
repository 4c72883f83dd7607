import { saslPrep } from "./sasl-prep.ts";

/** A SCRAM message that breaks the grammar of RFC 5802, section 7, or requests an unsupported feature. */
export class ScramError extends Error {
  override readonly name = "ScramError";
}

/** `n,,n=user,r=nonce` */
export interface ClientFirst {
  /** The GS2 header, with its last comma: `n,,`. */
  readonly header: string;
  /** The message without the header; both sides sign it. */
  readonly bare: string;
  /** After SASLprep. */
  readonly username: string;
  readonly nonce: string;
}

/** `c=biws,r=nonce,p=proof` */
export interface ClientFinal {
  /** Everything before `,p=`; both sides sign it. */
  readonly withoutProof: string;
  /** The GS2 header, as in `ClientFirst`. */
  readonly header: string;
  readonly nonce: string;
  readonly proof: Buffer;
}

const first =
  /^((?:n|y|p=[A-Za-z0-9.-]+),(?:a=([^,]+))?,)((m=[^,]*,)?n=([^,]+),r=([!-+\--~]+)(?:,[A-Za-z]=[^,]+)*)$/;
const final = /^(c=([A-Za-z0-9+/]+={0,2}),r=([!-+\--~]+)(?:,[A-Za-z]=[^,]+)*),p=([A-Za-z0-9+/]{43}=)$/;

const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @throws {ScramError} */
export function readClientFirst(data: Uint8Array): ClientFirst {
  const match = first.exec(decode(data));
  if (match === null)
    throw new ScramError('the first message must be such as "n,,n=NAME,r=NONCE", and is not');
  const [, header = "", authorize, bare = "", mandatory, name = "", nonce = ""] = match;
  if (header.startsWith("p=")) throw new ScramError("channel binding is asked for, and none is offered");
  if (mandatory !== undefined) throw new ScramError("an extension is asked for that is not known here");
  const username = readName(name);
  if (authorize !== undefined && readName(authorize) !== username) {
    throw new ScramError("one user cannot act for another");
  }
  return { header, bare, username, nonce };
}

/** @throws {ScramError} */
export function readClientFinal(data: Uint8Array): ClientFinal {
  const match = final.exec(decode(data));
  if (match === null)
    throw new ScramError('the last message must be such as "c=biws,r=NONCE,p=PROOF", and is not');
  const [, withoutProof = "", header = "", nonce = "", proof = ""] = match;
  return {
    withoutProof,
    header: Buffer.from(header, "base64").toString(),
    nonce,
    proof: Buffer.from(proof, "base64"),
  };
}

function decode(data: Uint8Array): string {
  try {
    return text.decode(data);
  } catch (cause) {
    throw new ScramError("the message is not UTF-8", { cause });
  }
}

/** A comma is written as `=2C`, an equals sign as `=3D`. */
function readName(name: string): string {
  if (/=(?!2C|3D)/.test(name)) throw new ScramError('the name has an "=" that stands for nothing');
  return saslPrep(name.replaceAll("=2C", ",").replaceAll("=3D", "="));
}
