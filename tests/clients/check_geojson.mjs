// Reads lines of [name, text] and prints one line for each text that is not GeoJSON
// (RFC 7946) in the eyes of @placemarkio/check-geojson.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(new URL("../browser/package.json", import.meta.url));
const { check } = require("@placemarkio/check-geojson");

let checked = 0;
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const [name, text] = JSON.parse(line);
  checked++;
  try {
    check(text);
  } catch (error) {
    const issues = error.issues ?? [{ message: String(error) }];
    console.log(`${name}: ${issues.slice(0, 2).map((i) => i.message).join("; ")}`);
  }
}
console.log(`checked ${checked}`);
