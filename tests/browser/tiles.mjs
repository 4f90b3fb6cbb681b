// OpenLayers in Chromium draws tiles by the style documents; the documents are
// validated by MapLibre's own specification of styles, and MapLibre draws them from
// their address alone.
// Usage: node tiles.mjs URL FOLDER < {collection: number of its features, ...}
import { readFileSync } from "node:fs";
import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
import { browser, diag, done, ok } from "./browser.mjs";

const [url, folder] = process.argv.slice(2);
const expected = JSON.parse(readFileSync(0, "utf-8"));
const chromium = await browser(true);

async function draw(collection, name, zoom, parameters, center = "") {
  const page = await chromium.newPage({ viewport: { width: 1000, height: 700 } });
  const errors = [];
  page.on("pageerror", (e) => errors.push(String(e)));
  const style = encodeURIComponent(`${url}/collections/${collection}/styles/default?f=mapbox&lang=sv${parameters}`);
  await page.goto(`${new URL("tiles.html", import.meta.url).href}?zoom=${zoom}&center=${center}&style=${style}`);
  await page.waitForFunction(() => window.drawn !== undefined || window.failed !== undefined, null, { timeout: 60000 });
  const state = await page.evaluate(() => ({ drawn: window.drawn, failed: window.failed, seen: window.seen, colours: window.colours }));
  if (!ok(!state.failed && errors.length === 0, `${name}: drawn`)) diag(state.failed || errors.join("\n"));
  await page.screenshot({ path: `${folder}/tiles-${name}.png` });
  diag(`picture: ${folder}/tiles-${name}.png`);
  await page.close();
  return state;
}

async function drawByMapLibre(collection) {
  const page = await chromium.newPage({ viewport: { width: 1000, height: 700 } });
  const style = encodeURIComponent(`${url}/collections/${collection}/styles/default`);
  await page.goto(`${new URL("maplibre.html", import.meta.url).href}?source=${collection}&style=${style}`);
  await page.waitForFunction(() => window.drawn !== undefined || window.failed !== undefined, null, { timeout: 120000 });
  const state = await page.evaluate(() => ({ drawn: window.drawn, failed: window.failed }));
  await page.screenshot({ path: `${folder}/maplibre-${collection}.png` });
  await page.close();
  return state;
}

try {
  for (const collection of Object.keys(expected)) {
    const answer = await fetch(`${url}/collections/${collection}/styles/default`, { headers: { Accept: "application/json" } });
    const found = validateStyleMin(await answer.json());
    if (!ok(answer.status === 200 && found.length === 0, `${collection}: MapLibre's specification finds nothing wrong`))
      diag(found.map((e) => e.message).join("\n"));
  }
  for (const [collection, count] of Object.entries(expected)) {
    const state = await draw(collection, collection, 10, "&datetime=2023-01-01/2024-12-31");
    ok(state.drawn === count, `${collection}: all ${count} features arrive (${state.drawn})`);
    ok(Object.keys(state.colours).length > 1, `${collection}: in ${Object.keys(state.colours).length} colours`);
  }
  for (const [collection, count] of Object.entries(expected)) {
    const state = await drawByMapLibre(collection);
    if (!ok(state.drawn === count, `${collection}: MapLibre draws all ${count} from one address (${state.drawn})`)) diag(state.failed);
  }
  const near = await draw("cells", "cells-near", 14, "&datetime=2022-01-01/2024-12-31", "14.253,56.077");
  ok(near.drawn > 0, `cells from near: ${near.drawn}`);
} finally {
  await chromium.close();
}
done();
