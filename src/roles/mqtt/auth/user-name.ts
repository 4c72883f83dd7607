import { saslPrep } from "../../../protocol/scram/sasl-prep.ts";

/** MQTT has no control characters in texts [MQTT-1.5.4-2], nor have logs. */
const maxLength = 256;

/**
 * Whether somebody else may call a client that. A name that SASLprep makes another one could be somebody else's: whoever
 * decides may know the two as two.
 */
export const isUserName = (text: string): boolean =>
  text !== "" && text.length <= maxLength && !/\p{Cc}|\p{Cs}/u.test(text) && saslPrep(text) === text;
