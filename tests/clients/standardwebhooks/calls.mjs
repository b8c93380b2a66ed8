// Verifies requests with npm's standardwebhooks: which of them does it accept?
import { Webhook } from "standardwebhooks";
import { readFileSync } from "node:fs";

const { secret, requests } = JSON.parse(readFileSync(0, "utf8"));
const library = new Webhook(secret);
const accepted = requests.map(({ body, headers }) => {
  try {
    library.verify(body, headers);
    return true;
  } catch {
    return false;
  }
});
console.log(JSON.stringify({ accepted }));
