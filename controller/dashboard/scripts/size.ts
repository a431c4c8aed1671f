// What a first view takes over the wire, compressed, against its bar. All of the page counts, so that no later chunk is
// a surprise either. And index.html holds nothing that the policy of the controller refuses.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

/** Bytes; the bar of the first view. */
const BAR = 200_000;
const DIST = fileURLToPath(new URL("../dist/", import.meta.url));

let total = 0;
for (const entry of await readdir(DIST, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || entry.name.endsWith(".md")) continue;
  const bytes = await readFile(join(entry.parentPath, entry.name));
  const sent = entry.name.endsWith(".woff2") ? bytes.length : gzipSync(bytes, { level: 9 }).length;
  total += sent;
  console.log(`${String(sent).padStart(8)}  ${entry.name}`);
}
console.log(`${String(total).padStart(8)}  in all, of ${BAR}`);
if (BAR < total) {
  console.error("size: the page is larger than its bar");
  process.exit(1);
}

const html = await readFile(join(DIST, "index.html"), "utf8");
const inline = /<script(?![^>]*\bsrc=)|<style|\son\w+=|style=/i.exec(html);
const elsewhere = /(?:src|href)="(?!\/)/i.exec(html);
if (inline !== null || elsewhere !== null) {
  console.error(`size: index.html breaks the policy of the controller: ${(inline ?? elsewhere)?.[0]}`);
  process.exit(1);
}
