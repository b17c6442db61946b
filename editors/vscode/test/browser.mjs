// A real browser, and the few things that a user does in VS Code, by what is
// on the page.

import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import { createRequire } from "node:module";
import * as path from "node:path";
import { promisify } from "node:util";

export class Browser {
  static async open({ install, profile, width = 1280, height = 800, scale = 1 }) {
    const require = createRequire(path.join(install, "package.json"));
    const { chromium } = require("playwright-core");
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      headless: true,
      viewport: { width, height },
      deviceScaleFactor: scale,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--font-render-hinting=none"],
    });
    const browser = new Browser();
    browser.context = context;
    browser.page = context.pages()[0] ?? (await context.newPage());
    browser.outside = new Set();
    browser.page.on("request", (request) => {
      const { hostname, protocol } = new URL(request.url());
      if (protocol.startsWith("http") && hostname !== "127.0.0.1" && !hostname.endsWith(".localhost") && hostname !== "localhost") browser.outside.add(hostname);
    });
    return browser;
  }

  async goto(address) {
    await this.page.goto(address);
    await this.page.waitForSelector(".monaco-workbench", { timeout: 90_000 });
  }

  lens(text) {
    return this.page.locator(".codelens-decoration a", { hasText: text }).first();
  }

  line(text) {
    return this.page.locator(".view-line", { hasText: text }).first();
  }

  toast(text) {
    return this.page.locator(".notification-toast", { hasText: text }).first();
  }

  /** Runs a command of the palette by its title. */
  async palette(title) {
    await this.page.keyboard.press("F1");
    const input = this.page.locator(".quick-input-widget input").first();
    await input.waitFor();
    await input.fill(`>${title}`);
    const row = this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first();
    await row.waitFor({ timeout: 10_000 });
    await this.page.keyboard.press("Enter");
  }

  /** The titles that the palette offers for a word. */
  async offered(word) {
    await this.page.keyboard.press("F1");
    const input = this.page.locator(".quick-input-widget input").first();
    await input.waitFor();
    await input.fill(`>${word}`);
    await this.page.waitForTimeout(800);
    const titles = await this.page.locator(".quick-input-list .monaco-list-row .label-name").allInnerTexts();
    await this.page.keyboard.press("Escape");
    return titles;
  }

  /** Chooses a path in VS Code's own file dialog, which is open. */
  async choose(file) {
    const dialog = this.page.locator(".quick-input-widget", { has: this.page.locator(".quick-input-action .monaco-button") }).first();
    await dialog.waitFor({ timeout: 15_000 });
    await this.page.waitForTimeout(1000);
    await dialog.locator("input").first().fill(file);
    await this.page.waitForTimeout(1500);
    await dialog.locator(".quick-input-action .monaco-button").first().click();
    await dialog.waitFor({ state: "hidden", timeout: 15_000 });
  }

  /** Opens a file of the workspace by its name. */
  async quickOpen(name) {
    await this.palette("Go to File..."); // no key: in a webview the browser would print
    await this.page.waitForTimeout(500);
    await this.page.locator(".quick-input-widget input").first().fill(name);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: path.basename(name) }).first().waitFor({ timeout: 10_000 });
    await this.page.keyboard.press("Enter");
  }

  async goToLine(line) {
    await this.page.keyboard.press("Control+G");
    await this.page.locator(".quick-input-widget input").first().fill(`:${line}`);
    await this.page.keyboard.press("Enter");
    await this.page.waitForTimeout(300);
  }

  /** The frame of a webview in which something is. */
  async webview(selector, timeout = 20_000) {
    for (const deadline = Date.now() + timeout; Date.now() < deadline; await this.page.waitForTimeout(200)) {
      for (const frame of this.page.frames()) {
        if (await frame.locator(selector).count().catch(() => 0)) return frame;
      }
    }
    throw new Error(`no webview has ${selector}`);
  }

  /** Keeps a picture of the page; a third as large where pngquant is installed. */
  async picture(file) {
    await fs.mkdir(path.dirname(file), { recursive: true });
    await this.page.screenshot({ path: file });
    await promisify(execFile)("pngquant", ["--force", "--speed", "1", "--output", file, "256", file]).catch(() => {});
  }

  close() {
    return this.context.close();
  }
}
