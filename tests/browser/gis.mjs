// The page /gis: the OpenLayers snippets on it, pasted into an empty page of another
// origin, draw the layer; and one click selects a whole address.
// Usage: node gis.mjs URL SCREENSHOT_DIR EXPECTED_CELLS
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { browser, diag, done, ok } from "./browser.mjs";

const [url, shots, expected] = process.argv.slice(2);
const ol = join(dirname(createRequire(import.meta.url).resolve("ol/package.json")), "dist", "ol.js");
const chromium = await browser();
try {
  const gis = await chromium.newPage({ viewport: { width: 1440, height: 900 } });
  await gis.goto(url + "/gis?lang=sv");
  const snippets = await gis.locator("code.copy.ol").allTextContents();
  ok(snippets.length === 2, `${snippets.length} snippets for OpenLayers`);
  const address = gis.locator("dd code.copy").first();
  await address.click();
  ok(await gis.evaluate(() => String(getSelection())) === await address.textContent(), "one click selects the whole address");
  for (const details of await gis.locator("details > summary").all()) await details.click();
  ok(await gis.locator("details[open] table").count() >= 4, "the fields of each layer open by a click");
  await gis.screenshot({ path: `${shots}/gis-open.png`, fullPage: true });

  for (const [i, snippet] of snippets.entries()) {
    const page = await chromium.newPage({ viewport: { width: 800, height: 600 } });
    const errors = [];
    page.on("pageerror", (e) => errors.push(String(e)));
    page.on("console", (m) => { if (m.type() === "error") errors.push(m.text()); });
    await page.setContent('<!doctype html><title>map</title><div id="map" style="width:800px;height:600px"></div>');
    await page.addScriptTag({ path: ol });
    const extent = await (await fetch(`${url}/collections/cells`)).json().then((c) => c.extent.spatial.bbox[0]);
    const drawn = await page.evaluate(async ([code, box]) => {
      const layer = new Function("ol", `return ${code}`)(ol);
      const map = new ol.Map({ target: "map", layers: [layer], view: new ol.View() });
      map.getView().fit(ol.proj.transformExtent(box, "EPSG:4326", "EPSG:3857"));
      await new Promise((resolve) => {
        let timer;
        map.on("rendercomplete", () => { clearTimeout(timer); timer = setTimeout(resolve, 500); });
        setTimeout(resolve, 20000);
      });
      const source = layer.getSource();
      if (source.getFeatures) return source.getFeatures().length;
      return layer.getFeaturesInExtent(map.getView().calculateExtent()).length;
    }, [snippet, extent]);
    if (!ok(errors.length === 0, `snippet ${i + 1}: runs on a page of another origin`)) diag(errors.join("\n"));
    const isTiles = snippet.includes("VectorTile");
    ok(isTiles ? drawn > 0 : drawn === Number(expected), `snippet ${i + 1}: ${drawn} features`);
    await page.screenshot({ path: `${shots}/gis-snippet-${i + 1}.png` });
    await page.close();
  }
} finally {
  await chromium.close();
}
done();
