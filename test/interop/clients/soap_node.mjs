// The soap package's client on Node: reads the WSDL, calls the service with SOAP 1.1 and 1.2, and prints a fault.
import { createClientAsync } from "soap";

const url = `http://127.0.0.1:${process.argv[2]}/?wsdl`;
for (const forceSoap12Headers of [false, true]) {
  const client = await createClientAsync(url, { forceSoap12Headers });
  const [sum] = await client.addAsync({ a: 10, b: 5 });
  const [difference] = await client.subtractAsync({ a: 3, b: 5 });
  console.log(`${forceSoap12Headers ? "1.2" : "1.1"}: ${sum.addResult} ${difference.subtractResult}`);
}
const client = await createClientAsync(url);
console.log(Object.keys(client.describe().CalculatorService.Application).includes("subtract"));
try {
  await client.addAsync({ a: "abc", b: 1 });
} catch (error) {
  const { faultcode, faultstring } = error.root.Envelope.Body.Fault;
  console.log(`${error.response.status} ${faultcode} ${faultstring}`);
}
