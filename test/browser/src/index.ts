export { chromium, needsChromium } from './chromium.ts';
export { startBrowser } from './browser.ts';
export type { Browser, Tab } from './browser.ts';
