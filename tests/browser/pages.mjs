// The plain pages in a real browser: readable, without axe findings, without
// horizontal scroll on a phone, and with nothing loaded from elsewhere.
// Usage: node pages.mjs URL SCREENSHOT_DIR
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { browser, diag, done, ok } from "./browser.mjs";

const [url, shots] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const chromium = await browser();
try {
  for (const [size, width, height] of [["desktop", 1440, 900], ["phone", 390, 844], ["small", 320, 640]]) {
    const context = await chromium.newContext({ viewport: { width, height }, bypassCSP: true, locale: "sv-SE" });
    for (const path of ["/", "/gis", "/gis?lang=en", "/collections", "/collections/cells", "/collections/cells/items?limit=25",
                        "/collections/districts-kommun/items", "/collections/watch-areas/items",
                        "/collections/hotspots/items?limit=10", "/collections/cells/items?limit=10&lang=en"]) {
      const page = await context.newPage();
      const foreign = [], errors = [];
      page.on("request", (r) => { if (!r.url().startsWith(url)) foreign.push(r.url()); });
      page.on("pageerror", (e) => errors.push(String(e)));
      const response = await page.goto(url + path, { waitUntil: "load" });
      const name = `${size} ${path}`;
      ok(response.status() === 200 && /text\/html/.test(response.headers()["content-type"]), `${name}: an HTML page`);
      ok(foreign.length === 0 && errors.length === 0, `${name}: loads nothing from elsewhere, no errors`);
      const language = await page.getAttribute("html", "lang");
      ok(language === (path.includes("lang=en") ? "en" : "sv"), `${name}: says its language`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      ok(overflow <= 0, `${name}: no horizontal scroll`);
      await page.evaluate(axe);
      const found = (await page.evaluate(() => axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }))).violations;
      if (!ok(found.length === 0, `${name}: axe finds nothing`))
        diag(found.map((v) => `${v.id}: ${v.help}: ${v.nodes[0].html}`).join("\n"));
      await page.screenshot({ path: `${shots}/${name.replace(/[^a-z0-9]+/gi, "-")}.png`, fullPage: size !== "desktop" });
      await page.close();
    }
    // The report of `grannkarta verify`: a file, which may load nothing at all.
    for (const lang of ["sv", "en"]) {
      const page = await context.newPage();
      const name = `${size} verify ${lang}`, foreign = [];
      page.on("request", (r) => { if (!r.url().endsWith(`/verify-${lang}.html`)) foreign.push(r.url()); });
      await page.goto(`file://${shots}/verify-${lang}.html`, { waitUntil: "load" });
      ok(foreign.length === 0, `${name}: loads nothing`);
      ok(await page.getAttribute("html", "lang") === lang, `${name}: says its language`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      ok(overflow <= 0, `${name}: no horizontal scroll`);
      await page.evaluate(axe);
      const found = (await page.evaluate(() => axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }))).violations;
      if (!ok(found.length === 0, `${name}: axe finds nothing`))
        diag(found.map((v) => `${v.id}: ${v.help}: ${v.nodes[0].html}`).join("\n"));
      await page.screenshot({ path: `${shots}/${name.replaceAll(" ", "-")}.png`, fullPage: true });
      if (size === "desktop") {
        const pdf = (await page.pdf({ path: `${shots}/verify-${lang}.pdf`, preferCSSPageSize: true })).toString("latin1");
        const pages = (pdf.match(/\/Type\s*\/Page\b(?!s)/g) || []).length;
        ok(pages >= 3 && pages <= 9, `${name}: prints on ${pages} pages of A4`);
      }
      await page.close();
    }
    await context.close();
  }
} finally {
  await chromium.close();
}
done();
