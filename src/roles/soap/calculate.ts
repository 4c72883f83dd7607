import {
  OperationError,
  type OperationErrorCode,
  type Operations,
  type Quantity,
} from "../../core/operation.ts";
import { maxOperandDigits } from "../../protocol/calculator/quantity.ts";
import type { Parameter, SoapRequest } from "../../protocol/soap/envelope.ts";
import { type FaultCode, SoapFault } from "../../protocol/soap/fault.ts";
import { clarkName } from "../../protocol/soap/namespaces.ts";
import { formatXsNumber, type NumberType, parseXsNumber } from "../../protocol/soap/xs-number.ts";
import { printable } from "../../protocol/text/printable.ts";

/**
 * Evaluates the requested operation. @returns the result, formatted for its XML type
 * @throws {SoapFault} when the client's request cannot be served
 */
export function calculate(operations: Operations, targetNamespace: string, request: SoapRequest): string {
  const { namespace, local } = request.operation;
  const operation = namespace === targetNamespace ? operations.find(local) : undefined;
  if (operation === undefined) throw notFound(request);
  const type = operation.integer ? "integer" : "decimal";
  const a = operand(request.parameters, "a", type);
  const b = operand(request.parameters, "b", type);
  try {
    return formatXsNumber(operation.evaluate(a, b));
  } catch (error) {
    if (error instanceof OperationError) throw new SoapFault(faultCodes[error.code], error.message);
    throw error;
  }
}

const faultCodes: Readonly<Record<OperationErrorCode, FaultCode>> = {
  "division-by-zero": "Client.DivisionByZero",
  "not-finite": "Client.NotFinite",
  "too-large": "Client.ResultTooLarge",
  "bad-operand": "Client.ValidationError",
};

function notFound({ operation }: SoapRequest): SoapFault {
  const name = printable(clarkName(operation), 300);
  return new SoapFault("Client.ResourceNotFound", `Requested resource '${name}' not found`);
}

/** Looked up by the local name alone, because the original's clients send operands without a namespace. */
function operand(parameters: readonly Parameter[], name: string, type: NumberType): Quantity {
  const given = parameters.filter((parameter) => parameter.name === name);
  const [parameter] = given;
  if (parameter === undefined) throw invalid(`Operand '${name}' is missing`);
  if (given.length > 1) throw invalid(`Operand '${name}' is given ${given.length} times`);
  if (parameter.nil) throw invalid(`Operand '${name}' is nil and must be a number`);
  if (parameter.nested) throw invalid(`Operand '${name}' holds elements and must be a number`);
  const value = parseXsNumber(parameter.text, type);
  if (value === undefined) throw invalid(notANumber(parameter.text, type));
  return value;
}

function notANumber(text: string, type: NumberType): string {
  const reason = text.length > maxOperandDigits ? `: more than ${maxOperandDigits} digits` : "";
  return `Could not cast '${printable(text, 100)}' to ${type}${reason}`;
}

const invalid = (message: string) => new SoapFault("Client.ValidationError", message);
