// Writes the types of the API from openapi.json; with --check, says whether they are what is committed.
import { readFile, writeFile } from "node:fs/promises";
import openapi, { astToString } from "openapi-typescript";

const TYPES = new URL("../src/api/schema.d.ts", import.meta.url);
const head = "// Made from openapi.json by `npm run types`: change the API, and not this file.\n\n";
const made = head + astToString(await openapi(new URL("../openapi.json", import.meta.url)));

if (!process.argv.includes("--check")) {
  await writeFile(TYPES, made);
} else if ((await readFile(TYPES, "utf8")) !== made) {
  console.error("types: src/api/schema.d.ts is not what openapi.json says: npm run types");
  process.exit(1);
}
