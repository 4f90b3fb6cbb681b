// What the browser tests share: Chromium as Debian ships it, and TAP.
import { chromium } from "playwright-core";
import { existsSync } from "node:fs";

// `drawing`: with WebGL, computed by Chromium itself, as there is no graphics card.
export async function browser(drawing = false) {
  const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
  return chromium.launch({
    executablePath,
    // A container's root has no namespaces for the sandbox; the pages are our own.
    args: [...(drawing ? ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
                       : ["--disable-gpu"]),
           "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync", "--allow-file-access-from-files"],
  });
}

let count = 0, failed = 0;
export function ok(condition, name) {
  count++;
  if (!condition) failed++;
  console.log(`${condition ? "" : "not "}ok ${count} - ${name}`);
  return condition;
}
export function diag(text) {
  for (const line of String(text).split("\n")) console.log(`# ${line}`);
}
export function done() {
  console.log(`1..${count}`);
  process.exitCode = failed || !count ? 1 : 0;
}
