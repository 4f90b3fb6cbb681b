// A map client draws the cells from the API: OpenLayers in Chromium.
// Usage: node layer.mjs URL PICTURE.png [lon,lat,lon,lat] [EXPECTED_CELLS] [PERIOD]
import { fileURLToPath } from "node:url";
import { browser, diag, done, ok } from "./browser.mjs";

// The picture in README.md is deploy/picture.png, from `make demo`:
//   node tests/browser/layer.mjs http://127.0.0.1:8080 $PWD/deploy/picture.png \
//     14.135,56.145,14.22,56.176 "" 2021-01-01/2025-12-31
const [url, picture, box = "", expected = "", period = ""] = process.argv.slice(2);
const chromium = await browser();
try {
  const page = await chromium.newPage({ viewport: { width: 1000, height: 620 } });
  const file = new URL("layer.html", import.meta.url).href;
  const errors = [];
  page.on("pageerror", (e) => errors.push(String(e)));
  await page.goto(`${file}?api=${encodeURIComponent(url)}&bbox=${box}&datetime=${period}`);
  await page.waitForFunction(() => window.drawn !== undefined || window.failed !== undefined, null, { timeout: 60000 });
  const state = await page.evaluate(() => ({ drawn: window.drawn, failed: window.failed }));
  if (!ok(!state.failed && errors.length === 0, "the client read every page and drew it")) diag(state.failed || errors.join("\n"));
  ok(expected === "" ? state.drawn > 0 : state.drawn === Number(expected), `it has ${state.drawn} cells`);
  await page.screenshot({ path: picture });
  diag(`picture: ${fileURLToPath(new URL("file://" + picture))}`);
} finally {
  await chromium.close();
}
done();
