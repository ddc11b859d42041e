export { chromium, needsChromium } from './chromium.ts';
export { startBrowser } from './browser.ts';
export type { Tab } from './browser.ts';
